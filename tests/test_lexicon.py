"""The lexicon and its forms: folding keeps offsets, forms have one owner, every mistake is named where it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingkg.errors import OntologyError
from imagingkg.forms import (
    fold,
    fold_width,
    has_han,
    is_acronym,
    respellings,
    squeeze,
    variants,
)
from imagingkg.lexicon import Lexicon, Problem, listed_forms, load_lexicon, read_lexicon
from imagingkg.model import KINDS
from imagingkg.ontology_files import ontology_dir

# ------------------------------------------------------------------------------------------------------------ Folding

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=80)


@given(ANY_TEXT)
def test_folding_gives_one_code_point_for_one(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert len(fold_width(text)) == len(text)


@given(ANY_TEXT, ANY_TEXT)
def test_folding_a_text_is_folding_its_parts(one: str, two: str) -> None:
    # Greek sigma has a form for the end of a word, so casing alone looks at its neighbours.
    if "Σ" not in one + two:
        assert fold(one + two) == fold(one) + fold(two)


@given(ANY_TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold_width(fold_width(text)) == fold_width(text)
    assert squeeze(squeeze(text)) == squeeze(text)


def test_no_single_character_grows_when_folded_or_title_cased() -> None:
    grown = [hex(code) for code in range(0x110000) if len(fold(chr(code)).title()) != 1]
    assert grown == []


FOLDED = {
    "ＭＲＩ": "mri", "ｘ－ray": "x ray", "T1–weighted": "t1 weighted", "T1−weighted": "t1 weighted",
    "T1‐weighted": "t1 weighted", "U_Net": "u net", "PET～CT": "pet ct", "肺結節": "肺结节", "腦腫瘤": "脑肿瘤",
    "Crohn’s": "crohn's", "ẞ": "s", "Crohn＇s": "crohn's", "a\u00a0b\u3000c": "a b c", "（ＣＴ）": "(ct)",
    "İ": "i", "ß": "s",
}  # fmt: skip


@pytest.mark.parametrize("text", FOLDED)
def test_width_dashes_spaces_quotes_and_traditional_characters_are_folded(text: str) -> None:
    assert len(FOLDED) == 16
    assert fold(text) == FOLDED[text]


def test_folding_the_width_keeps_the_case() -> None:
    assert fold_width("ＭＲＩ und pCR") == "MRI und pCR"


def test_a_key_has_single_spaces_and_none_at_its_ends() -> None:
    assert squeeze("  Non–small \t cell_lung  cancer ") == "non small cell lung cancer"


# ----------------------------------------------------------------------------------------------------------- Variants


@pytest.mark.parametrize(
    ("form", "meant"),
    [
        ("brain tumour", {"brain tumor", "brain tumors", "brain tumours"}),
        ("haemorrhage", {"hemorrhage", "hemorrhages", "haemorrhages"}),
        ("edema", {"oedema"}), ("oesophagus", {"esophagus"}), ("leukaemia", {"leukemia"}),
        ("colour doppler", {"color doppler"}),
        ("fetal mri", {"foetal mri"}), ("normalisation", {"normalization"}), ("optimized", {"optimised"}),
        ("metastasis", {"metastases"}), ("diagnosis", {"diagnoses"}), ("biopsy", {"biopsies"}),
        ("vertebra", {"vertebrae"}), ("thrombus", {"thrombi"}), ("nucleus", {"nuclei"}), ("abscess", {"abscesses"}),
        ("cancer of the lung", {"cancers of the lung"}), ("lung nodule", {"lung nodules"}),
        ("crohn's disease", {"crohn disease", "crohns disease", "crohn' disease", "crohn diseases"}),
        ("ct检查", {"ct 检查"}), ("肺 ct", {"肺ct"}),
    ],
)  # fmt: skip
def test_a_form_stands_for_its_plurals_and_spellings(form: str, meant: set[str]) -> None:
    assert meant <= variants(form)


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ("radiomics", "radiomicss"), ("segmentation training", "segmentation trainings"), ("noise", "noize"),
        ("disease", "dizease"), ("exercise", "exercize"), ("supervised", "supervized"), ("model", "modell"),
        ("thermography", "thermographys"), ("resnet50", "resnet50s"), ("肺癌", "肺癌s"), ("of", "ofs"),
    ],
)  # fmt: skip
def test_a_form_does_not_stand_for_what_nobody_writes(form: str, wrong: str) -> None:
    assert wrong not in variants(form)


def test_short_words_beside_of_have_no_plural() -> None:
    assert variants("y of x") == set()
    assert variants(" of brain") >= {" of brains"}


@given(ANY_TEXT)
def test_variants_of_any_form_are_further_forms(text: str) -> None:
    form = squeeze(text)
    assert form not in variants(form)
    assert all((isinstance(v, str) and v == v.lower()) or has_han(v) or v for v in variants(form))


def test_labels_have_respellings_and_names_with_capitals_keep_theirs() -> None:
    assert respellings("brain tumour") == {"brain tumor"}
    assert respellings("Crohn's disease") == {"Crohn disease"}
    assert respellings("Haemorrhage Net") == set()
    assert respellings("肺癌") == set()


@pytest.mark.parametrize(
    ("form", "expected"),
    [("US", True), ("MRI", True), ("FLAIR", True), ("SEGNET", False), ("C", False), ("Mri", False), ("pCR", False),
     ("PD-L1", True), ("T2", False), ("PET CT", False), ("ΑΒΓ", False), ("超声", False)],
)  # fmt: skip
def test_short_words_in_capitals_are_acronyms(form: str, expected: bool) -> None:
    assert is_acronym(form) is expected


# ------------------------------------------------------------------------------------------------- A lexicon of our own

GOOD = """\
kind: disease
concepts:
  tumour: {en: tumour, zh: 肿瘤}
  lung-cancer: {en: lung cancer, zh: 肺癌, also: [肺部恶性肿瘤], abbr: [LC], broader: [tumour], exact: [DOID:1324]}
  nsclc: {en: non-small cell lung cancer, zh: 非小细胞肺癌, also: [NSCLC], broader: [lung-cancer]}
"""

Maker = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """An ontology directory with concept files (name to text), GOOD unless others are given."""

    def made(files: dict[str, str] | None = None, **beside: str) -> Path:
        (tmp_path / "concepts").mkdir(exist_ok=True)
        for name, text in (files or {"diseases": GOOD}).items():
            (tmp_path / "concepts" / f"{name}.yaml").write_text(text, encoding="utf-8")
        for name, text in beside.items():
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return made


def problems(make: Maker, concepts: str, kind: str = "disease") -> list[Problem]:
    return read_lexicon(directory=make({"a": f"kind: {kind}\nconcepts:\n{concepts}"}))[1]


def names(lexicon: Lexicon, form: str) -> list[tuple[str, str | None]]:
    return [(n.concept, n.exact) for n in lexicon.names.get(form, ())]


def test_an_entry_gives_a_concept_with_full_ids(make: Maker) -> None:
    lexicon = load_lexicon(directory=make())
    cancer = lexicon.concepts["disease/lung-cancer"]
    assert (cancer.kind, cancer.finding, cancer.en, cancer.zh) == ("disease", False, "lung cancer", "肺癌")
    assert (cancer.broader, cancer.exact, cancer.source) == (("disease/tumour",), ("DOID:1324",), "diseases.yaml")
    assert lexicon.ancestors("disease/nsclc") == {"disease/lung-cancer", "disease/tumour"}
    assert lexicon.ancestors("disease/tumour") == frozenset()


def test_labels_are_told_by_language_and_an_unknown_id_is_its_own_label(make: Maker) -> None:
    lexicon = load_lexicon(directory=make())
    assert (lexicon.label("disease/tumour"), lexicon.label("disease/tumour", "zh")) == ("tumour", "肿瘤")
    assert lexicon.label("disease/new-1") == "disease/new-1"


def test_forms_name_their_concept_in_any_case_and_abbreviations_in_their_own(make: Maker) -> None:
    lexicon = load_lexicon(directory=make())
    assert names(lexicon, "lung cancer") == names(lexicon, "lung cancers") == [("disease/lung-cancer", None)]
    assert names(lexicon, "tumors") == [("disease/tumour", None)]
    assert names(lexicon, "肺癌") == [("disease/lung-cancer", None)]
    assert names(lexicon, "lc") == [("disease/lung-cancer", "LC")]
    assert names(lexicon, "lcs") == [("disease/lung-cancer", "LCs")]
    assert names(lexicon, "nsclc") == [("disease/nsclc", "NSCLC")]


def test_a_listed_form_beats_a_generated_one(make: Maker) -> None:
    text = "  a: {en: lens, zh: 甲}\n  b: {en: len, zh: 乙, also: [ovary]}\n"
    lexicon, wrong = read_lexicon(directory=make({"a": f"kind: anatomy\nconcepts:\n{text}"}))
    assert wrong == []
    assert names(lexicon, "lens") == [("anatomy/a", None)]


def test_the_exact_case_of_a_form_is_tried_before_any_case(make: Maker) -> None:
    text = "  a: {en: ultrasound, zh: 甲, abbr: [US]}\n  b: {en: us thing, zh: 乙, also: [us]}\n"
    lexicon = load_lexicon(directory=make({"a": f"kind: modality\nconcepts:\n{text}"}))
    assert names(lexicon, "us") == [("modality/a", "US"), ("modality/b", None)]


def test_a_finding_is_a_disease_of_its_own_class(make: Maker) -> None:
    lexicon = load_lexicon(directory=make({"a": "kind: finding\nconcepts:\n  n: {en: nodule, zh: 结节}\n"}))
    assert (lexicon.concepts["disease/n"].kind, lexicon.concepts["disease/n"].finding) == ("disease", True)


def test_a_declared_ambiguity_takes_the_form_and_keeps_its_senses(make: Maker) -> None:
    text = GOOD + "ambiguous:\n  LC: [{is: disease/lung-cancer, near: [Lung–Mass]}, {is: null}]\n"
    lexicon = load_lexicon(directory=make({"a": text}))
    assert names(lexicon, "lc") == [("", "LC")]
    assert [(s.concept, s.near) for s in lexicon.ambiguous["LC"]] == [
        ("disease/lung-cancer", ("lung mass",)), (None, ()),
    ]  # fmt: skip


def test_senses_of_several_files_add_up_and_the_last_default_stands(make: Maker) -> None:
    one = GOOD + "ambiguous:\n  XY: [{is: disease/tumour, near: [a]}, {is: null}]\n"
    two = (
        "kind: disease\nconcepts:\n  z: {en: zed, zh: 泽}\n"
        "ambiguous:\n  XY: [{is: disease/z, near: [b]}, {is: disease/tumour}]\n"
    )
    lexicon = load_lexicon(directory=make({"a": one, "b": two}))
    assert [(s.concept, s.near) for s in lexicon.ambiguous["XY"]] == [
        ("disease/tumour", ("a",)), ("disease/z", ("b",)), ("disease/tumour", ()),
    ]  # fmt: skip


def test_forms_that_are_no_names_are_folded(make: Maker) -> None:
    lexicon = load_lexicon(directory=make(not_names="[State-of-the–Art, 病例]\n"))
    assert lexicon.not_names == {"state of the art", "病例"}


def test_further_files_go_on_top(make: Maker, tmp_path: Path) -> None:
    extra = tmp_path / "mine.yaml"
    extra.write_text("kind: disease\nconcepts:\n  zoster: {en: zoster, zh: 带状疱疹, broader: [tumour]}\n", "utf-8")
    lexicon = load_lexicon([extra], directory=make())
    assert lexicon.ancestors("disease/zoster") == {"disease/tumour"}
    assert lexicon.concepts["disease/zoster"].source == "mine.yaml"


# ------------------------------------------------------------------------------------------------------------ Mistakes

ENTRIES = {
    "no Chinese label": ("  x: {en: ex}\n", "a.yaml", "x", "has no zh label"),
    "no English label": ("  x: {zh: 某}\n", "a.yaml", "x", "has no en label"),
    "an empty label": ("  x: {en: ' ', zh: 某}\n", "a.yaml", "x", "has no en label"),
    "a label that is no text": ("  x: {en: 3, zh: 某}\n", "a.yaml", "x", "has no en label"),
    "an unknown field": ("  x: {en: ex, zh: 某, synonyms: [a]}\n", "a.yaml", "x", "unknown field 'synonyms'"),
    "no mapping": ("  x: ex\n", "a.yaml", "x", "is not a mapping"),
    "a list that is a text": ("  x: {en: ex, zh: 某, also: a}\n", "a.yaml", "x", "also must be a list"),
    "a list with a truth value": ("  x: {en: ex, zh: 某, abbr: [no]}\n", "a.yaml", "x", "quote yes, no, on, off"),
    "an id without prefix": ("  x: {en: ex, zh: 某, exact: ['1324']}\n", "a.yaml", "x", "'1324' is not prefix:id"),
    "an id with a space": ("  x: {en: ex, zh: 某, close: ['A: 1']}\n", "a.yaml", "x", "'A: 1' is not prefix:id"),
    "an unknown broader concept": ("  x: {en: ex, zh: 某, broader: [y]}\n", "a.yaml", "disease/x", "'disease/y'"),
    "an unknown organ": ("  x: {en: ex, zh: 某, located_in: [anatomy/y]}\n", "a.yaml", "disease/x", "'anatomy/y'"),
    "a concept under itself": ("  x: {en: ex, zh: 某, broader: [x]}\n", "a.yaml", "disease/x", "above itself"),
}  # fmt: skip


@pytest.mark.parametrize("case", ENTRIES)
def test_a_mistake_names_file_entry_and_problem(make: Maker, case: str) -> None:
    assert len(ENTRIES) == 13
    concepts, file, entry, what = ENTRIES[case]
    (found,) = problems(make, concepts)
    assert (found.file, found.entry) == (file, entry)
    assert what in found.what
    assert str(found) == f"{file}: {entry}: {found.what}"


def test_a_cycle_is_named_at_each_of_its_concepts_and_not_below(make: Maker) -> None:
    cycle = "".join(f"  {x}: {{en: {x}{x}, zh: {zh}, broader: [{y}]}}\n" for x, zh, y in ("a甲b", "b乙c", "c丙a"))
    found = problems(make, cycle + "  d: {en: dd, zh: 丁, broader: [a]}\n")
    assert [(p.entry, p.what) for p in found] == [(f"disease/{x}", "is above itself by broader") for x in "abc"]


def test_a_form_with_two_owners_is_a_clash_unless_it_is_declared(make: Maker) -> None:
    two = "  a: {en: aa, zh: 甲, abbr: [XY]}\n  b: {en: bb, zh: 乙, abbr: [XY]}\n"
    (clash,) = problems(make, two)
    assert (clash.entry, clash.what) == ("disease/b", "the form 'XY' names disease/a too")
    declared = two + "ambiguous:\n  XY: [{is: disease/a, near: [a]}, {is: disease/b}]\n"
    assert problems(make, declared) == []


@pytest.mark.parametrize("other", ["AA", "a–a", "ａａ", "aA "])
def test_forms_clash_by_their_folded_form(make: Maker, other: str) -> None:
    first = "a-a" if "–" in other else "aa"
    long = f"  a: {{en: {first} long, zh: 甲}}\n  b: {{en: bb, zh: 乙, also: ['{other} LONG']}}\n"
    (clash,) = problems(make, long)
    assert clash.entry == "disease/b"


def test_a_metric_must_say_which_way_is_better(make: Maker) -> None:
    (found,) = problems(make, "  auc: {en: AUC, zh: 曲线下面积}\n", kind="metric")
    assert "higher_is_better" in found.what
    assert problems(make, "  auc: {en: AUC, zh: 曲线下面积, higher_is_better: true}\n", kind="metric") == []


def test_a_sense_must_say_what_it_is_and_name_what_there_is(make: Maker) -> None:
    for sense, what in (("[{near: [a]}]", "each sense needs is:"), ("3", "each sense needs is:"),
                        ("[{is: disease/x}]", "'disease/x', which is not defined")):  # fmt: skip
        found = problems(make, f"  a: {{en: aa, zh: 甲}}\nambiguous:\n  XY: {sense}\n")
        assert len(found) == 1
        assert what in found[0].what


@pytest.mark.parametrize(
    "text", ["kind: animal\nconcepts: {}\n", "kind: disease\n", "[a]\n", "kind: disease\nconcepts: []\n"]
)
def test_a_file_without_a_kind_or_concepts_is_named(make: Maker, text: str) -> None:
    _, found = read_lexicon(directory=make({"odd": text}))
    assert [(p.file, p.entry) for p in found] == [("odd.yaml", "kind")]


def test_a_key_twice_is_named_with_file_and_line(make: Maker) -> None:
    root = make({"a": "kind: disease\nconcepts:\n  x: {en: a, zh: 甲}\n  x: {en: b, zh: 乙}\n"})
    with pytest.raises(OntologyError, match="'x' stands twice") as caught:
        read_lexicon(directory=root)
    assert caught.value.where == f"{root / 'concepts' / 'a.yaml'}:4"


def test_a_concept_in_two_files_is_named_with_the_other_file(make: Maker) -> None:
    one = "kind: disease\nconcepts:\n  x: {en: a, zh: 甲}\n"
    _, found = read_lexicon(directory=make({"one": one, "two": one}))
    assert [(p.file, p.entry, p.what) for p in found] == [("two.yaml", "x", "defined already in one.yaml")]


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"kind: [\n", "bad.yaml:2"), (b"kind: \xff\n", "not UTF-8"), (b"a: &x [*x]\n", "recursive"),
     (b"? [a]\n: b\n", "key must be")],
    ids=["no YAML", "no UTF-8", "an alias to itself", "a key that is a list"],
)  # fmt: skip
def test_a_file_that_is_no_yaml_stops_the_reading_and_is_named(make: Maker, data: bytes, what: str) -> None:
    root = make()
    (root / "concepts" / "bad.yaml").write_bytes(data)
    with pytest.raises(OntologyError, match=what) as caught:
        read_lexicon(directory=root)
    assert str(root / "concepts" / "bad.yaml") in caught.value.where


def test_loading_raises_with_the_first_five_problems_and_how_many_more(make: Maker) -> None:
    entries = "".join(f"  x{n}: {{en: ex{n}}}\n" for n in range(7))
    with pytest.raises(OntologyError) as caught:
        load_lexicon(directory=make({"a": f"kind: disease\nconcepts:\n{entries}"}))
    assert "a.yaml: x0: has no zh label" in str(caught.value)
    assert "(and 2 more)" in str(caught.value)
    assert "imagingkg lint" in caught.value.advice


def test_the_digest_follows_all_that_reading_depends_on(make: Maker) -> None:
    seen = {load_lexicon(directory=make()).digest}
    assert seen == {load_lexicon(directory=make()).digest}
    for beside in ({"not_names": "[a]\n"}, {"cues": "{}\n"}, {"relations": "{}\n"}):
        seen.add(load_lexicon(directory=make(**beside)).digest)
    seen.add(load_lexicon(directory=make({"diseases": GOOD + "# a remark\n"})).digest)
    assert len(seen) == 5
    assert all(len(d) == len(hashlib.sha256().hexdigest()) for d in seen)


# --------------------------------------------------------------------------------------------------- The one we ship


def test_the_shipped_lexicon_has_no_mistake_and_every_kind(lexicon: Lexicon) -> None:
    assert read_lexicon()[1] == []
    assert {c.kind for c in lexicon.concepts.values()} == set(KINDS)
    assert len(list((ontology_dir() / "concepts").glob("*.yaml"))) >= 10


def test_the_lexicon_is_as_deep_as_it_is_said_to_be(lexicon: Lexicon) -> None:
    forms = {(squeeze(form), exact) for c in lexicon.concepts.values() for form, exact in listed_forms(c)}
    assert len(lexicon.concepts) >= 3000
    assert len(forms) >= 12000


def test_every_listed_form_of_the_lexicon_is_looked_up_under_its_key(lexicon: Lexicon) -> None:
    checked = 0
    missing = []
    for concept in lexicon.concepts.values():
        for form, _ in listed_forms(concept):
            owners = {n.concept for n in lexicon.names.get(squeeze(form), ())}
            checked += 1
            if not owners & {concept.id, ""}:
                missing.append((concept.id, form))
    assert checked >= 12000
    assert missing == []


def test_every_concept_can_be_named(lexicon: Lexicon) -> None:
    named = {n.concept for owners in lexicon.names.values() for n in owners}
    named |= {s.concept for senses in lexicon.ambiguous.values() for s in senses if s.concept}
    assert sorted(set(lexicon.concepts) - named) == []
