"""How well readings agree with the labels that authors and dataset makers gave: python tests/bench/labels.py

Needs the reference data (IMAGINGKG_SHARED, default ../shared). A label counts as found where a concept in the
foreground of the reading is the label's, or lies above or below it; a predicted concept is right where it is, or lies
below, a label's. Texts without labels in a column are left out of it. "in text" is the share of labels whose name, or
that of a concept below it, stands in the text at all: no reader of the text can do better.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter
from pathlib import Path

from imagingkg.extract.reading import extract, prepare
from imagingkg.forms import squeeze
from imagingkg.lexicon import Lexicon, load_lexicon
from imagingkg.model import Document

COLUMNS = {
    "modality": "modality_labels",
    "task": "task_labels",
    "disease": "disease_labels",
    "anatomy": "anatomy_labels",
}
SHARED = Path(os.environ.get("IMAGINGKG_SHARED", Path(__file__).resolve().parents[3] / "shared"))
SPLIT = re.compile(r"\s*[;]\s*")
PARTS = re.compile(r"\s*/\s*|\s+and\s+|、")


def related(one: str, other: str, lexicon: Lexicon) -> bool:
    return one == other or other in lexicon.ancestors(one) or one in lexicon.ancestors(other)


def main() -> None:
    csv.field_size_limit(10**8)
    lexicon = load_lexicon()
    tools = prepare(lexicon)
    counts: dict[tuple[str, str], Counter[str]] = {}
    with (SHARED / "data" / "labelled-dev.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = row["text"]
            title = text.partition(". ")[0] if row["lang"] == "en" else text.partition("。")[0]
            reading = extract(Document(id=row["id"], text=text, title=title, lang=row["lang"]), tools)
            named = {m.concept for m in reading.mentions}
            fore = {m.concept for m in reading.mentions if not m.background}
            for kind, column in COLUMNS.items():
                labels = [label for label in SPLIT.split(row[column] or "") if label]
                if labels:
                    count(counts.setdefault((row["source"], kind), Counter()), labels, kind, text, named, fore, lexicon)
    print(
        f"{'source':44} {'column':9} {'texts':>5} {'labels':>6} {'linked':>6} {'in text':>7}"
        f" {'P':>6} {'R':>6} {'F1':>6}"
    )
    for (source, kind), c in sorted(counts.items()):
        precision = c["right"] / c["predicted"] if c["predicted"] else 0.0
        recall = c["found"] / c["labels"]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        print(
            f"{source[:44]:44} {kind:9} {c['texts']:5} {c['labels']:6} {c['linked'] / c['labels']:6.2f}"
            f" {c['stands'] / c['labels']:7.2f} {precision:6.3f} {recall:6.3f} {f1:6.3f}"
        )


def count(
    c: Counter[str], labels: list[str], kind: str, text: str, named: set[str], fore: set[str], lexicon: Lexicon
) -> None:
    c["texts"] += 1
    wanted: list[set[str]] = []
    for label in labels:
        # Labels such as "ct/x-ray" merge what the source did not tell apart: any part will do.
        forms = {squeeze(part) for part in (label, *PARTS.split(label))}
        concepts = {n.concept for form in forms for n in lexicon.names.get(form, ()) if n.concept}
        wanted.append({x for x in concepts if x.startswith(f"{kind}/")} or concepts)
        c["labels"] += 1
        c["linked"] += bool(concepts)
        literal = label.casefold() in text.casefold()
        c["stands"] += literal or any(related(m, w, lexicon) for w in wanted[-1] for m in named)
        c["found"] += any(related(m, w, lexicon) for w in wanted[-1] for m in fore)
    predicted = {m for m in fore if m.startswith(f"{kind}/")}
    c["predicted"] += len(predicted)
    c["right"] += sum(any(m == w or w in lexicon.ancestors(m) for ws in wanted for w in ws) for m in predicted)


if __name__ == "__main__":
    sys.exit(main())
