"""Made graphs for the bench: typed concepts, three links a concept, a sentence for every six links.

A claim ties four concepts and so makes six links; sentences name all four and say a figure and a sample size, half of
them in Chinese. The same size gives the same graph. Nothing in it is true.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations, product
from random import Random

from imagingkg.lexicon import Concept, Lexicon
from imagingkg.model import Claim, Document, Mention, Reading, Result, Sample

SHARES = {"disease": 30, "method": 30, "biomarker": 15, "dataset": 12, "anatomy": 8, "task": 3, "modality": 2}
"""How many in a hundred concepts are of each kind."""

FAMILY = 12
"""So many diseases are of one family, the first of them above the others."""

SIDES = [("acute", "急性"), ("chronic", "慢性"), ("focal", "局灶性"), ("diffuse", "弥漫性"), ("primary", "原发性"),
         ("cystic", "囊性"), ("papillary", "乳头状"), ("solid", "实性"), ("early", "早期"), ("late", "晚期"),
         ("recurrent", "复发性"), ("mixed", "混合型"), ("bilateral", "双侧"), ("occult", "隐匿性"),
         ("benign", "良性"), ("invasive", "浸润性"), ("atypical", "非典型"), ("small", "微小"), ("calcified", "钙化"),
         ("mucinous", "黏液性")]  # fmt: skip
PLACES = [("hepatic", "肝"), ("renal", "肾"), ("pulmonary", "肺"), ("gastric", "胃"), ("cerebral", "脑"),
          ("cardiac", "心脏"), ("pancreatic", "胰腺"), ("thyroid", "甲状腺"), ("mammary", "乳腺"),
          ("prostatic", "前列腺"), ("colonic", "结肠"), ("splenic", "脾"), ("ovarian", "卵巢"), ("uterine", "子宫"),
          ("vesical", "膀胱"), ("retinal", "视网膜"), ("osseous", "骨"), ("dermal", "皮肤"), ("aortic", "主动脉"),
          ("adrenal", "肾上腺"), ("spinal", "脊髓"), ("nasal", "鼻"), ("dental", "牙"), ("biliary", "胆道"),
          ("thymic", "胸腺")]  # fmt: skip
THINGS = {
    "disease": [("carcinoma", "癌"), ("adenoma", "腺瘤"), ("nodule", "结节"), ("lesion", "病变"), ("cyst", "囊肿"),
                ("fibrosis", "纤维化"), ("stenosis", "狭窄"), ("bleeding", "出血"), ("infarct", "梗死"),
                ("sarcoma", "肉瘤")],
    "method": [("network", "网络"), ("transformer", "变换器"), ("forest", "森林"), ("ensemble", "集成"),
               ("autoencoder", "自编码器"), ("classifier", "分类器"), ("regressor", "回归器"), ("pipeline", "流程"),
               ("U-Net", "U-Net"), ("detector", "检测器")],
    "biomarker": [("mutation", "突变"), ("expression", "表达"), ("index", "指数"), ("ratio", "比值"),
                  ("score", "评分")],
    "dataset": [("cohort", "队列"), ("registry", "登记"), ("archive", "影像库"), ("challenge set", "竞赛集")],
    "anatomy": [("lobe", "叶"), ("duct", "管"), ("wall", "壁"), ("margin", "缘")],
    "task": [("segmentation", "分割"), ("grading", "分级"), ("detection", "检测"), ("staging", "分期")],
    "modality": [("MRI", "磁共振"), ("CT", "CT"), ("ultrasound", "超声"), ("PET", "PET")],
}  # fmt: skip
COHORTS = [
    ("a retrospective", "回顾性"), ("a prospective", "前瞻性"), ("a multi-centre", "多中心"), ("a screening", "筛查"),
    ("an external", "外部"), ("a paediatric", "儿科"), ("a randomised", "随机"), ("a consecutive", "连续入组"),
]  # fmt: skip
ENDINGS = [
    ("", ""),
    (", although calibration drifted over time", "，但校准随时间漂移"),
    (", and readers agreed more often", "，读片者一致性更高"),
    (", with few false positives", "，假阳性很少"),
    (", at half the reading time", "，读片时间减半"),
    (", yet scanners of one vendor only were used", "，但只用了一家厂商的设备"),
    (", independent of age and sex", "，与年龄和性别无关"),
    (", after slices with motion were left out", "，已剔除有运动伪影的层面"),
    (", which held in every subgroup", "，在各亚组中均成立"),
    (", before any treatment was given", "，均在治疗之前"),
]
ENGLISH = [
    "In {cohort} cohort of {n} patients, {m} reached an AUC of {v} for {t} of {d} on {o}{end}.",
    "{m} supported {t} of {d} with {o} (AUC {v}; n = {n}) in {cohort} study{end}.",
    "For {d}, {t} by {m} and {o} gave an AUC of {v} among {n} patients of {cohort} series{end}.",
    "The AUC of {m} for {t} was {v} in {n} patients with {d}, judged by {o} in {cohort} setting{end}.",
]
CHINESE = [
    "在{n}例患者的{cohort}队列中，{m}基于{o}对{d}进行{t}的AUC为{v}{end}。",
    "{cohort}研究纳入{n}例患者，{m}结合{o}用于{d}的{t}，AUC达{v}{end}。",
    "针对{d}，{m}借助{o}完成{t}，AUC为{v}（{n}例，{cohort}数据）{end}。",
    "{m}与{o}联合用于{d}{t}的AUC为{v}，样本为{n}例{cohort}病例{end}。",
]
OTHERS = ("modality", "biomarker", "anatomy", "dataset")


@dataclass(frozen=True, slots=True)
class MadeGraph:
    """Readings and lexicon for the explorer; concepts with their names and `links` (pairs of ids) for other tools."""

    readings: tuple[Reading, ...]
    lexicon: Lexicon
    concepts: tuple[Concept, ...]
    links: tuple[tuple[str, str], ...]

    @property
    def sentences(self) -> int:
        return sum(len(reading.claims) for reading in self.readings)


def made_graph(size: int) -> MadeGraph:
    """A graph of `size` concepts (at least 200), 3 * size links and size / 2 sentences."""
    random = Random(size)
    concepts = [concept for kind, share in SHARES.items() for concept in _concepts(kind, size * share // 100, random)]
    by_id = {concept.id: concept for concept in concepts}
    links: set[tuple[str, str]] = set()
    claims = [_names(four, by_id) for four in _fours(size // 2, concepts, links, random)]
    readings = tuple(
        _reading(n, claims[start : start + 3], random) for n, start in enumerate(range(0, len(claims), 3))
    )
    auc = Concept("metric/auc", "metric", False, "AUC", "AUC", higher_is_better=True)
    above = {c.id: frozenset(c.broader) for c in concepts if c.broader}
    lexicon = Lexicon({**by_id, auc.id: auc}, {}, {}, frozenset(), "made", above)
    return MadeGraph(readings, lexicon, tuple(concepts), tuple(sorted(links)))


def _concepts(kind: str, count: int, random: Random) -> Iterator[Concept]:
    names = list(product(SIDES, PLACES, THINGS[kind]))
    random.shuffle(names)
    for n in range(count):
        (side, side_zh), (place, place_zh), (thing, thing_zh) = names[n % len(names)]
        more = f" {n // len(names) + 1}" if n >= len(names) else ""
        broader = (f"{kind}/{n - n % FAMILY}",) if kind == "disease" and n % FAMILY else ()
        yield Concept(
            f"{kind}/{n}", kind, False, f"{side} {place} {thing}{more}", f"{side_zh}{place_zh}{thing_zh}{more}",
            broader=broader,
        )  # fmt: skip


def _fours(
    count: int, concepts: Sequence[Concept], links: set[tuple[str, str]], random: Random
) -> Iterator[tuple[str, ...]]:
    """Four concepts of four kinds, each concept at least once, some far more often; six links that none had before."""
    ids: dict[str, list[str]] = {kind: [c.id for c in concepts if c.kind == kind] for kind in SHARES}
    others = [i for kind in OTHERS for i in ids[kind]]
    for n in range(count):
        while True:
            four = tuple(sorted((
                _pick(ids["task"], n, random), _pick(ids["disease"], n, random), _pick(ids["method"], n, random),
                _pick(others, n, random),
            )))  # fmt: skip
            pairs = set(combinations(four, 2))
            if not pairs & links:
                break
        links |= pairs
        yield four


def _pick(ids: Sequence[str], n: int, random: Random) -> str:
    if n < len(ids):
        return ids[n]
    return ids[int(random.paretovariate(0.9) - 1) % len(ids)] if random.random() < 0.35 else random.choice(ids)


def _names(four: Sequence[str], by_id: dict[str, Concept]) -> dict[str, Concept]:
    return {("o" if by_id[i].kind in OTHERS else by_id[i].kind[0]): by_id[i] for i in four}


def _reading(number: int, parts: Sequence[dict[str, Concept]], random: Random) -> Reading:
    chinese = number % 2
    title = f"影像人工智能研究{number}" if chinese else f"Imaging with artificial intelligence, study {number}"
    text, claims, mentions = title, [], []
    for named in parts:
        labels = {key: c.zh if chinese else c.en for key, c in named.items()}
        n, value = random.randrange(40, 4000), random.randrange(601, 990) / 1000
        cohort, ending = random.choice(COHORTS)[chinese], random.choice(ENDINGS)[chinese]
        form = random.choice(CHINESE if chinese else ENGLISH)
        quote = form.format(**labels, n=n, v=value, cohort=cohort, end=ending)
        start = len(text) + 1
        text += "\n" + quote
        for key, concept in named.items():
            at = start + quote.index(labels[key])
            mentions.append(
                Mention(at, at + len(labels[key]), labels[key], concept.kind, concept.id, concept.en)
            )
        fillers = {c.kind: (c.id,) for key, c in named.items() if key != "t"}
        claims.append(Claim(
            id=sha256(quote.encode()).hexdigest(), task=named["t"].id, start=start, end=start + len(quote), quote=quote,
            rule="made", sample=(Sample(n, "patients"),),
            results=(Result("metric/auc", "AUC", value, str(value), start, start + 1),), **fillers,
        ))  # fmt: skip
    document = Document(
        id=f"made-{number}", text=text, title=title, lang="zh" if chinese else "en", source=f"made/{number}.txt",
        year=2012 + number % 14,
    )  # fmt: skip
    return Reading(document, tuple(sorted(mentions, key=lambda m: m.start)), tuple(claims))
