"""Sections of the report's page on texts that models wrote, from plain texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .scores import FAULTS, distinct, find_faults, length_ratio, sentence_chrf, split_units

SHOWN = 50
"""Examples that are shown side by side, drawn evenly."""
FREQUENT = 0.01
"""The share of texts with a fault from which on a report speaks of it."""
_GROUPS = 5
_VERBS = {
    "empty": ("is empty", "are empty"),
    "looping": ("loops", "loop"),
    "copied": ("copies its source", "copy their source"),
}
Written = Mapping[str, Sequence[str]]
"""The texts that each model wrote."""
Score = Callable[[Sequence[str], Sequence[Sequence[str]]], float]


def side_by_side(
    written: Written, sources: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Return a section with some examples: source, reference and what each model wrote.

    Args:
        written: The texts of each model, the student's last.
        sources: What they were written from.
        references: What would have been right for each; none where that is not known.
    """
    count = len(sources)
    places = np.sort(np.random.default_rng(0).permutation(count)[:SHOWN]).tolist()
    rows = []
    for i in places:
        texts = [each[i] for each in written.values()]
        score = sentence_chrf(texts[-1], references[i]) if references[i] else None
        rows.append([sources[i], " / ".join(references[i]), *texts, score])
    columns = [{"title": name, "unit": "text"} for name in ("source", "reference", *written)]
    last = {"title": f"chrF of {list(written)[-1]}", "unit": "points"}
    return {
        "title": "What they write",
        "nav": "Examples",
        "figures": [
            {
                "kind": "table",
                "caption": f"{len(places)} of {count:,} examples, drawn evenly",
                "sortable": True,
                "tall": True,
                "columns": [*columns, last],
                "rows": rows,
            }
        ],
        "note": "chrF compares characters, and is low where something is said in other words.",
    }


def faults_of(
    written: Written, sources: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Return a section on texts that are empty, loop or copy, on their length and variety.

    Args:
        written: The texts of each model.
        sources: What they were written from.
        references: What would have been right for each; none where that is not known.
    """
    rows = []
    known = [i for i, each in enumerate(references) if each]
    for name, texts in written.items():
        found = find_faults(texts, references, sources)
        ratio = None
        if known:
            some = ([texts[i] for i in known], [references[i] for i in known])
            ratio = length_ratio(*some)["length_ratio"]
        shares = [float(found[fault].mean()) for fault in FAULTS]
        rows.append([name, *shares, ratio, *distinct(texts).values()])
    columns = [
        {"title": "model", "unit": "name"},
        *({"title": fault, "unit": "share"} for fault in FAULTS),
        {"title": "length ratio", "unit": "decimal"},
        {"title": "distinct words", "unit": "share"},
        {"title": "distinct pairs", "unit": "share"},
    ]
    return {
        "title": "Texts that are wrong whatever was wanted",
        "nav": "Faults",
        "figures": [
            {"kind": "table", "caption": "By model", "columns": columns, "rows": rows},
        ],
        "note": "Looping: the same words three times in a row where no reference repeats them. "
        "Copied: a chrF of 80 or more to the source, and nearer to it than to the reference. "
        "Length ratio: words written to words of the reference. Distinct: different words, and "
        "pairs of words, among all of a model.",
    }


def by_source_length(
    written: Written,
    sources: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    score: Score,
    title: str,
) -> dict[str, Any]:
    """Return a section with the score of each model by the number of words of the source.

    Args:
        written: The texts of each model.
        sources: What they were written from.
        references: What would have been right for each; none where that is not known.
        score: Of texts and their references, from 0 to 1.
        title: What the score is called.
    """
    known = [i for i, each in enumerate(references) if each]
    lengths = np.array([len(split_units(sources[i])) for i in known])
    rows = []
    for low, high, places in _quantiles(lengths):
        some = [known[place] for place in places]
        right = [references[i] for i in some]
        scores = [score([texts[i] for i in some], right) for texts in written.values()]
        rows.append([f"{low} to {high}" if high > low else str(low), *scores, len(some)])
    return {
        "title": "Scores by the length of the source",
        "nav": "Lengths",
        "figures": [
            {
                "kind": "table",
                "caption": f"{title} by words of the source",
                "columns": [
                    {"title": "words", "unit": "name"},
                    *({"title": name, "unit": "points"} for name in written),
                    {"title": "examples", "unit": "count"},
                ],
                "rows": rows,
            }
        ],
    }


def _quantiles(lengths: np.ndarray) -> list[tuple[int, int, list[int]]]:
    """Return groups of about the same size: the least and greatest length, and the places.

    >>> [(low, high, len(places)) for low, high, places in _quantiles(np.array([1, 1, 2, 9, 9]))]
    [(1, 1, 2), (2, 2, 1), (9, 9, 2)]
    """
    if not len(lengths):
        return []
    edges = np.unique(np.quantile(lengths, np.arange(1, _GROUPS) / _GROUPS))
    groups = np.searchsorted(edges, lengths, side="left")
    found = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    return [(int(lengths[g].min()), int(lengths[g].max()), g.tolist()) for g in found]


def remark_faults(
    written: Written, sources: Sequence[str], references: Sequence[Sequence[str]]
) -> list[str]:
    """Return a sentence on each model of whose texts one in a hundred or more has a fault.

    The first one names the models of whose texts hardly any is without one.

    Args:
        written: The texts of each model.
        sources: What they were written from.
        references: What would have been right for each; none where that is not known.

    >>> remark_faults({"alone": ["the the the", "a cat"]}, ["x y", "z"], [["b"], ["c"]])
    ['Of 2 outputs of alone, 1 loops.']
    """
    sentences, useless = [], []
    for name, texts in written.items():
        found = find_faults(texts, references, sources)
        sound = len(texts) - int(np.any([*found.values()], axis=0).sum())
        if texts and sound < FREQUENT * len(texts):
            useless.append(name)
        counts = {fault: int(which.sum()) for fault, which in found.items()}
        said = [
            f"{count:,} {_VERBS[fault][count > 1]}"
            for fault, count in counts.items()
            if count >= max(1, FREQUENT * len(texts))
        ]
        if said:
            sentences.append(f"Of {len(texts):,} outputs of {name}, {', '.join(said)}.")
    if useless:
        sentences.insert(0, _tell_useless(useless))
    return sentences


def _tell_useless(names: Sequence[str]) -> str:
    """Say that nothing which models wrote is a text, so that their scores compare nothing.

    >>> _tell_useless(["teacher", "alone"]).partition(":")[0]
    'No text of teacher or alone can be right'
    """
    return (
        f"No text of {' or '.join(names)} can be right: scores of theirs say nothing yet. "
        "Train longer, or on more texts."
    )
