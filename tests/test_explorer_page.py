"""The explorer in a browser: opened from a disk, network off, driven by keys and clicks as a reader would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from browser import Browser, Page, open_browser
from explorer_case import corpus, english, hostile, small_lexicon
from imagingkg.lexicon import Lexicon
from imagingkg.publish.explorer import write_explorer
from imagingkg.publish.explorer_data import Whole


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("ontology"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, words: Lexicon) -> Path:
    path = tmp_path_factory.mktemp("page") / "graph.html"
    write_explorer(path, corpus(), words)
    return path


@pytest.fixture
def page(chromium: Browser, file: Path) -> Iterator[Page]:
    """The opened page; after each test nothing was asked of the network and nothing complained."""
    page = chromium.new_page()
    page.open(file)
    yield page
    assert page.requests() == []
    assert page.complaints() == []


def search(page: Page, text: str) -> None:
    page.key("/")
    assert page.run("document.activeElement.getAttribute('role')") == "searchbox"
    page.type(text)


def fragment(page: Page) -> str:
    return str(page.run("decodeURIComponent(location.hash.slice(1))"))


def cell(page: Page, row: str, column: str) -> str:
    """The selector of the cell of two labels."""
    names = page.run("[...document.querySelectorAll('td .cell')].map((e) => e.getAttribute('aria-label'))")
    found = [n for n in names if n.startswith(f"{row}, {column}: ")]
    assert len(found) == 1, names
    return f'td .cell[aria-label="{found[0]}"]'


@pytest.mark.parametrize("text", ["胶质瘤", "glioma", "膠質瘤", "neuroglioma", "jzl", "ＧＬＩＯＭＡ"])
def test_any_name_of_a_concept_finds_it_and_opens_its_claims_with_their_sentences(page: Page, text: str) -> None:
    search(page, text)
    assert "Disease" in page.texts("#hits .hit")[0]
    page.key("Enter")
    assert fragment(page) == "sel=disease/glioma"
    quotes = page.texts(".card blockquote")
    assert "基于MRI的深度学习预测胶质瘤IDH突变的AUC为0.88。" in quotes
    assert "A U-Net outlined glioma on MRI of 120 patients with a Dice of 0.91 in the test set." in quotes
    assert len(quotes) == 5


@pytest.mark.parametrize(
    ("initials", "name"),
    [("fjj", "lung nodule"), ("fg", "segmentation"), ("t1jqcx", "T1-weighted MRI"), ("nml", "meningioma")],
)
def test_latin_initials_of_a_chinese_name_find_it(page: Page, initials: str, name: str) -> None:
    search(page, initials)
    assert any(hit.startswith(name) for hit in page.texts("#hits .hit"))


def test_a_word_of_a_sentence_finds_the_sentence(page: Page) -> None:
    search(page, "outlined")
    assert page.count("#hits .hit") == 1
    page.key("Enter")
    assert page.count(".card") == 1


def test_a_title_finds_its_document_and_all_its_claims(page: Page) -> None:
    search(page, "a short review")
    page.key("Enter")
    assert fragment(page) == "sel=doc:review"
    assert page.count(".card") == 2


def test_a_coined_name_in_tex_is_shown_as_it_reads(chromium: Browser, words: Lexicon, tmp_path: Path) -> None:
    reading = english()
    mention = replace(reading.mentions[0], concept="method/new-fpn", kind="method", label="3DFPN-HS$^2$")
    claim = replace(reading.claims[0], method=("method/new-fpn",))
    write_explorer(
        tmp_path / "g.html", [replace(reading, claims=(claim,), mentions=(*reading.mentions, mention))], words
    )
    page = chromium.new_page()
    page.open(tmp_path / "g.html", "sel=method/new-fpn")
    assert page.text(".panel h2 .c") == "3DFPN-HS²"


def test_what_nothing_matches_is_said(page: Page) -> None:
    search(page, "xyzzy")
    assert page.text("#hits") == "No concept, sentence or source matches."


def test_the_map_opens_first_and_a_cell_opens_its_evidence(page: Page) -> None:
    assert page.text(".tabs [aria-selected=true]") == "Gap map"
    page.click(cell(page, "neoplasm", "segmentation"))
    assert page.texts(".panel h2 .c") == ["Neoplasm", "Segmentation"]
    assert page.texts(".card blockquote") == [
        "A U-Net outlined glioma on MRI of 120 patients with a Dice of 0.91 in the test set."
    ]
    assert page.texts(".card .m:not(.bg)") == ["U-Net", "glioma", "MRI", "Dice"]
    assert "n = 120 patients" in page.text(".card .meta")
    assert page.texts(".bars .nm") == ["Dice coefficient", "HD95"]
    assert page.texts(".bars .vl") == ["0.91", "4.2 mm"]


def test_an_empty_cell_says_none_found_and_offers_the_nearest_pairs(page: Page) -> None:
    page.click(cell(page, "lung disease", "segmentation"))
    assert page.text(".none h3") == "None found in this corpus"
    assert "Lung disease × detection" in page.texts(".none li button")
    page.click(".none li button")
    assert page.count(".card") > 0


def test_rows_fold_along_the_tree_and_the_fold_is_in_the_address(page: Page) -> None:
    heads = page.texts("tbody th .t")
    assert heads[:2] == ["Neoplasm", "Brain tumour"]
    page.click("tbody th .rh")
    assert page.texts("tbody th .t")[:2] == ["Neoplasm", "Lung disease"]
    assert fragment(page).startswith("open=")
    page.run("[...document.querySelectorAll('.head .btn')].find((b) => b.textContent === 'Unfold all').click()")
    assert page.texts("tbody th .t") == ["Neoplasm", "Brain tumour", "Glioma", "Lung disease", "Lung nodule"]


def test_the_axes_are_chosen(page: Page) -> None:
    page.run("document.querySelector('#axis-rows').value = 'method'")
    page.run("document.querySelector('#axis-rows').dispatchEvent(new Event('change'))")
    assert fragment(page) == "rows=method"
    assert sorted(page.texts("tbody tr.root th .t")) == sorted(
        ["Deep learning", "Support vector machine", "Transfer learning", "𠀀号模型"]
    )


def test_the_marks_of_a_cell_tell_external_negated_and_contrary(page: Page) -> None:
    both = cell(page, "neoplasm", "grading")
    assert both.endswith(', grading: 3 claims, 1 negated, 1 hedged"]')
    assert page.count(f"{both} .ext") == 1
    assert page.count(f"{both} .con") == 1
    page.click(both)
    assert page.texts(".card .cx") == ["≠ contradicted by 1"] * 2


def test_arrows_walk_the_map_and_enter_opens(page: Page) -> None:
    page.run("document.querySelector('td .cell[tabindex=\"0\"]').focus()")
    before = page.run("document.activeElement.getAttribute('aria-label')")
    page.key("ArrowRight")
    after = page.run("document.activeElement.getAttribute('aria-label')")
    assert before.split(",")[0] == after.split(",")[0]
    assert before != after
    page.key("Enter")
    assert not page.run("document.querySelector('#panel').hidden")
    page.key("Escape")
    assert page.run("document.querySelector('#panel').hidden")


def test_a_statement_is_reached_by_its_challenge_and_names_its_remedy(page: Page) -> None:
    search(page, "训练数据稀缺")
    page.key("Enter")
    assert page.texts(".card blockquote") == ["Training data are scarce, which transfer learning relieves."]
    assert [t.strip() for t in page.texts(".card .tuple > *")] == [
        "scarce training data",
        "→ remedy",
        "transfer learning",
    ]
    page.key("2")
    assert page.text(".tabs [aria-selected=true]") == "Graph"


def test_parts_from_the_context_are_set_apart(page: Page, file: Path) -> None:
    page.open(file, "sel=disease/lung-nodule")
    assert page.texts(".tuple .ctx") == ["computed tomography"]


def test_a_reported_claim_names_the_study_and_where_it_is_reported(page: Page) -> None:
    search(page, "Su et al")
    page.key("Enter")
    assert page.text(".card .src").startswith("Su 2017 [21] · reported in A short review")
    assert page.text(".card .y") == "2017"
    assert page.text(".card .cmp") == "better than radiologist"


def test_a_concept_that_no_claim_is_made_of_says_where_it_is_named(page: Page) -> None:
    search(page, "meningioma")
    page.key("Enter")
    assert "Named in 1 document" in page.text(".none")
    page.click(".none li button")
    assert fragment(page) == "sel=doc:zh-1"


def test_the_whole_interface_turns_chinese_and_back(page: Page) -> None:
    page.run("document.querySelector('.tools [lang=zh]').click()")
    assert page.run("document.documentElement.lang") == "zh"
    assert page.texts(".tabs button") == ["证据空白图", "关系图", "表格"]
    assert "肿瘤" in page.texts("tbody th .t")
    english = page.run(LATIN_WORDS)
    assert english == []
    page.run("document.querySelector('.tools [lang=en]').click()")
    assert page.texts(".tabs button") == ["Gap map", "Graph", "Table"]


# Words of Latin letters in the shown interface, names of things and of file types left out.
LATIN_WORDS = """
[...document.querySelectorAll('.top, .filters, .stage, .legend')]
  .flatMap((e) => e.innerText.match(/[A-Za-z]{3,}/g) || [])
  .filter((w) => !['imagingkg', 'SVG', 'PNG', 'Net', 'IDH', 'BraTS'].includes(w))
"""


def test_dark_follows_the_system_and_the_button(page: Page) -> None:
    shade = "getComputedStyle(document.body).backgroundColor"
    page.prefer(scheme="light")
    light = page.run(shade)
    page.prefer(scheme="dark")
    page.wait("document.documentElement.dataset.theme === 'dark'")
    assert page.run(shade) != light
    page.click("#theme")
    assert page.run(shade) == light
    assert fragment(page) == "theme=light"


def test_filters_by_certainty_kind_year_language_and_assertion_change_what_is_counted(page: Page) -> None:
    counts = {}
    for key in ("c2", "kmethod", "y2019", "lzh", "a1"):
        page.run(f"document.querySelector('[data-key=\"{key}\"]').click()")
        counts[key] = page.text(".count b")
        assert fragment(page) == f"off={key}"
        page.run(f"document.querySelector('[data-key=\"{key}\"]').click()")
    assert counts == {"c2": "7", "kmethod": "8", "y2019": "5", "lzh": "5", "a1": "7"}
    assert page.text(".count b") == "8"


def test_a_drag_over_the_years_keeps_only_these(page: Page) -> None:
    spots = [
        page.run(
            f"(() => {{ const b = document.querySelector('[data-key=y{y}]').getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for y in (2019, 2020)
    ]
    for kind, (x, y) in (("mousePressed", spots[0]), ("mouseMoved", spots[1]), ("mouseReleased", spots[1])):
        page.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert fragment(page) == "off=y2017,y2021"
    assert page.text(".count b") == "6"
    page.run("document.querySelector('.count .btn').click()")
    assert fragment(page) == ""


def test_a_cell_that_only_the_context_fills_is_set_apart(page: Page) -> None:
    page.run("document.querySelector('#axis-rows').value = 'modality'")
    page.run("document.querySelector('#axis-rows').dispatchEvent(new Event('change'))")
    page.run("document.querySelector('#axis-cols').value = 'method'")
    page.run("document.querySelector('#axis-cols').dispatchEvent(new Event('change'))")
    assert page.texts(".map .cell.loose") == ["1"]
    assert page.run("document.querySelector('.map .cell.loose').getAttribute('aria-label')") == (
        "computed tomography, 𠀀号模型: 1 claim"
    )


def test_the_table_lists_every_claim_sorts_and_opens_one(page: Page) -> None:
    page.key("3")
    assert page.count(".list tbody tr[tabindex]") == 8
    years = [int(y) for y in page.texts(".list tbody td:first-child")]
    assert years == sorted(years, reverse=True)
    page.click(".list thead th:first-child button")
    assert [int(y) for y in page.texts(".list tbody td:first-child")] == sorted(years)
    page.click(".list tbody tr[tabindex]")
    assert "sel=claim:" in fragment(page)
    assert page.count(".card") == 1


def test_a_view_is_restored_from_its_address(page: Page, file: Path) -> None:
    address = "view=graph&focus=disease/glioma&off=c2&sel=disease/glioma&theme=dark&lang=zh"
    page.open(file, address)
    assert page.text(".crumbs h1") == "胶质瘤"
    assert page.text(".count b") == "7"
    assert page.count(".card") == 4
    page.run("document.querySelector('[data-key=c1]').click()")
    assert sorted(fragment(page).split("&")) == sorted(address.replace("off=c2", "off=c1,c2").split("&"))


def test_an_address_that_means_nothing_falls_back(page: Page, file: Path) -> None:
    page.open(file, "view=zzz&rows=task&cols=task&focus=disease/none&sel=a+b+c&off=<b>&open=x&sort=9&lang=fr")
    assert page.text(".tabs [aria-selected=true]") == "Gap map"
    assert page.text(".count b") == "8"


def test_back_returns_to_the_view_before(page: Page) -> None:
    page.key("2")
    page.key("3")
    page.run("history.back()")
    page.wait("document.querySelector('.tabs [aria-selected=true]').textContent === 'Graph'")


def test_the_graph_is_walked_by_keys_and_enter_refocuses(page: Page, file: Path) -> None:
    page.open(file, "view=graph&focus=disease/glioma")
    page.run("document.querySelector('#graph').focus()")
    page.key("ArrowRight")
    name = page.text("#live").split(",")[0]
    assert page.run("document.querySelector('#graph').getAttribute('aria-activedescendant')")
    page.key("Enter")
    assert page.text(".crumbs h1").lower() == name.lower()
    page.key("0")
    assert page.count("#glist [role=option]") == 19


def test_the_graph_names_the_neighbours_with_their_counts(page: Page, file: Path) -> None:
    page.open(file, "view=graph&focus=disease/glioma")
    names = page.texts("#glist [role=option]")
    assert "grading, Task, 3 claims" in names
    assert "magnetic resonance imaging, Modality, 2 claims" in names
    assert "lung nodule, Disease, 2 claims" not in names


def test_the_whole_network_stands_where_the_build_put_it_and_a_click_opens_a_concept(page: Page, file: Path) -> None:
    page.open(file, "view=graph&whole=network")
    assert page.text(".head .say").startswith("16 concepts, 32 links.")
    page.run("document.querySelector('#graph').focus()")
    page.key("ArrowLeft")
    page.key("Enter")
    assert "sel=" in fragment(page)
    assert page.count(".card") > 0
    assert page.text(".head .say").startswith("16 concepts, 32 links.")


def test_the_network_shrinks_to_what_is_so_many_links_away(page: Page, file: Path) -> None:
    page.open(file, "view=graph&whole=network")
    assert page.run("document.querySelector('[data-key=hops1]').disabled")
    page.open(file, "view=graph&whole=network&sel=biomarker/idh")
    page.click("[data-key=hops1]")
    assert "hops=1" in fragment(page)
    # The one claim on IDH: prediction, glioma, MRI, deep learning.
    near = {option.split(",")[0] for option in page.texts("#glist [role=option]")}
    assert page.text(".head .say").startswith("5 concepts, 10 links.")
    assert near == {"IDH mutation", "prediction", "glioma", "magnetic resonance imaging", "deep learning"}
    page.click("[data-key=hops2]")
    assert page.count("#glist [role=option]") > 5
    page.click("[data-key=hops0]")
    assert page.count("#glist [role=option]") == 16


def test_keys_walk_only_what_is_shown_within_the_links(page: Page, file: Path) -> None:
    page.open(file, "view=graph&whole=network&sel=biomarker/idh&hops=1")
    page.run("document.querySelector('#graph').focus()")
    visited = set()
    for key in ("ArrowUp", "ArrowLeft", "ArrowDown", "ArrowRight") * 3:
        page.key(key)
        visited.add(page.text("#live").split(",")[0])
    assert len(visited) > 1
    assert visited <= {"IDH mutation", "prediction", "glioma", "magnetic resonance imaging", "deep learning"}


def test_equal_links_are_one_with_the_number_of_its_claims(page: Page, file: Path) -> None:
    page.open(file, "view=graph&whole=network&sel=disease/glioma")
    page.run(CATCH_DOWNLOADS)
    page.run("document.querySelector('[data-save=svg]').click()")
    page.wait("window.caught.length === 1")
    image = page.run("window.caught[0].text()")
    assert ">grading · 3<" in image
    assert ">magnetic resonance imaging · 2<" in image


@pytest.mark.parametrize("address", ["view=graph&focus=disease/glioma", "view=graph", "view=graph&whole=network"])
def test_who_wants_no_motion_sees_the_picture_at_once(page: Page, file: Path, address: str) -> None:
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    page.open(file, address)
    page.run(CATCH_DOWNLOADS)
    page.run("document.querySelector('[data-save=svg]').click()")
    page.wait("window.caught.length === 1")
    assert "NaN" not in page.run("window.caught[0].text()")


def test_one_source_alone_is_kept_and_let_go(page: Page, file: Path) -> None:
    page.open(file, "sel=doc:zh-1")
    page.click("[data-key=only]")
    assert fragment(page) == "source=zh-1&sel=doc:zh-1"
    assert page.text(".count b") == "3"
    assert page.text(".chip.only").startswith("胶质瘤的影像组学")
    page.open(file, "source=zh-1&view=table")
    assert page.count(".list tbody tr[tabindex]") == 3
    page.click(".chip.only")
    assert page.text(".count b") == "8"
    page.open(file, "source=none")
    assert page.text(".count b") == "8"


@pytest.mark.parametrize("address", ["", "view=graph&focus=disease/glioma", "view=graph", "view=graph&whole=network"])
def test_each_picture_is_saved_as_svg_and_png(page: Page, file: Path, address: str) -> None:
    page.open(file, address)
    page.run(CATCH_DOWNLOADS)
    page.run("document.querySelector('[data-save=svg]').click()")
    page.wait("window.caught.length === 1")
    image = page.run("window.caught[0].text()")
    assert image.startswith("<svg xmlns=")
    parsed = f"new DOMParser().parseFromString({json.dumps(image)}, 'image/svg+xml')"
    assert page.run(f"{parsed}.querySelectorAll('parsererror, script').length") == 0
    assert "lioma" in image or "eoplasm" in image
    page.run("document.querySelector('[data-save=png]').click()")
    page.wait("window.caught.length === 2")
    assert page.run("window.caught[1].slice(1, 4).text()") == "PNG"


CATCH_COPIES = """
(() => { window.copied = []; document.execCommand = () => window.copied.push(document.activeElement.value); })()
"""
CATCH_DOWNLOADS = """
(() => { window.caught = []; URL.createObjectURL = (blob) => { window.caught.push(blob); return "#"; };
  HTMLAnchorElement.prototype.click = () => {}; })()
"""


def test_claims_are_copied_as_a_sheet_that_runs_no_formula_and_as_bibtex(page: Page) -> None:
    page.run(CATCH_COPIES)
    search(page, "glioma")
    page.key("Enter")
    for name in ("Copy CSV", "Copy BibTeX"):
        page.run(f"[...document.querySelectorAll('.act .btn')].find((b) => b.textContent === '{name}').click()")
    sheet, bibtex = page.run("window.copied")
    assert sheet.splitlines()[0].startswith("year,task,disease,modality,method")
    assert len(sheet.splitlines()) == 6
    assert "title = {Segmenting gliomas}" in bibtex
    assert "doi = {10.1000/example.1}" in bibtex


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [1024, 1180, 1280, 1366, 1440, 1600, 1920])
def test_the_filters_are_one_line_of_which_nothing_is_cut(page: Page, file: Path, width: int, lang: str) -> None:
    page.resize(width, 800)
    page.open(file, f"lang={lang}&off=c2")
    assert page.run("document.querySelector('.filters').offsetHeight") <= 44
    cut = "(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(document.querySelector('.filters'))"
    assert page.run(cut) <= 0
    assert page.count(".filters .count .btn") == 1


def test_the_head_tells_claims_from_statements_and_the_map_says_what_it_counts(page: Page) -> None:
    assert page.text("#corpus") == "AI in medical imaging · 7 claims and 1 statement from 3 documents"
    assert page.text(".counted").startswith("Counted here: the 7 of 8 claims and statements that name both a disease")
    page.click(".tools [lang=zh]")
    assert page.text("#corpus") == "医学影像人工智能 · 3 篇文献，7 条论断、1 条陈述"


def test_a_page_of_a_part_of_the_corpus_says_of_how_much(chromium: Browser, words: Lexicon, tmp_path: Path) -> None:
    path = tmp_path / "graph.html"
    write_explorer(path, corpus(), words, title="Gliomas", whole=Whole(300_000, 900_000, 12_345))
    page = chromium.new_page()
    page.open(path)
    said = "Gliomas · 7 claims and 1 statement from 3 of 300,000 documents; the whole corpus has 912,345"
    assert page.text("#corpus") == said
    assert page.run("document.querySelector('#corpus').title") == said
    page.click(".tools [lang=zh]")
    assert "300,000 篇文献中的 3 篇，7 条论断、1 条陈述；整个语料共 912,345 条" in page.text("#corpus")


@pytest.mark.parametrize("width", [400, 1024, 1280, 1920])
def test_the_page_never_scrolls_sideways(page: Page, file: Path, width: int) -> None:
    page.resize(width, 800)
    checked = 0
    for view in ("map", "graph", "table"):
        page.open(file, f"view={view}&sel=disease/glioma")
        assert page.run("document.documentElement.scrollWidth") <= width
        checked += 1
    assert checked == 3


def test_without_quotes_the_page_says_where_the_sentence_stands(
    chromium: Browser, words: Lexicon, tmp_path: Path
) -> None:
    path = tmp_path / "graph.html"
    write_explorer(path, corpus(), words, quotes=False)
    page = chromium.new_page()
    page.open(path, "sel=task/segmentation")
    assert page.texts(".card .noquote") == ["Sentence left out of this page; it starts at character 19 of the source."]
    assert page.complaints() == []


def test_an_empty_corpus_says_so_in_every_view(chromium: Browser, words: Lexicon, tmp_path: Path) -> None:
    path = tmp_path / "graph.html"
    write_explorer(path, [], words)
    page = chromium.new_page()
    for view in ("map", "graph", "graph&whole=network", "table"):
        page.open(path, f"view={view}")
        assert page.text(".stage h1") == "No claim was found"
    assert page.complaints() == []


def test_filters_that_let_nothing_through_say_so_and_are_reset(page: Page, file: Path) -> None:
    for view in ("map", "graph", "graph&whole=network", "table"):
        page.open(file, f"off=c0,c1,c2&view={view}")
        assert page.text(".stage h1") == "The filters hide every claim here."
        page.click(".stage .btn")
        assert page.text(".count b") == "8"
        assert page.count(".stage .empty") == 0


def test_hostile_texts_stay_texts(chromium: Browser, words: Lexicon, tmp_path: Path) -> None:
    path = tmp_path / "graph.html"
    write_explorer(path, [hostile(), *corpus()], words, title="</title><img src=x onerror=alert(1)>")
    page = chromium.new_page()
    seen = 0
    for address in (
        "",
        "sel=method/new-bad",
        "view=graph&focus=method/new-bad",
        "view=graph&whole=network",
        "view=table&lang=zh",
    ):
        page.open(path, address)
        assert page.count("img, b b, main script, .panel script") == 0
        assert "owned" not in page.run("document.title")[:5]
        assert page.run("document.body.innerText.includes('\\u202e')") is False
        assert page.run("document.documentElement.scrollWidth") <= 1280
        seen += 1
    assert seen == 5
    page.open(path)
    page.run("document.querySelector('#q').focus()")
    page.type("<img")
    assert page.count("#hits .hit") >= 1
    page.key("Enter")
    page.run(CATCH_COPIES)
    page.run("[...document.querySelectorAll('.act .btn')].find((b) => b.textContent === 'Copy CSV').click()")
    assert page.run("window.copied[0].split('\\n').slice(1).every((line) => !/^[=+@-]/.test(line))")
    assert page.requests() == []
    assert page.complaints() == []


@pytest.mark.parametrize(
    "attempt",
    [
        "fetch('https://example.org/').then(() => 'loaded', () => 'refused')",
        "new Promise((done) => { const made = new Worker(URL.createObjectURL(new Blob([`"
        " fetch('https://example.org/').then(() => 'loaded', () => 'refused').then(postMessage)`])));"
        " made.onmessage = (e) => done(e.data); })",
        "new Promise((done) => { const made = new Worker(URL.createObjectURL(new Blob([`let said = 'loaded';"
        " try { importScripts('https://example.org/a.js') } catch { said = 'refused' } postMessage(said)`])));"
        " made.onmessage = (e) => done(e.data); })",
    ],
    ids=["page", "worker", "worker script"],
)
def test_nothing_may_be_loaded_even_if_a_script_or_a_worker_tried(page: Page, attempt: str) -> None:
    assert page.run(attempt) == "refused"
    if "Worker" not in attempt:
        assert any("Content Security Policy" in c for c in page.complaints())
    page.run("new Promise((done) => setTimeout(done, 100))")
    page._browser.events.clear()  # this complaint was wanted
