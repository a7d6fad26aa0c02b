"""A text without damage passes untouched, however many signs it holds that codes are made of."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from imagingkg.ingest.edits import Draft
from imagingkg.ingest.fonts import RepairTools, repair_tools
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.ingest.wraps import join_wraps
from imagingkg.lexicon import read_lexicon


@pytest.fixture(scope="module")
def tools() -> RepairTools:
    return repair_tools(read_lexicon()[0])


CLEAN = {
    "shouting": "太好了!真的!今天终于看完了78分的报告!大家都笑了!明天见!CT检查要去!MRI也要去!我们都很高兴!",
    "quotes": '他说"很好"!她说"不错"!我说"都可以"!然后大家继续讨论"影像组学"和"深度学习"!',
    "hashtags": "#医学影像#今天的话题#人工智能#大家怎么看#放射科#欢迎留言#转发抽奖!",
    "ascii punctuation": '患者78例(男40例,女38例),行CT及MRI检查,准确率85.7%!结果"阳性"#1!层厚5mm!年龄31-79岁!',
    "mail and links": "联系我们:ai.lab@example.com & KEJI@T.CN!详见https://example.org/A?K=7&T=8#9!欢迎投稿!谢谢大家!",
    "formula": "公式为y=7K+8(x!)/2,其中x>0,y<9,参见[1,2]及(3)!当A=7且K=8时结果为=K7!证毕!",
    "code in chinese": '代码如下:\nif (A[1] == "K") { return 7*K!; } # 注释\n变量=7,:=9,A#B!C"D&E\n请大家自行运行!',
    "signs": '!!!!!!"""###&&&求助!!!7=8?9*9=81!电话!$"&!!谢谢各位老师!!!',
    "marks list": "价格:$100!&$200!编号#1!#2!#3!(见附录)",
    "english shouting": 'This is great! #AI & #radiology! Is "7=K" a code? `a[0] = b*c` costs $90.4\\%$ & more!!',
    "code": "```\nx = {'a': 7, 'b': [1, 2]}\nif x['a'] != 8: print(\"no!\")\n```",
    "latex": "$\\alpha_{7} = K^{8} & \\beta!$ \\cite{a,b} \\% \\# \\& (1) [2]",
    "normal chinese": "Silva等[7]对2303例使用人工智能软件，GGN检出率达77%（P<0.05），AUC为0.92；见《指南》。",
    "full width": "ＣＴ检查２００例，灵敏度为８５．７％（９５％ＣＩ：０．８～０．９）！＃＆",
    "numbers only": '78 7=8 9,: 1! 2" 3# 4& 5( 6)',
    "japanese": "深層学習を用いて「CT」画像から肺結節を検出した!精度は78%であった!",
    "empty": "",
}


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_clean_text_is_untouched(tools: RepairTools, name: str) -> None:
    assert repair_glyphs(Draft(CLEAN[name]), tools) == Draft(CLEAN[name])


def test_text_with_more_codes_than_any_paper_is_left_alone(tools: RepairTools) -> None:
    text = "采用78检查&40例患者!灵敏度为4&R!" * 40_000
    assert repair_glyphs(Draft(text[:3200]), tools).repairs
    assert repair_glyphs(Draft(text), tools) == Draft(text)


@pytest.mark.parametrize(
    ("name", "count"), [("gold/dev-input.jsonl", 50), ("gold/dev_zh-input.jsonl", 30), ("data/abstracts.jsonl", 2962)]
)
def test_real_records_have_no_damage(tools: RepairTools, shared: Path, name: str, count: int) -> None:
    """Titles and abstracts, and the Chinese translations that some have, come back byte for byte."""
    records = [json.loads(line) for line in (shared / name).read_text(encoding="utf-8").splitlines()]
    assert len(records) == count
    for record in records:
        text = "\n".join(str(record[k]) for k in ("title", "abstract", "abstract_zh_mt") if k in record)
        assert repair_glyphs(Draft(text), tools) == Draft(text)


def test_chinese_gold_texts_have_no_wraps(shared: Path) -> None:
    lines = (shared / "gold" / "dev_zh-input.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [f"{record['title']}\n{record['abstract']}" for record in map(json.loads, lines)]
    assert len(texts) == 30
    assert [text for text in texts if join_wraps(Draft(text)).repairs] == []


def test_real_short_texts_have_no_damage(tools: RepairTools, shared: Path) -> None:
    with (shared / "data" / "labelled-dev.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    assert len(rows) > 200
    texts = ["\n".join(row) for row in rows]
    assert [text for text in texts if repair_glyphs(Draft(text), tools).repairs] == []
