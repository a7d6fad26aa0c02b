"""Family A, one-byte codes: the review that the project started from, and pages of our own damaged in the same way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imagingkg.ingest.edits import Draft, undo
from imagingkg.ingest.fonts import RepairTools, repair_tools
from imagingkg.ingest.read import read_sources
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.ingest.wraps import join_wraps
from imagingkg.lexicon import read_lexicon
from imagingkg.model import Document

LEXICON = """
kind: modality
concepts:
  ct: {en: computed tomography, zh: 计算机断层成像, abbr: [CT]}
  mri: {en: magnetic resonance imaging, zh: 磁共振成像, abbr: [MRI, MR]}
  dwi: {en: diffusion-weighted imaging, zh: 扩散加权成像, abbr: [DWI]}
  pet-ct: {en: PET-CT, zh: PET-CT, also: [PET/CT]}
  pet-mri: {en: PET-MRI, zh: PET-MRI}
  x-ray: {en: radiography, zh: X线摄影, also: [X线]}
  ai: {en: artificial intelligence, zh: 人工智能, abbr: [AI]}
  cad: {en: computer-aided detection, zh: 计算机辅助检测, abbr: [CAD]}
  auc: {en: area under the curve, zh: 曲线下面积, abbr: [AUC]}
  adc: {en: apparent diffusion coefficient, zh: 表观扩散系数, abbr: [ADC]}
  ki-67: {en: Ki-67, zh: Ki-67}
  idh: {en: IDH mutation, zh: IDH突变, abbr: [IDH, IDH1]}
  ggn: {en: ground-glass nodule, zh: 磨玻璃结节, abbr: [GGN]}
  l4: {en: fourth lumbar vertebra, zh: 第四腰椎, abbr: [L4]}
"""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> RepairTools:
    folder = tmp_path_factory.mktemp("ontology")
    (folder / "concepts").mkdir()
    (folder / "concepts" / "names.yaml").write_text(LEXICON, encoding="utf-8")
    lexicon, problems = read_lexicon(directory=folder)
    assert problems == []
    return repair_tools(lexicon)


def restored(raw: str, tools: RepairTools) -> str:
    draft = repair_glyphs(Draft(raw), tools)
    assert undo(draft.text, draft.repairs) == raw
    assert all(draft.text[r.start : r.end] == r.text for r in draft.repairs)
    return draft.text


@pytest.fixture(scope="module")
def review(shared: Path) -> Document:
    (document,) = read_sources([shared / "seeds"], lexicon=read_lexicon()[0])
    assert isinstance(document, Document)
    return document


def test_every_row_of_the_review_has_its_words(review: Document, shared: Path) -> None:
    rows = yaml.safe_load((shared / "gold" / "seed.yaml").read_text(encoding="utf-8"))
    stored = re.sub(r"\s", "", review.text)
    assert len(rows) == 39
    assert [row["id"] for row in rows if row["key"] not in stored] == []


PRINTED = [
    "7位影像医师先独自对134份胸部CT影像进行阅片，后参考CAD自动检测结果进行修改，",
    "在CAD辅助下结节的平均发现率从最初的77%提升到了 ]发现CAD对孤立性结节",
    "2018年，Silva等[7]对基于意大利多中心肺癌筛查数据库中的2303例使用人工智能软件，",
    "其GGN检出率达 ]利用卷积神经网络（ ）深度学习检测乳腺钼靶X线摄影中的病变，",
    "此外，AI对MRI脑转移瘤和前列腺病变的检出同样具有较高的灵敏度[9,10]。",
    "表现不相上下[11-15]。\n对于",
    "\nAwai等[16]研究提取了结节的大小、密度、形状、钙化体积和空腔体积，",
    "对31个直径小于3cm的肺结节进行验证",
    "Coroller等[ ]通过建立深度学习模型进行1级脑膜瘤与2、3级脑膜瘤的鉴别。",
    "我们的研究团队Zhang等[ ]利用",
    "肿瘤淋巴结转移（TNM）的研究",
    "对于PET-CT中淋巴结转移",
    "Kirienko等[ ]利用卷积神经网络实现了肺癌基线PET/CT TNM中T参数的自动评估，",
    "我们的研究团队Su等[ ]研究表明",
    "和Ki-67水平",
    "与1p 19q共缺失少突胶质细胞瘤两种类型低级别胶质瘤[23 ]发现MRI纹理特征",
    "MGMT甲基化状态的生物标志物。",
    "判断低级别与高度胶质瘤IDH状态的可能。 26]和 均证实了",
    "肺腺癌EGFR突变状态",
    "化疗效果[29]。",
    "循环肿瘤DNA也",
    "\nLee等[ ]设计了",
    "\nCheng等[ 应用",
    "此外，Tao等[ ]基于",
    "电影MR图像",
    "\nXu等开发了一个完全卷积编码器-解码器网络，",
    "恢复PET-MRI高分辨率",
    "\nWang等[ ]研究提示",
    "联合训练AI模型[40]。",
    "符合《健康保险可携性与责任法》的存储系统",
    "被称为“黑匣子”。",
    "系统（ ）在内的",
    "特征（如大小、范围和内部结构等）来完成的。",
    "有研究表明，在基于超声和MRI的",
    "\n2012年以后，",
    "[1-3]。\n人工智能在肿瘤影像学领域的应用及研究\n人工智能尤其是",
    "。\n 肿瘤的检测\n在传统的",
    "。\n2. 表征\n表征，又称为",
    "。\n3. 肿瘤治疗监测\n疾病监测",
    "。\n人工智能在医学影像学其它领域的应用\n",
    "。\n人工智能在医学影像领域面临的挑战\n1. 标准化数据和数据库的建立\n数据仍然",
    "\n2. 人工智能深度学习模式———“黑匣子”\n另一个",
    "\n3. 数据安全和伦理问题\n使用",
]


@pytest.mark.parametrize("printed", PRINTED)
def test_the_review_reads_as_it_was_printed(review: Document, printed: str) -> None:
    assert printed in review.text


def test_the_review_keeps_its_raw_text_and_every_repair(review: Document, shared: Path) -> None:
    (path,) = (shared / "seeds").glob("*.txt")
    raw = path.read_text(encoding="utf-8")
    assert review.raw == raw
    assert undo(review.text, review.repairs) == raw
    assert all(review.text[r.start : r.end] == r.text != r.raw for r in review.repairs)
    assert {r.table for r in review.repairs} == {"founder-a", "wrap"}
    assert (review.lang, review.encoding) == ("zh", "utf-8")


def test_nothing_is_invented_in_the_review(review: Document) -> None:
    """Restored text is as long as its codes, but for the one space between two names; wraps add only white space."""
    spaces = 0
    for repair in review.repairs:
        if repair.table == "wrap":
            assert (repair.raw + repair.text).strip() == ""
        else:
            spaces += repair.text.count(" ")
            assert len(repair.text.replace(" ", "")) == len(repair.raw)
    assert spaces == 1


# Pages of our own, to be damaged: numbers, ranges, percentages, dates, names, brackets, quotes, titles, citations.
PAGES = [
    "Chen等[3]收集了286例肺腺癌患者的增强CT图像，提取影像组学特征后建立模型，测试集AUC为0.87，灵敏度为82%，特异度为79.5%。"
    "该模型对直径大于8mm的结节更为可靠。",
    "对于前列腺癌，多参数MRI是首选的检查方法。Wang等[12,13]回顾性分析了2016年1月至2019年6月间的412例患者，结果显示ADC值与"
    "肿瘤分级呈负相关，AI辅助读片使阅片时间缩短了36%。",
    "在乳腺超声方面，研究者将1024张图像随机分为两组，采用CNN提取特征，准确率达到91.2%，高于2名高年资医师的平均水平（84%），"
    "差异有统计学意义。",
    "我们认为，“影像组学”这一概念最早由Lamarc等[21]于2012年提出，随后在肺癌、肝癌、胶质瘤等疾病中得到了广泛应用[22-24]。"
    "但《放射诊断质量控制规范》对此尚无规定，多中心验证仍然不足。",
    "本组收集2015年3月至2018年12月经病理证实的肝细胞癌患者163例，其中男112例，女51例，最小31岁，平均56岁。"
    "所有患者术前均行MRI及CT检查，层厚为5mm，病灶直径为3cm。",
    "在胶质瘤分级中，Zhang等[9]利用DWI和PET-CT构建模型，预测IDH突变的准确率为88%，预测MGMT甲基化的准确率为76%，"
    "Ki-67高表达组的ADC值更低，与病理分级有关。",
    "心脏MR方面，全自动分割左心室的方法在100例患者中与人工测量的相关系数为0.96，每例耗时仅需20秒。"
    "而X线胸片上的气胸检出灵敏度达到了95%，漏诊率降低了11%。",
    "急诊头颅CT是颅脑外伤的首选检查。一种深度学习算法在491例CT中检测颅内出血，AUC达到0.94，仅略低于3名放射科医师的水平[31,32]。"
    "然而，该算法对少量出血（小于5mL）的检出率仅为61%，仍需人工复核。",
    "Kim等[7]的研究纳入了4家医院的1830例患者，随访5年后发现GGN的增大与EGFR突变有关。Lee等[8]则发现CAD可使低年资医师的检出率"
    "由68%提高到83%，假阳性率为每例1.2个。",
    "甲状腺结节的超声诊断长期依赖医师经验。Li等[17]采用包含1520个结节的数据集训练CNN，在外部验证集的684个"
    "结节中AUC为0.91，灵敏度、特异度分别为93%和78%，均优于6名低年资医师[18,19]。",
    "脑卒中发病6小时内，CT灌注成像可显示缺血半暗带。一项多中心研究（n=217）表明，AI软件测量的梗死核心体积"
    "与DWI结果高度一致，平均差值仅为3mL，95%的病例误差小于10mL。",
    "在COVID-19疫情期间，Gao等利用胸部CT影像组学特征区分新型冠状病毒肺炎与流感，共纳入313例，准确率为87.1"
    "%。然而其“金标准”仅为RT-PCR，可能存在假阴性[5-8]。",
    "2019年，Wang等[26]在MRI上测量了92例直肠癌患者治疗前后的ADC值，发现病理完全缓解组的ADC值变化率为41%，"
    "高于非缓解组（23%）。文献[27]也得到了类似结果。",
    "骨龄评估是儿科放射学的常见任务，过去多采用《中国人手腕骨发育标准》。基于ResNet的模型在1377张左手X线片"
    "上的平均误差为0.5岁，与2名专家的差异小于1岁，阅片时间由平均3.5分钟缩短为10秒。",
    "对于肝脏局灶性病变，Ma等[33]比较了MRI与CT的诊断效能：在直径1cm以下的病灶中，MRI检出率为89%，CT仅为62"
    "%。PET-CT对代谢活跃的转移灶（如GIST术后）更有优势，但费用较高、辐射剂量较大。",
    "糖尿病视网膜病变的筛查中，Google团队的算法在EyePACS数据集上的AUC达0.99，国内的一项研究则在35家社区医"
    "院对4186人进行了验证，转诊建议的准确率为96.2%[41,42]。",
]
MARKS = "，。、（）—“”《》"


def codes(text: str, tools: RepairTools) -> str:
    """The page's characters as family A leaves them."""
    latin = {shown: code for code, shown in [*tools.codes.also.items(), *tools.codes.latin.items()]}
    marks = {shown: code for code, shown in tools.codes.marks.items()}
    latin[","] = marks["，"]
    return "".join(marks.get(c) or (latin.get(c, c) if c.isascii() else c) for c in text)


def page(text: str, tools: RepairTools, width: int) -> str:
    """The same as the extraction gives it: lines doubled, each stretch of the Latin font on a line of its own."""
    out, column = "", 0
    for match in re.finditer(r"[\[\],]|[!-Z^-~]+|[^!-~]+", text):
        coded = codes(match.group(), tools)
        if match.group().isascii():
            hangs = match.group() == "["
            out += ("" if hangs or not out or out.endswith("\n") else "\n") + coded + "\n\n"
            column = (column + len(coded)) % (2 * width)
            continue
        for character in coded:
            if column + 2 > 2 * width and character > "~":
                out, column = out.removesuffix("\n\n") + "\n\n", 0
            out += character
            column += 2
    return out.removesuffix("\n\n")


def unparted(text: str) -> str:
    """Where a sentence ends before a run on its own line, nothing tells a new paragraph from the same one."""
    return text.replace("。\n", "。")


def score(page_text: str, got: str) -> tuple[int, int]:
    """How many of the characters that are not Chinese came back, white space aside, and of how many."""
    wanted, found = re.sub(r"\s", "", page_text), re.sub(r"\s", "", got)
    assert len(wanted) == len(found)
    foreign = [(a, b) for a, b in zip(wanted, found, strict=True) if not "\u4e00" <= a <= "\u9fff"]
    return sum(a == b for a, b in foreign), len(foreign)


@pytest.mark.parametrize(("layout", "least"), [("inline", 0.99), ("page", 0.995)])
def test_unseen_pages_come_back(tools: RepairTools, layout: str, least: float) -> None:
    good = total = 0
    for text in PAGES:
        raw = codes(text, tools) if layout == "inline" else page(text, tools, 23)
        draft = repair_glyphs(Draft(raw), tools)
        assert draft.repairs, raw
        right, count = score(text, draft.text)
        good, total = good + right, total + count
    assert total > 550
    assert good >= least * total, f"{good} of {total}"


@pytest.mark.parametrize("width", [20, 23, 28])
def test_unseen_pages_are_joined_to_whole_sentences(tools: RepairTools, width: int) -> None:
    joined = [join_wraps(repair_glyphs(Draft(page(t, tools, width)), tools)).text for t in PAGES]
    assert len(joined) == 16
    assert [got for got, text in zip(joined, PAGES, strict=True) if unparted(got) != text] == []


@pytest.mark.parametrize(
    ("number", "lost"),
    [
        (0, "286"),
        (0, "CT"),
        (0, "0.87"),
        (0, "82%"),
        (0, "[3]"),
        (1, "Wang"),
        (1, "13"),
        (4, "3cm"),
        (5, "DWI"),
        (7, "491"),
    ],
)
def test_what_was_lost_leaves_a_gap_and_nothing_is_invented(tools: RepairTools, number: int, lost: str) -> None:
    before, _, after = PAGES[number].partition(lost)
    raw = page(before, tools, 23) + "\n " + page(after, tools, 23)
    got = join_wraps(repair_glyphs(Draft(raw), tools)).text
    assert unparted(got) == f"{before} {after}"


def test_a_code_that_no_table_knows_stays(tools: RepairTools) -> None:
    raw = codes("采用CT检查286例患者，AUC为0.87", tools) + "^{|}" + codes("，优于MRI。", tools)
    assert restored(raw, tools) == "采用CT检查286例患者，AUC为0.87^{|}，优于MRI。"


def test_undamaged_words_inside_a_damaged_text_stay(tools: RepairTools) -> None:
    raw = codes("在286例患者的CT图像上，采用", tools) + "ResNet" + codes("模型，灵敏度为82%，优于MRI。", tools)
    assert restored(raw, tools) == "在286例患者的CT图像上，采用ResNet模型，灵敏度为82%，优于MRI。"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (")!?$*", "[1-3]"), (")!!&*", "[1,2]"), (')"(*', "[40]"), (")!!?!6*", "[11-15]"), (")!!!(*", "[1,10]"),
        (")!&*", "[12]"), ("))!!(*", "[9,10]"), (")$4!$)*", "[38,39]"),
    ],
)  # fmt: skip
def test_citations_are_cut_into_rising_numbers(tools: RepairTools, raw: str, text: str) -> None:
    frame = codes("采用CT检查286例患者，AUC为0.87，灵敏度为82%", tools)
    assert restored(f'{frame}{raw}"', tools).endswith(f"82%{text}。")


@given(st.text("胶质瘤在\n " + '=7K>8TU:?0#!"&$()*+,-./1259;<@AbcX，。', max_size=80))
def test_repairs_of_any_text_can_be_undone(tools: RepairTools, text: str) -> None:
    restored(text, tools)
    draft = join_wraps(repair_glyphs(Draft("采用78检查&40例患者!灵敏度为4&R!" + text), tools))
    assert undo(draft.text, draft.repairs) == "采用78检查&40例患者!灵敏度为4&R!" + text
