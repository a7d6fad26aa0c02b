"""Names of systems and techniques that a paper gives itself: by their shape, by their place, by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from imagingkg.extract.hits import Hit, new_concept
from imagingkg.extract.wordlists import one_of, one_of_whole
from imagingkg.extract.words import WORD_CHARS, occurrences, run_around

# "U-Net++", "HS$^2$", "TransUNet-v2".
_WRITTEN: Final = r"[A-Za-z0-9][A-Za-z0-9]*(?:\$?\^\{?\d\}?\$?)?(?:[-+][A-Za-z0-9]+|\$\^?\d\$)*\+{0,2}"
# "DeepLesionNet: …" opens a title.
_TITLE_NAME: Final = re.compile(
    rf"(?P<name>(?=[^:\n]*(?:[A-Z][^:\n]*[A-Z]|\d)){_WRITTEN}(?:[ -](?=[A-Z0-9]){_WRITTEN}){{0,2}})\s?[:：]\s"
)
_TITLE_NAME_LIMIT: Final = 120
# Around a list of phrases: "… loss and a …", "a … module, … are further".
_MORE: Final = re.compile(r",? and(?= )|,(?= )")
_JOINT: Final = re.compile(r"(?:,? and|,) (?:an? |the )?(?:novel |new )?$")
_PASSIVE: Final = re.compile(r" (?:is|are|was|were)(?: [a-z]+)? $")
_PASSIVE_LIMIT: Final = 24
_PHRASE_LIMIT: Final = 80
_LIST_LIMIT: Final = 6
# Behind a word that announces a name: the name, and in `after` what shows that it is one.
_ANNOUNCED: Final = re.compile(
    rf"[,:：]?\s*(?:an? |the )?(?:novel |new )?[“\"'‘(]?(?P<name>{_WRITTEN})(?=[,，:：(（。.;\s”\"'’)]|$)"
    r"(?P<after>\s?(?:\(|an? |the |to |for |which |that |with |[,，:：(（。]))?"
)
# "ProSurv", "semCRC", "PageRank": a capital inside a word.
_HUMP: Final = re.compile(r"[A-Z](?<=[a-z][A-Z])")
_CAMEL: Final = re.compile(r"(?:[A-Z]?[a-z]{2,}[A-Z]|[A-Z][a-z]+[A-Z][a-z])[A-Za-z0-9]*+(?![_@]|\.[a-z])")
# "iPhone", "eGFR": a small letter or two before capitals are a habit of brands and measures.
_BRAND: Final = re.compile(r"[a-z]{1,2}[A-Z]+[A-Za-z0-9_]*")
_SMALL: Final = re.compile(r"[a-z]+")
# "slice-level features" are any features.
_PLAIN_LEVEL: Final = re.compile(r"[a-z]+-level (?:features?|information)", re.IGNORECASE)
_RUN_CHARS: Final = WORD_CHARS | {"+", "-"}


@dataclass(frozen=True, slots=True)
class CoinedRules:
    """The word lists of coined names as patterns."""

    triggers: tuple[re.Pattern[str], re.Pattern[str]]  # Latin, Chinese
    naming: frozenset[str]
    proposal: re.Pattern[str]
    proposed: re.Pattern[str]
    dull: re.Pattern[str]
    ending: re.Pattern[str]
    network: re.Pattern[str]
    not_network: re.Pattern[str]
    not_coined: re.Pattern[str]
    narrowed: re.Pattern[str]
    not_narrowing: re.Pattern[str]
    by: re.Pattern[str]
    technique: re.Pattern[str]


def compile_coined(words: Mapping[str, Sequence[str]]) -> CoinedRules:
    """The rules from the section `methods` of the word lists."""
    announcing = {*words["naming"], *(spelling for w in words["proposing"] for spelling in (w, w[0].upper() + w[1:]))}
    latin = {word for word in announcing if word.isascii()}
    endings = one_of(words["network_endings"])
    proposals = one_of(words["proposals"])
    narrowed = rf"(?:\s[A-Za-z][A-Za-z0-9_-]+){{0,2}}?\s(?:{one_of(words['narrowed'])})(?![A-Za-z0-9-])"
    return CoinedRules(
        # A Latin word is tried only where one begins: few places of a text.
        triggers=(
            re.compile(rf"(?<![A-Za-z0-9_])(?:{one_of_whole(latin)})"),
            re.compile(one_of_whole(announcing - latin)),
        ),
        naming=frozenset(words["naming"]),
        proposal=re.compile(
            rf"\s(?:an? |the )?(?:(?:{one_of(words['praise'])}) ){{0,8}}"
            rf"(?P<name>(?:[A-Za-z0-9][A-Za-z0-9_-]*\s){{1,4}}?(?:{proposals})(?:\s(?:{proposals}))*+)\b",
            re.IGNORECASE,
        ),
        proposed=re.compile(
            rf"(?<![\w-])(?P<name>(?:[A-Za-z0-9][A-Za-z0-9_-]*\s){{1,4}}(?:{proposals}))$",
            re.IGNORECASE,
        ),
        dull=re.compile(rf"\b(?:{one_of(words['dull'])})\b", re.IGNORECASE),
        ending=re.compile(endings),
        network=re.compile(
            r"(?=[A-Za-z0-9+-]*[A-Z])[A-Za-z0-9][A-Za-z0-9+]*(?:-[A-Za-z0-9]+)*?-?"
            rf"(?:{endings})(?:-?[A-Z0-9][A-Za-z0-9_]{{0,3}})?(?:\+\+|v\d)?"
        ),
        not_network=re.compile(one_of(words["not_networks"])),
        not_coined=re.compile(one_of(words["not_coined"])),
        narrowed=re.compile(rf"-(?:{one_of(words['narrowing'])}){narrowed}", re.IGNORECASE),
        not_narrowing=re.compile(one_of(words["not_narrowing"]), re.IGNORECASE),
        by=re.compile(
            r"\b(?:via|with|using|by|through|based on|from)\s(?:an? |the )?(?P<name>[^:,;?()]{4,60}?)"
            r"(?=\s(?:for|in|of|from|on|and|to|with|via|using|as|under)\b|[:,;?.(]|$)",
            re.IGNORECASE,
        ),
        technique=re.compile(rf"(?:{one_of(words['techniques'])})$", re.IGNORECASE),
    )


def find_coined(text: str, hits: Sequence[Hit], rules: CoinedRules, labels: dict[str, str]) -> list[Hit]:
    """The names that the text coins, wherever they stand in it; their written forms go into `labels`."""
    known = {h.start: h for h in hits}
    names = dict.fromkeys(
        text[start:end]
        for start, end in (
            *_in_title(text, known),
            *_announced(text, hits, known, rules),
            *_networks(text, known, rules),
            *_camels(text, known, rules),
            *_narrowed(text, hits, rules),
            *_techniques_in_title(text, hits, rules),
        )
    )
    out = []
    for name in names:
        concept = new_concept("method", name)
        labels.setdefault(concept, name)
        out += [Hit(start, end, "method", concept) for start, end in occurrences(text, name)]
    return out


def _in_title(text: str, known: Mapping[int, Hit]) -> Iterator[tuple[int, int]]:
    title = _TITLE_NAME.match(text, 0, _TITLE_NAME_LIMIT)
    if title and _is_coinage(title["name"]) and not _is_known(known, *title.span("name")):
        yield title.span("name")


def _announced(
    text: str, hits: Sequence[Hit], known: Mapping[int, Hit], rules: CoinedRules
) -> Iterator[tuple[int, int]]:
    """Names and phrases behind "we propose", "a novel", "called", and phrases before "are introduced"."""
    for trigger in chain.from_iterable(pattern.finditer(text) for pattern in rules.triggers):
        start, end = trigger.span()
        if trigger[0].isascii() and start and (text[start - 1].isalnum() or text[start - 1] == "_"):
            continue  # the end of a longer word
        name = _ANNOUNCED.match(text, end)
        if (
            name
            and (name["after"] or trigger[0] in rules.naming)
            and _is_coinage(name["name"])
            and not _is_known(known, *name.span("name"))
        ):
            yield name.span("name")
        for span in _listed_behind(text, end, rules):
            if _is_phrase(text, hits, known, rules, *span):
                yield span
        if trigger[0].endswith("ed"):
            for span in _listed_before(text, start, rules):
                if _is_phrase(text, hits, known, rules, *span):
                    yield span


def _listed_behind(text: str, at: int, rules: CoinedRules) -> Iterator[tuple[int, int]]:
    """The phrases that "we propose" introduces: "a masked shape loss and an edge memory module"."""
    for _ in range(_LIST_LIMIT):
        phrase = rules.proposal.match(text, at)
        if phrase is None:
            return
        yield phrase.span("name")
        more = _MORE.match(text, phrase.end("name"))
        if more is None:
            return
        at = more.end()


def _listed_before(text: str, at: int, rules: CoinedRules) -> Iterator[tuple[int, int]]:
    """The phrases that "are introduced" closes on, from the last to the first."""
    verb = _PASSIVE.search(text, max(0, at - _PASSIVE_LIMIT), at)
    if verb is None:
        return
    at = verb.start()
    for _ in range(_LIST_LIMIT):
        phrase = rules.proposed.search(text, max(0, at - _PHRASE_LIMIT), at)
        if phrase is None:
            return
        start, end = phrase.span("name")
        dull = (d.end() for d in rules.dull.finditer(text, start, end) if text[d.end() : d.end() + 1] == " ")
        start = max((d + 1 for d in dull), default=start)
        if " " not in text[start:end]:
            return
        yield start, end
        before = text[max(0, start - _PASSIVE_LIMIT) : start]
        joint = _JOINT.search(before)
        if joint is None:
            return
        at = start - len(before) + joint.start()


def _is_phrase(
    text: str, hits: Sequence[Hit], known: Mapping[int, Hit], rules: CoinedRules, start: int, end: int
) -> bool:
    name = text[start:end]
    return (
        not name.partition(" ")[0].isdigit()
        and not rules.dull.search(name)
        and "\n" not in name
        and not _is_headed(known, start, end, name)
        and _is_free(hits, start, end)
    )


def _networks(text: str, known: Mapping[int, Hit], rules: CoinedRules) -> Iterator[tuple[int, int]]:
    """Words with the ending of a network's name: "DUNet", "MS-TransUNet", "LesionGAN", "SegFormer-B"."""
    done = 0
    for ending in rules.ending.finditer(text):
        if ending.start() < done:
            continue
        start, done = run_around(text, ending.start(), _RUN_CHARS)
        token = rules.network.match(text, start)
        if token is None or len(token[0]) < 4 or (start and text[start - 1] in "$/."):
            continue
        end = token.end()
        if end < len(text) and text[end] in WORD_CHARS:
            continue
        if _SMALL.fullmatch(token[0]) or rules.not_network.fullmatch(token[0]) or _is_known(known, start, end):
            continue
        yield start, end


def _camels(text: str, known: Mapping[int, Hit], rules: CoinedRules) -> Iterator[tuple[int, int]]:
    """Words with a capital inside."""
    done = 0
    for hump in _HUMP.finditer(text):
        if hump.start() < done:
            continue
        start, done = run_around(text, hump.start(), WORD_CHARS)
        camel = _CAMEL.match(text, start)
        if (
            camel
            and len(camel[0]) >= 5
            and not (start and text[start - 1] in "$/.@_-")
            and not _BRAND.fullmatch(camel[0])
            and not rules.not_coined.fullmatch(camel[0])
            and not _is_known(known, start, camel.end())
        ):
            yield camel.span()


def _narrowed(text: str, hits: Sequence[Hit], rules: CoinedRules) -> Iterator[tuple[int, int]]:
    """Techniques behind a compound that narrows them: "noise-robust loss", "cross-slice contextual attention"."""
    found = rules.narrowed.search(text)
    while found:
        start, end = found.span()
        while start and text[start - 1].isascii() and text[start - 1].isalpha():
            start -= 1
        is_word = start < found.start() and not (start and (text[start - 1] in WORD_CHARS or text[start - 1] == "-"))
        if not is_word:
            found = rules.narrowed.search(text, found.start() + 1)
            continue
        first = text[start : found.start()]
        if (
            _is_free(hits, start, end)
            and not rules.not_narrowing.fullmatch(first)
            and not _PLAIN_LEVEL.match(text, start, end)
        ):
            yield start, end
        found = rules.narrowed.search(text, end)


def _techniques_in_title(text: str, hits: Sequence[Hit], rules: CoinedRules) -> Iterator[tuple[int, int]]:
    """What the work is done with, as the title says it: "… via graph entropy", "… by masked message passing"."""
    end_of_title = text.find("\n")
    if end_of_title <= 0:
        return
    for found in rules.by.finditer(text, 0, end_of_title):
        name = found["name"]
        if (
            " " in name
            and rules.technique.search(name)
            and _is_free(hits, *found.span("name"))
            and not rules.dull.search(name)
        ):
            yield found.span("name")


def _is_coinage(name: str) -> bool:
    return len(name) >= 3 and sum(c.isupper() for c in name) >= 2


def _is_free(hits: Sequence[Hit], start: int, end: int) -> bool:
    """No name of another kind stands inside, and none is the whole."""
    return not any(
        start < h.end and h.start < end and (h.kind != "method" or (h.start, h.end) == (start, end)) for h in hits
    )


def _is_headed(hits: Mapping[int, Hit], start: int, end: int, name: str) -> bool:
    """Is all but the last word of the phrase a method that is known: "LSTM algorithm"?"""
    hit = hits.get(start)
    return hit is not None and hit.kind == "method" and hit.end >= end - len(name.rpartition(" ")[2]) - 1


def _is_known(hits: Mapping[int, Hit], start: int, end: int) -> bool:
    """The lexicon (or an abbreviation) has the whole name already; `hits` are by their start."""
    hit = hits.get(start)
    return hit is not None and hit.end >= end
