"""A small corpus for the tests of the pages: a lexicon of two dozen concepts and readings in our own words."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from imagingkg.lexicon import Lexicon, load_lexicon
from imagingkg.model import Claim, Document, Mention, Reading, Result, Sample, Study

CONCEPTS = {
    "disease": """
  neoplasm: {en: neoplasm, zh: 肿瘤}
  brain-tumour: {en: brain tumour, zh: 脑肿瘤, broader: [neoplasm]}
  glioma: {en: glioma, zh: 胶质瘤, also: [neuroglioma], broader: [brain-tumour], exact: ["MONDO:0021042"]}
  meningioma: {en: meningioma, zh: 脑膜瘤, broader: [brain-tumour]}
  lung-disease: {en: lung disease, zh: 肺疾病}
  lung-nodule: {en: lung nodule, zh: 肺结节, also: [pulmonary nodule], broader: [lung-disease]}
  emphysema: {en: emphysema, zh: 肺气肿, broader: [lung-disease]}
""",
    "task": """
  segmentation: {en: segmentation, zh: 分割}
  detection: {en: detection, zh: 检测}
  characterization: {en: characterization, zh: 定性}
  grading: {en: grading, zh: 分级, broader: [characterization]}
  prediction: {en: prediction, zh: 预测}
""",
    "modality": """
  mri: {en: magnetic resonance imaging, zh: 磁共振成像, abbr: [MRI]}
  t1: {en: T1-weighted MRI, zh: T1加权成像, broader: [mri]}
  ct: {en: computed tomography, zh: 计算机断层扫描, abbr: [CT]}
""",
    "method": """
  deep-learning: {en: deep learning, zh: 深度学习}
  u-net: {en: U-Net, zh: U-Net, broader: [deep-learning]}
  svm: {en: support vector machine, zh: 支持向量机, abbr: [SVM]}
  transfer-learning: {en: transfer learning, zh: 迁移学习}
""",
    "biomarker": "\n  idh: {en: IDH mutation, zh: IDH突变}\n",
    "anatomy": "\n  brain: {en: brain, zh: 脑}\n",
    "dataset": "\n  brats: {en: BraTS, zh: BraTS}\n",
    "metric": """
  auc: {en: area under the curve, zh: 曲线下面积, abbr: [AUC], higher_is_better: true}
  dice: {en: Dice coefficient, zh: Dice系数, higher_is_better: true}
  hd95: {en: HD95, zh: 95%豪斯多夫距离, higher_is_better: false}
""",
    "challenge": "\n  scarce-data: {en: scarce training data, zh: 训练数据稀缺}\n",
}


def small_lexicon(directory: Path) -> Lexicon:
    """The lexicon of CONCEPTS, written below `directory` and read by the project's own reader."""
    (directory / "concepts").mkdir(parents=True)
    for kind, entries in CONCEPTS.items():
        (directory / "concepts" / f"{kind}.yaml").write_text(f"kind: {kind}\nconcepts:{entries}", encoding="utf-8")
    return load_lexicon(directory=directory)


def document(name: str, text: str, **fields: Any) -> Document:
    return Document(id=name, text=text, source=f"corpus/{name}.txt", **fields)


def claim(doc: Document, quote: str, task: str | None, **fields: Any) -> Claim:
    """A claim whose sentence is `quote`, at its place in the document."""
    start = doc.text.index(quote)
    name = sha256(f"{doc.id} {start} {task} {sorted(fields.items(), key=str)}".encode()).hexdigest()
    return Claim(id=name, task=task, start=start, end=start + len(quote), quote=quote, rule="test", **fields)


def mentions(doc: Document, **names: str) -> tuple[Mention, ...]:
    """A mention at each place of each written form; `disease__glioma="胶质瘤"` names disease/glioma."""
    found = []
    for key, form in names.items():
        concept = key.replace("__", "/").replace("_", "-")
        at = doc.text.find(form)
        while at >= 0:
            found.append(Mention(at, at + len(form), form, concept.partition("/")[0], concept, form))
            at = doc.text.find(form, at + 1)
    assert found, doc.id
    return tuple(sorted(found, key=lambda m: (m.start, m.end)))


def result(metric: str, value: float, printed: str, **fields: Any) -> Result:
    return Result(metric=f"metric/{metric}", label=metric, value=value, reported_as=printed, start=0, end=1, **fields)


def english() -> Reading:
    doc = document(
        "en-1",
        "Segmenting gliomas\nA U-Net outlined glioma on MRI of 120 patients with a Dice of $0.91$ in the test set. "
        "It may also help in grading. "
        "On T1-weighted MRI, a support vector machine graded glioma with an AUC of 91.0\\%.",
        title="Segmenting gliomas",
        year=2019,
        lang="en",
        authors="A. Author",
        doi="10.1000/example.1",
        venue="Example Journal",
    )
    first = "A U-Net outlined glioma on MRI of 120 patients with a Dice of $0.91$ in the test set."
    third = "On T1-weighted MRI, a support vector machine graded glioma with an AUC of 91.0\\%."
    claims = (
        claim(
            doc,
            first,
            "task/segmentation",
            disease=("disease/glioma",),
            modality=("modality/mri",),
            method=("method/u-net",),
            results=(result("dice", 0.91, "0.91", split="test"), result("hd95", 4.2, "4.2", unit="mm")),
            sample=(Sample(120, "patients"),),
        ),
        claim(
            doc,
            "It may also help in grading.",
            "task/grading",
            disease=("disease/glioma",),
            method=("method/u-net",),
            context=("disease/glioma", "method/u-net"),
            certainty="hedged",
        ),
        claim(
            doc,
            third,
            "task/grading",
            disease=("disease/glioma",),
            modality=("modality/t1",),
            method=("method/svm",),
            results=(result("auc", 91, "91.0\\%", unit="%", lower=88, upper=94, split="external"),),
        ),
    )
    names = mentions(
        doc,
        disease__glioma="glioma",
        modality__mri="MRI",
        method__u_net="U-Net",
        metric__dice="Dice",
        task__grading="grading",
        metric__auc="AUC",
    )
    return Reading(doc, names, claims)


def chinese() -> Reading:
    doc = document(
        "zh-1",
        "胶质瘤的影像组学\n基于MRI的深度学习预测胶质瘤IDH突变的AUC为0.88。支持向量机在T1加权成像上未能完成胶质瘤分级。"
        "𠀀号模型检出肺结节63例。该文也提到脑膜瘤。",
        title="胶质瘤的影像组学",
        year=2020,
        lang="zh",
    )
    claims = (
        claim(
            doc,
            "基于MRI的深度学习预测胶质瘤IDH突变的AUC为0.88。",
            "task/prediction",
            disease=("disease/glioma",),
            modality=("modality/mri",),
            method=("method/deep-learning",),
            biomarker=("biomarker/idh",),
            results=(result("auc", 0.88, "0.88"),),
        ),
        claim(
            doc,
            "支持向量机在T1加权成像上未能完成胶质瘤分级。",
            "task/grading",
            disease=("disease/glioma",),
            modality=("modality/t1",),
            method=("method/svm",),
            certainty="negated",
        ),
        claim(
            doc,
            "𠀀号模型检出肺结节63例。",
            "task/detection",
            disease=("disease/lung-nodule",),
            method=("method/new-0a1b",),
            modality=("modality/ct",),
            context=("modality/ct",),
            sample=(Sample(63, "patients"),),
        ),
    )
    names = mentions(
        doc,
        disease__glioma="胶质瘤",
        disease__lung_nodule="肺结节",
        disease__meningioma="脑膜瘤",
        method__new_0a1b="𠀀号模型",
        modality__mri="MRI",
    )
    return Reading(doc, names, claims)


def review() -> Reading:
    doc = document(
        "review",
        "A short review. Training data are scarce, which transfer learning relieves. "
        "Su et al. [21] found lung nodules on CT with deep learning better than radiologists.",
        title="A short review",
        year=2021,
        lang="en",
    )
    claims = (
        claim(
            doc,
            "Training data are scarce, which transfer learning relieves.",
            None,
            challenge=("challenge/scarce-data",),
            remedy=("method/transfer-learning",),
        ),
        claim(
            doc,
            "Su et al. [21] found lung nodules on CT with deep learning better than radiologists.",
            "task/detection",
            disease=("disease/lung-nodule",),
            modality=("modality/ct",),
            method=("method/deep-learning",),
            asserted_as="reported",
            comparator="radiologist",
            comparison="better",
            studies=(Study("Su", 2017, "21"),),
        ),
    )
    return Reading(doc, mentions(doc, disease__lung_nodule="lung nodules", modality__ct="CT"), claims)


HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"
    "\u202egnp.exe\u2066\u0000{{script}}]]><!--" + "长" * 10_000
)


def hostile() -> Reading:
    """A reading whose every text a stranger wrote to do harm."""
    sentence = HOSTILE + " =cmd|' /C calc'!A0"
    doc = document("hostile", sentence, title=HOSTILE, authors=HOSTILE, lang="en", doi='10.1"><b>', venue=HOSTILE)
    named = Mention(0, 4, sentence[:4], "method", "method/new-bad", HOSTILE)
    found = claim(
        doc,
        sentence,
        "task/detection",
        method=("method/new-bad",),
        comparator=HOSTILE,
        comparison="worse",
        results=(result("auc", 0.5, HOSTILE, unit="<b>"),),
        studies=(Study(HOSTILE, 2000, HOSTILE),),
        asserted_as="reported",
    )
    return Reading(replace(doc, id=HOSTILE, source=HOSTILE), (named,), (found,))


def corpus() -> list[Reading]:
    return [english(), chinese(), review()]
