"""Documents per CPU-second of extraction: python tests/bench/throughput.py [--terms 200000] [--documents N]

One process. The documents are data/abstracts.jsonl of the reference data (IMAGINGKG_SHARED). With --terms, that many
generated terms join the lexicon. Where spaCy is installed, a blank pipeline with a sentencizer and a PhraseMatcher over
the same forms runs over the same texts in the same run; where medspaCy is, its own pipeline (sentences, the same forms,
negation and the like), over the first texts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from imagingkg.extract.reading import extract, prepare
from imagingkg.lexicon import Lexicon, Name, load_lexicon
from imagingkg.model import Document

SHARED = Path(os.environ.get("IMAGINGKG_SHARED", Path(__file__).resolve().parents[3] / "shared"))
SLOW = 300  # texts for a peer that takes its time
SYLLABLES = (
    "ba",
    "co",
    "di",
    "fe",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ro",
    "su",
    "ta",
    "ve",
    "xi",
    "yo",
    "zu",
)


def more_terms(lexicon: Lexicon, count: int) -> Lexicon:
    """The lexicon with generated names of one to three made-up words, all of one concept that exists."""
    draw = random.Random(1)
    names = dict(lexicon.names)
    concept = next(iter(sorted(lexicon.concepts)))
    while len(names) < len(lexicon.names) + count:
        words = ("".join(draw.choices(SYLLABLES, k=draw.randint(3, 5))) for _ in range(draw.randint(1, 3)))
        names.setdefault(" ".join(words), (Name(concept, None),))
    return replace(lexicon, names=names)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--terms", type=int, default=0)
    parser.add_argument("--documents", type=int, default=10_000)
    args = parser.parse_args()
    with (SHARED / "data" / "abstracts.jsonl").open(encoding="utf-8") as file:
        records = [json.loads(line) for line in file][: args.documents]
    documents = [
        Document(id=r["id"], text=f"{r['title']}\n{r['abstract']}", title=r["title"], lang="en") for r in records
    ]
    start = time.process_time()
    lexicon = load_lexicon()
    if args.terms:
        lexicon = more_terms(lexicon, args.terms)
    loaded = time.process_time()
    tools = prepare(lexicon)
    prepared = time.process_time()
    claims = sum(len(extract(d, tools).claims) for d in documents)
    took = time.process_time() - prepared
    size = sum(len(d.text.encode()) for d in documents) / 1e6
    print(f"{len(documents):,} documents, {size:.1f} MB, {len(lexicon.names):,} forms")
    print(f"lexicon {loaded - start:.2f} s, automaton {prepared - loaded:.2f} s (CPU)")
    print(
        f"imagingkg: {len(documents) / took:,.0f} documents per CPU-second, {size / took:.2f} MB/s, {claims:,} claims"
    )
    spacy_peer(lexicon, [d.text for d in documents])
    medspacy_peer(lexicon, [d.text for d in documents[:SLOW]])


def spacy_peer(lexicon: Lexicon, texts: list[str]) -> None:
    try:
        import spacy
        from spacy.matcher import PhraseMatcher
    except ImportError:
        print("spaCy is not installed: no peer in this run (pip install spacy)")
        return
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    start = time.process_time()
    matcher.add("forms", list(nlp.tokenizer.pipe(lexicon.names)))
    built = time.process_time()
    found = sum(len(matcher(doc)) + sum(1 for _ in doc.sents) for doc in nlp.pipe(texts))
    took = time.process_time() - built
    print(
        f"spaCy {spacy.__version__} blank + sentencizer + PhraseMatcher: {len(texts) / took:,.0f} documents per"
        f" CPU-second, matcher built in {built - start:.1f} s, {found:,} matches and sentences"
    )


def medspacy_peer(lexicon: Lexicon, texts: list[str]) -> None:
    try:
        import medspacy
        from loguru import logger
        from medspacy.target_matcher import TargetRule
    except ImportError:
        print("medspaCy is not installed: no peer in this run (pip install medspacy)")
        return
    logger.remove()  # it tells of every sentence
    nlp = medspacy.load()
    start = time.process_time()
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(form, "NAME") for form in lexicon.names])
    built = time.process_time()
    found = negated = 0
    for text in texts:
        entities = nlp(text).ents
        found += len(entities)
        negated += sum(entity._.is_negated for entity in entities)
    took = time.process_time() - built
    print(
        f"medspaCy {version('medspacy')} ({', '.join(nlp.pipe_names)}): {len(texts) / took:,.0f} documents per"
        f" CPU-second, rules added in {built - start:.1f} s, {found:,} names, {negated:,} of them denied"
    )


if __name__ == "__main__":
    main()
