"""Names that no lexicon has, found where the text gives them away: coined models, data sets, altered genes, organ lesions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from imagingkg.extract.mentions import Hit, NameTable, new_concept, resolve

_TOKEN: Final = r"[A-Za-z0-9][A-Za-z0-9]*(?:\$?\^\{?\d\}?\$?)?(?:[-+][A-Za-z0-9]+|\$\^?\d\$)*\+{0,2}"

# The endings of network names: "DUNet", "MS-TransUNet", "LesionGAN", "SegFormer-B". The token around one is the name.
_NET: Final = re.compile(r"Net|NET|GAN|ormer|Mamba|BERT|CLIP|SAM|GPT|VAE|Diff|LLM|LLaVA|NeRF|Morph")
_NET_TOKEN: Final = re.compile(
    r"(?=[A-Za-z0-9+-]*[A-Z])[A-Za-z0-9][A-Za-z0-9+]*(?:-[A-Za-z0-9]+)*?-?"
    r"(?:Nets?|NET|GANs?|[Ff]ormer|Mamba|BERT|CLIP|SAM|GPT|VAE|Diff|LLM|LLaVA|NeRF|Morph)(?:-?[A-Z0-9]\w{0,3})?(?:\+\+|v\d)?"
)
_TOKEN_CHARS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-")
_NOT_NET: Final = re.compile(r"(?:[a-z]+|Nets?|NET|GANs?|Former|SAM|GPT|CLIP|BERT|VAE|LLM|DICOM|Inter-?[Nn]et|Planet|Former)")

_TITLE_NAME: Final = re.compile(
    rf"(?P<name>(?=[^:\n]*(?:[A-Z][^:\n]*[A-Z]|\d))(?:{_TOKEN})(?:[ -](?=[A-Z0-9]){_TOKEN}){{0,2}})\s?[:：]\s"
)
# Words behind which a new name may stand; what follows is read by the two patterns below.
_TRIGGER: Final = re.compile(
    r"\b(?:[Pp]ropos(?:e[sd]?|ing)|[Pp]resent(?:s|ing)?|[Ii]ntroduc(?:e[sd]?|ing)|[Dd]evelop(?:ed|ing)?|[Dd]esign(?:ed)?|[Nn]ovel"
    r"|[Nn]ew|[Oo]ur|called|named|dubbed|termed|namely|coined|denoted(?: as| by)?|referred to as|abbreviated as)\b"
    r"|名为|称为|命名为|称之为|提出了?(?:一种)?|设计了?(?:一种)?|构建了?(?:一种)?"
)
_COINED: Final = re.compile(
    rf"[,:：]?\s*(?:an? |the )?(?:novel |new )?[“\"'‘(]?(?P<name>{_TOKEN})(?=[,，:：(（。.;\s”\"'’)]|$)(?P<after>\s?(?:\(|an? |the |to |for |which |that |with |[,，:：(（。]))?"
)
_PHRASE: Final = re.compile(
    r"\s(?:an? |the )?(?:novel |new |simple |efficient |effective |robust |unified |fully automat(?:ic|ed) |automat(?:ic|ed) |two-stage )*"
    r"(?P<name>(?:[A-Za-z0-9][\w-]*\s){1,4}?(?:framework|network|architecture|model|algorithm|module|mechanism|strategy|transformer"
    r"|autoencoder|learning|loss|pipeline|block|regularization|discriminator|generator|encoder|decoder|attention))\b",
    re.IGNORECASE,
)
_DULL_NARROWED: Final = re.compile(r"(?:state-|real-|high-|low-|large-|small-|long-|short-|non-|best-|[a-z]+-level (?:features?|information)|free-)", re.I)
_NAMING: Final = re.compile(r"called|named|dubbed|termed|namely|coined|denoted|referred|abbreviated|[称名]为|称之为")
_DULL: Final = re.compile(
    r"\b(?:and|or|of|for|to|in|on|with|that|which|the|a|an|is|are|we|based|called|method|methods|approach|by|from|using|this|these|as"
    r"|existing|current|previous|same|different|other|such|learning-based|computational|mathematical|statistical|predictive"
    r"|prediction|general|generic|single|whole|entire|final|trained|training|proposed|novel|new|deep|state-of-the-art|our|its"
    r"|end-to-end|large|small|clinical|medical|first|two|three|public|standard|baseline|robust|effective|efficient"
    r"|newly|developed|preliminary|innovative|analysis|analytic\w*|automated|automatic|fully|powerful|practical|hybrid|useful|above"
    r"|combined|resulting|obtained|best|better|improved|simple|more|less|dual|many|any|no|each|own|research|study)\b",
    re.IGNORECASE,
)
_DATASET: Final = re.compile(r"datasets?\b|data sets?\b|database\b|challenge\b|cohort\b|benchmark\b|数据集|数据库|挑战赛|公开数据")
_DATASET_NAME: Final = re.compile(
    r"(?<![A-Za-z0-9-])(?P<name>(?=[\w -]{0,20}[A-Z])[A-Z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*(?:[ -](?:19|20)\d\d)?)"
    r"(?:\s(?:public|open|challenge|segmentation|imaging|image))?\s?$"
)
_NOT_DATASET: Final = re.compile(
    r"(?:The|This|Our|These|Each|Both|All|Two|Three|A|An|In|On|For|Public|Clinical|Medical|Training|Test|Testing|Validation|External|Internal"
    r"|Large|Grand|Private|Kaggle|MRI?|CT|PET|US|X-ray|Chest|Multi\w*|Experimental|Image|Imaging|Open|New|Real|Main|Another|One|Key|Major"
    r"|Using|Most|Many|Several|MICCAI|ISBI|Independent|Retrospective|Prospective|Discovery|Development|Derivation|Study|[A-Z])"
)
_GENE: Final = re.compile(
    r"(?P<gene>[A-Z](?<![A-Za-z0-9-][A-Z])[A-Z0-9]{1,6}(?:-[A-Z0-9]{1,3})?)\s?(?:基因)?\s?(?:promoter |gene |启动子)?"
    r"(?P<change>mutations?|mutated|mutant|mutation status|amplification|fusions?|rearrangements?|co-?deletion|deletion|loss|overexpression|expression"
    r"|methylation|突变状态|突变|扩增|融合|重排|共缺失|缺失|过表达|表达水平|表达|甲基化)(?![a-z])"
)
_NOT_GENE: Final = re.compile(r"(?:DNA|RNA|MRNA|CT|MRI?|PET|AI|CNN|WHO|ROI|T[12]|MGMT|[IVX]+|GENE|PCR|GAN|DL|ML|HIV|US)")
_CHANGES: Final = (
    ("mutation", r"muta|突变"), ("amplification", r"amplif|扩增"), ("fusion", r"fusion|融合"), ("rearrangement", r"rearr|重排"),
    ("codeletion", r"co-?del|共缺失"), ("deletion", r"delet|loss|缺失"), ("expression", r"express|表达"),
    ("methylation", r"methyl|甲基化"),
)  # fmt: skip


def find_new(
    text: str, hits: list[Hit], table: NameTable, labels: dict[str, str]
) -> list[Hit]:
    """`hits` with the document's own names among them; their written forms go into `labels`."""
    fresh = [*_coined(text, hits, labels), *_genes(text, hits, labels), *_datasets(text, hits, labels)]
    if fresh:
        hits = resolve([*(h for h in hits if not any(_covers(f, h) for f in fresh)), *fresh])
    return _compounds(text, hits, table, labels)


def _covers(outer: Hit, inner: Hit) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _coined(text: str, hits: Sequence[Hit], labels: dict[str, str]) -> list[Hit]:
    known = {h.start: h for h in hits}
    names: dict[str, None] = {}
    title = _TITLE_NAME.match(text)
    if title and _is_coinage(title["name"]) and not _known(known, title.start("name"), title.end("name")):
        names[title["name"]] = None
    for trigger in _TRIGGER.finditer(text):
        found = _COINED.match(text, trigger.end())
        if found and (found["after"] or _NAMING.match(trigger[0])) and _is_coinage(found["name"]):
            if not _known(known, found.start("name"), found.end("name")):
                names[found["name"]] = None
        phrase = _PHRASE.match(text, trigger.end())
        if phrase and not _DULL.search(phrase["name"]) and "\n" not in phrase["name"] and _is_free(hits, *phrase.span("name")):
            names[phrase["name"]] = None
    for ending in _NET.finditer(text):
        start = ending.start()
        while start and text[start - 1] in _TOKEN_CHARS:
            start -= 1
        token = _NET_TOKEN.match(text, start)
        if token is None or len(token[0]) < 4 or (start and text[start - 1] in "$/.") or _NOT_NET.fullmatch(token[0]):
            continue
        end = token.end()
        if not (end < len(text) and _joins(text[end], "a")) and not _known(known, start, end):
            names[token[0]] = None
    for found in _CAMEL.finditer(text):
        if len(found[0]) >= 5 and not _NOT_CAMEL.fullmatch(found[0]) and not _known(known, found.start(), found.end()):
            names[found[0]] = None
    for found in _NARROWED.finditer(text):
        if _is_free(hits, *found.span("name")) and not _DULL_NARROWED.match(found["name"]):
            names[found["name"]] = None
    end_of_title = text.find("\n")
    if end_of_title > 0:
        for found in _TITLE_BY.finditer(text, 0, end_of_title):
            name = found["name"]
            if _TECHNIQUE.search(name) and _is_free(hits, *found.span("name")) and not _DULL.search(name) and " " in name:
                names[name] = None
    out = []
    for name in names:
        concept = new_concept("method", name)
        labels.setdefault(concept, name)
        out += [Hit(start, end, "method", concept) for start, end in _everywhere(text, name)]
    return out


# "ProSurv", "semCRC", "PageRank": a capital inside a word.
_CAMEL: Final = re.compile(r"(?<![A-Za-z0-9$/.@_-])(?:[A-Z]?[a-z]{2,}[A-Z]+[a-z]*|[A-Z][a-z]+(?:[A-Z][a-z]+)+)[A-Za-z0-9]*(?![A-Za-z0-9_@]|\\.[a-z])")
_NOT_CAMEL: Final = re.compile(
    r"(?:[a-z]{1,2}[A-Z]+\w*|Git[Hh]ub|GitLab|PubMed|MedLine|You[Tt]ube|De[Ll]ong|Mc\w+|Mac\w+|iPhone|iPad|PhD|MSc|JavaScript|LaTeX|MATLAB|MatLab"
    r"|PyTorch|TensorFlow|NumPy|OpenCV|DiCOM|GmbH|eBook|ScienceDirect|EndNote|RedCap|REDCap|GeForce|MeSH|InterNet|HbA\w+|SpO\w+)"
)
# A head that names a technique, behind a compound that narrows it: "noise-robust loss", "cross-slice contextual attention".
_NARROWED: Final = re.compile(
    r"(?<![A-Za-z0-9-])(?P<name>[A-Za-z]+-(?:aware|guided|wise|level|specific|invariant|robust|driven|adaptive|modal|task|view|branch|slice|scale"
    r"|paced|stage|path|stream|granular|grained|agnostic|conditioned|conditional|consistent|preserving|regulari[sz]ed|weighted|gated|domain"
    r"|informed|enhanced|augmented|inspired|constrained|label|instance|prototype|center|centric|oriented|attentive|free|shot)(?:\s[A-Za-z][\w-]+){0,2}?\s"
    r"(?:attention|modules?|loss|networks?|blocks?|aggregation|sampling|learning|encoders?|decoders?|transformers?|augmentation|fusion"
    r"|regulari[sz]ation|alignment|distillation|supervision|constraints?|strategy|mechanisms?|branch|pooling|normali[sz]ation|framework"
    r"|memory|representation|embedding|gating|routing|propagation|message passing|convolutions?|architecture|discriminators?|generator"
    r"|prototypes?|banks?|prompts?|tokens?|queries|matching|filtering|autoencoder|diffusion|refinement|adaptation|CNN|GAN|U-Net))(?![A-Za-z0-9-])",
    re.IGNORECASE,
)
_TITLE_BY: Final = re.compile(r"\b(?:via|with|using|by|through|based on|from)\s(?:an? |the )?(?P<name>[^:,;?()]{4,60}?)(?=\s(?:for|in|of|from|on|and|to|with|via|using|as|under)\b|[:,;?.(]|$)", re.IGNORECASE)
_TECHNIQUE: Final = re.compile(
    r"(?:learning|networks?|attention|passing|aggregation|sampling|modell?ing|transformers?|encoders?|autoencoders?|loss|constraints?|entropy"
    r"|optimi[sz]ation|regulari[sz]ation|alignment|distillation|augmentation|fusion|supervision|prediction|prompting|tuning|matching|priors?"
    r"|diffusion|reasoning|embedding|disentanglement|decomposition|factori[sz]ation|adaptation|calibration|triangulation|transforms?"
    r"|representations?|features?|descriptors?|classifiers?|models?|splitting|minimi[sz]ation|propagation|mixture|experts|agents?|graphs?)$",
    re.IGNORECASE,
)


def _is_coinage(name: str) -> bool:
    return len(name) >= 3 and sum(c.isupper() for c in name) >= 2


def _is_free(hits: Sequence[Hit], start: int, end: int) -> bool:
    """No name of another kind stands inside, and none is the whole."""
    return not any(
        start < h.end and h.start < end and (h.kind != "method" or (h.start, h.end) == (start, end)) for h in hits
    )


def _known(hits: Mapping[int, Hit], start: int, end: int) -> bool:
    """The lexicon (or an abbreviation) has the whole name already; `hits` are by their start."""
    hit = hits.get(start)
    return hit is not None and hit.end >= end


def _everywhere(text: str, name: str) -> Iterable[tuple[int, int]]:
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (at and _joins(text[at - 1], name[0])) and not (end < len(text) and _joins(text[end], name[-1])):
            yield at, end
        at = text.find(name, end)


def _joins(outer: str, inner: str) -> bool:
    return outer.isascii() and outer.isalnum() and inner.isascii() and inner.isalnum()


def _genes(text: str, hits: Sequence[Hit], labels: dict[str, str]) -> list[Hit]:
    out = []
    known = {h.start: h for h in hits}
    for found in _GENE.finditer(text):
        gene = found["gene"]
        if _NOT_GENE.fullmatch(gene) or _known(known, found.start(), found.end()):
            continue
        change = next(name for name, words in _CHANGES if re.match(words, found["change"]))
        name = f"{gene} {change}"
        concept = new_concept("biomarker", name)
        labels.setdefault(concept, name)
        out.append(Hit(found.start(), found.end(), "biomarker", concept))
    return out


def _datasets(text: str, hits: Sequence[Hit], labels: dict[str, str]) -> list[Hit]:
    out = []
    for head in _DATASET.finditer(text):
        floor = max(0, head.start() - 48)
        found = _DATASET_NAME.search(text, floor, head.start())
        if found is None:
            continue
        name = found["name"]
        start, end = found.span("name")
        if len(name) < 3 or _NOT_DATASET.fullmatch(name) or name.istitle():
            continue
        if any(h.start < end and start < h.end for h in hits):
            continue
        concept = new_concept("dataset", name)
        if concept not in labels:
            labels[concept] = name
            out += [Hit(s, e, "dataset", concept) for s, e in _everywhere(text, name)]
    return out


def _compounds(
    text: str, hits: list[Hit], table: NameTable, labels: dict[str, str]
) -> list[Hit]:
    """An organ right before a general word for a disease is one name: "bladder lesion", "胆囊病变"."""
    out: list[Hit] = []
    for hit in hits:
        before = out[-1] if out else None
        if (
            before is not None
            and before.kind == "anatomy"
            and hit.kind == "disease"
            and hit.concept in table.generic
            and text[before.end : hit.start] in ("", " ")
        ):
            name = text[before.start : hit.end]
            concept = compose(before.concept, hit.concept, table)
            if concept is None:
                concept = new_concept("disease", name)
                labels.setdefault(concept, name)
            out[-1] = Hit(before.start, hit.end, "disease", concept)
            continue
        out.append(hit)
    return out


def compose(organ: str, generic: str, table: NameTable) -> str | None:
    """The lexicon's concept for a general lesion of an organ ("breast" + "lesion"), if it has one."""
    if organ not in table.labels or generic not in table.labels:
        return None
    for lang, joint in ((0, " "), (1, "")):
        found = table.concept_of(f"{table.labels[organ][lang]}{joint}{table.labels[generic][lang]}")
        if found is not None and found.startswith("disease/"):
            return found
    return None
