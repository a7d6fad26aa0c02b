"""Family B, characters of another GB 2312 row: numbers and known names come back, ordinary words stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingkg.errors import OntologyError
from imagingkg.ingest.edits import Draft, undo
from imagingkg.ingest.fonts import RepairTools, repair_tools
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.lexicon import read_lexicon
from imagingkg.ontology_files import ontology_dir

LEXICON = """
kind: modality
concepts:
  ct: {en: computed tomography, zh: 计算机断层成像, abbr: [CT]}
  mri: {en: magnetic resonance imaging, zh: 磁共振成像, abbr: [MRI]}
  pet-ct: {en: PET-CT, zh: PET-CT}
  ai: {en: artificial intelligence, zh: 人工智能, abbr: [AI]}
  auc: {en: area under the curve, zh: 曲线下面积, abbr: [AUC]}
  ki-67: {en: Ki-67, zh: Ki-67}
"""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> RepairTools:
    folder = tmp_path_factory.mktemp("ontology")
    (folder / "concepts").mkdir()
    (folder / "concepts" / "names.yaml").write_text(LEXICON, encoding="utf-8")
    return repair_tools(read_lexicon(directory=folder)[0])


def restored(raw: str, tools: RepairTools) -> str:
    draft = repair_glyphs(Draft(raw), tools)
    assert undo(draft.text, draft.repairs) == raw
    assert all(r.table == "founder-b" and draft.text[r.start : r.end] == r.text for r in draft.repairs)
    return draft.text


def shifted(text: str) -> str:
    """ASCII as family B leaves it: full width, in GB 2312, with 0xD4 for the first byte."""
    rows = {chr(c): chr(c + 0xFEE0).encode("gb18030")[1] for c in range(0x21, 0x7F)}
    return "".join(bytes([0xD4, rows[c]]).decode("gb18030") if c in rows else c for c in text)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("悦栽", "CT"),
        ("酝砸陨", "MRI"),
        ("愿缘援苑豫", "85.7%"),
        ("渊圆园园例冤", "(200例)"),
        ("粤陨", "AI"),
    ],
)
def test_the_known_signs_come_back(tools: RepairTools, raw: str, text: str) -> None:
    assert restored(f"患者均行孕耘栽原悦栽检查，结果见下{raw}。", tools) == f"患者均行PET-CT检查，结果见下{text}。"


PAGES = [
    "采用CT与MRI检查的患者共200例，灵敏度为85.7%，AUC为0.918(P<0.05)。",
    "2018年12月至2021年10月收治的163例患者，平均56岁，AI系统的准确率由77%提高到91.2%。",
    "Zhang等[12]对412例患者行PET-CT检查，病灶直径为15mm，Ki-67高表达者占36%[13,14]。",
    "Kirienko等[9]报道该模型在1830例患者中的特异度为94%，层厚1.25mm，按7:3分组。",
]


@pytest.mark.parametrize("page", PAGES)
def test_unseen_pages_come_back(tools: RepairTools, page: str) -> None:
    raw = shifted(page)
    assert raw != page
    assert restored(raw, tools) == page


def test_ordinary_words_of_the_same_row_survive_beside_damage(tools: RepairTools) -> None:
    """在 再 员 越 月 远 云 运 院 stay where they are words, also right beside what is restored."""
    raw = "在悦栽室，医院人员圆园园例均运用远程阅片；越南、云南的员工每月再次行酝砸陨增强扫描，在院患者远远多于预期。"
    text = "在CT室，医院人员200例均运用远程阅片；越南、云南的员工每月再次行MRI增强扫描，在院患者远远多于预期。"
    assert restored(raw, tools) == text


def test_lost_punctuation_comes_back_only_where_the_text_has_none(tools: RepairTools) -> None:
    raw = "采用悦栽检查袁灵敏度为愿缘豫袁特异度为怨园豫遥结果优于酝砸陨袁可用于遥感阅片遥"
    assert restored(raw, tools) == "采用CT检查，灵敏度为85%，特异度为90%。结果优于MRI，可用于遥感阅片。"
    kept = "采用悦栽检查，灵敏度为愿缘豫，由袁某和袁某某完成。"
    assert restored(kept, tools) == "采用CT检查，灵敏度为85%，由袁某和袁某某完成。"


CLEAN = [
    "在放射科，再造影检查的人员越来越多，越南与云南的医院也在运用远程阅片，运动员每月在院外园区接受增强扫描。",
    "远远超过预期，源源不断的资源园区里，动物园员工与成员圆满完成任务，演员愿意早在月初再次增强训练。",
    "圆圆的脸，公园园长说，人员远离辐射源，员工在粤港澳工作，运载火箭在云端，元月再来。",
    "袁遥同学曰：院士在云南，渊源很深，沉冤得雪。",
    "园员圆猿源缘远苑愿怨",
    "资源员工，来源圆形，边缘源性，早期远期原发灶均可见。",
]


@pytest.mark.parametrize("text", CLEAN)
def test_clean_text_of_such_characters_is_untouched(tools: RepairTools, text: str) -> None:
    assert repair_glyphs(Draft(text), tools) == Draft(text)


@given(st.text("在再员越月远云运院园圆源愿早原则择增曾载阅造的患者检查，", max_size=60))
def test_everyday_characters_alone_are_never_evidence(tools: RepairTools, text: str) -> None:
    """Without a number before its classifier, no text of everyday characters is changed."""
    assert repair_glyphs(Draft(text), tools) == Draft(text)


@given(st.text("在悦栽酝砸陨圆园员豫援渊冤袁例。 \n", max_size=60))
def test_any_repair_can_be_undone(tools: RepairTools, text: str) -> None:
    restored(text, tools)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("founder-a.yaml", "latin: {'=': AB}\nalso: {}\nmarks: {}\n"),
        ("founder-a.yaml", "[]\n"),
        ("founder-b.yaml", "row: x\n"),
        ("founder-b.yaml", "row: 0xD4\nmeant: 0xA3\nmarks: {袁: ，}\n"),
        ("numbers.yaml", "counted: [例]\n"),
    ],
)
def test_a_faulty_table_is_named(tmp_path: Path, tools: RepairTools, name: str, content: str) -> None:
    for path in (ontology_dir() / "fonts").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(OntologyError, match=name):
        repair_tools(tools.names.lexicon, directory=tmp_path)
