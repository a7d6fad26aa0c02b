"""A small lexicon and two readings written by hand, for the tests of the graph."""

from __future__ import annotations

from pathlib import Path

from imagingkg.graph.layers import Corpus, corpus
from imagingkg.graph.names import Names
from imagingkg.graph.sources import load_sources
from imagingkg.lexicon import Lexicon, read_lexicon
from imagingkg.model import Claim, Document, Mention, Reading, Result, Sample, Study

CONCEPTS = {
    "modality": """
  mri:
    {en: MRI, zh: 磁共振成像, also: [magnetic resonance imaging, MR成像], abbr: [MR],
     exact: [RADLEX:RID10312, DICOM:MR]}
  ct: {en: CT, zh: CT, also: [计算机断层扫描], def: {en: Images by X-rays from many sides., zh: 多角度X线成像。}}
  pet: {en: PET, zh: 正电子发射断层成像}
  pet-ct: {en: PET-CT, zh: PET-CT, combines: [pet, ct]}
""",
    "task": """
  grading: {en: grading, zh: 分级}
  segmentation: {en: segmentation, zh: 分割}
""",
    "disease": """
  glioma:
    {en: glioma, zh: 胶质瘤, located_in: [anatomy/brain], exact: [MONDO:0021042, SNOMEDCT:393564001],
     close: [HP:0009733]}
  low-grade-glioma: {en: low-grade glioma, zh: 低级别胶质瘤, broader: [glioma]}
""",
    "finding": """
  lung-nodule: {en: lung nodule, zh: 肺结节}
""",
    "anatomy": """
  head: {en: head, zh: 头部}
  brain: {en: brain, zh: 脑, part_of: [head]}
  hippocampus: {en: hippocampus, zh: 海马, part_of: [brain]}
  subfield: {en: hippocampal subfield, zh: 海马亚区, part_of: [hippocampus]}
""",
    "method": """
  cnn: {en: convolutional neural network, zh: 卷积神经网络, abbr: [CNN]}
  radiomics: {en: radiomics, zh: 影像组学}
  federated-learning: {en: federated learning, zh: 联邦学习, mitigates: [challenge/privacy]}
""",
    "biomarker": """
  idh: {en: IDH mutation, zh: IDH突变, marker_of: [disease/glioma], broad: [HGNC:5382]}
""",
    "metric": """
  auc: {en: AUC, zh: 曲线下面积, higher_is_better: true}
  error: {en: error, zh: 误差, higher_is_better: false}
""",
    "dataset": """
  brats: {en: BraTS, zh: BraTS}
""",
    "challenge": """
  privacy: {en: data privacy, zh: 数据隐私}
""",
}


def small_lexicon(directory: Path) -> Lexicon:
    """The lexicon above, read from files as any is."""
    (directory / "concepts").mkdir(parents=True, exist_ok=True)
    for kind, entries in CONCEPTS.items():
        text = f"kind: {kind}\nconcepts:{entries}"
        (directory / "concepts" / f"{kind}.yaml").write_text(text, encoding="utf-8")
    lexicon, problems = read_lexicon(directory=directory)
    assert problems == []
    assert len(lexicon.concepts) == 21
    return lexicon


PAPER_SENTENCES = (
    "Grading of glioma on MRI by a CNN.",
    "AUC was 0.950 (91 %) in 134 patients.",
    "NovaNet may segment nodules.",
)
PAPER_TEXT = " ".join(PAPER_SENTENCES)
REVIEW_SENTENCES = ("Su等[21]用影像组学对胶质瘤分级。", "联邦学习可缓解数据隐私问题。", "CT不能分割胶质瘤[11,12]。")
REVIEW_TEXT = "".join(REVIEW_SENTENCES)


def place(text: str, part: str) -> tuple[int, int]:
    """Where the part stands in the text; it must stand there once."""
    assert text.count(part) == 1, part
    return text.index(part), text.index(part) + len(part)


def claim_on(text: str, sentence: str, task: str | None, **said: object) -> Claim:
    start, end = place(text, sentence)
    return Claim("", task, start, end, sentence, str(said.pop("rule", "verb")), **said)  # type: ignore[arg-type]


def mention(text: str, form: str, concept: str, label: str) -> Mention:
    return Mention(*place(text, form), form, concept.partition("/")[0], concept, label)


def paper() -> Reading:
    """A document's own work: one affirmed claim with figures, one hedged of a method that the lexicon has not."""
    text = PAPER_TEXT
    document = Document(
        id="a", text=text, title="Grading of glioma with networks", source="papers/a.txt", year=2019,
        doi="10.1000/ABC.1", authors="Su C, Jiang J", sources=("papers/a.txt", "more/b.txt"),
    )  # fmt: skip
    figures = (
        Result(
            "metric/auc", "AUC", 0.95, "0.950", *place(text, "0.950"), lower=0.9, upper=0.97, p="<0.001", split="test"
        ),
        Result(
            "metric/auc", "AUC", 91.0, "91 %", *place(text, "91 %"), unit="%", split="external", of_method="method/cnn"
        ),
    )
    first = claim_on(
        text, PAPER_SENTENCES[0], "task/grading", modality=("modality/mri",), disease=("disease/glioma",),
        method=("method/cnn",), biomarker=("biomarker/idh",), context=("biomarker/idh",), results=figures,
        sample=(Sample(134, "patients", "test", *place(text, "134")),), comparator="radiologist", comparison="better",
    )  # fmt: skip
    second = claim_on(
        text, PAPER_SENTENCES[2], "task/segmentation", disease=("disease/lung-nodule",), method=("method/new-0a1b2c",),
        certainty="hedged",
    )  # fmt: skip
    mentions = (
        mention(text, "glioma", "disease/glioma", "glioma"),
        mention(text, "MRI", "modality/mri", "MRI"),
        mention(text, "CNN", "method/cnn", "convolutional neural network"),
        mention(text, "NovaNet", "method/new-0a1b2c", "NovaNet"),
    )
    return Reading(document, mentions, (first, second))


def review() -> Reading:
    """What a review says of others: a cited study that is the paper above, a statement, a negated claim of two."""
    text = REVIEW_TEXT
    reference = Study("Su C", 2019, "21", doi="https://doi.org/10.1000/abc.1")
    document = Document(id="r", text=text, title="综述", lang="zh", source="r.txt", references=(reference,))
    claims = (
        claim_on(
            text, REVIEW_SENTENCES[0], "task/grading", disease=("disease/glioma",), method=("method/radiomics",),
            asserted_as="reported", studies=(Study("Su", None, "21"),),
        ),
        claim_on(
            text, REVIEW_SENTENCES[1], None, rule="statement", challenge=("challenge/privacy",),
            remedy=("method/federated-learning",),
        ),
        claim_on(
            text, REVIEW_SENTENCES[2], "task/segmentation", modality=("modality/ct",), disease=("disease/glioma",),
            certainty="negated", asserted_as="reported", studies=(Study(citation="11"), Study(citation="12")),
        ),
    )  # fmt: skip
    return Reading(document, (mention(text, "影像组学", "method/radiomics", "radiomics"),), claims)


def atlas(lexicon: Lexicon) -> Reading:
    """A document that names every concept of the lexicon and claims nothing, so that a graph has them all."""
    labels = [f"<{c.en}>" for c in lexicon.concepts.values()]
    text = " ".join(labels)
    mentions = [
        Mention(at := text.index(f"<{c.en}>") + 1, at + len(c.en), c.en, c.kind, c.id, c.en)
        for c in lexicon.concepts.values()
    ]
    return Reading(Document(id="t", text=text, source="t.txt"), tuple(mentions), ())


def small_corpus(lexicon: Lexicon, *readings: Reading, quotes: bool = True, licensed_codes: bool = False) -> Corpus:
    """The readings given, or the three above, with the lexicon."""
    given = readings or (paper(), review(), atlas(lexicon))
    return corpus(
        given, lexicon, names=Names(), sources=load_sources(), version="1.2.3", quotes=quotes,
        licensed_codes=licensed_codes,
    )  # fmt: skip
