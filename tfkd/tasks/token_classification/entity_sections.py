"""Sections of the report's page: scores by type, kinds of errors, types taken for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Example, Schema
from .entity_scores import count_by_type, f1, share
from .example_counts import KINDS, count_errors, known_examples
from .tagged_rows import TAGS
from .tags import find_spans

MOST = 20
"""Rows of the table of types taken for others."""
Given = Mapping[str, Sequence[Any]]


def _known(answers: Given, examples: Sequence[Example]) -> tuple[Given, list[Example]]:
    known = known_examples(examples)
    of_known = {model: [given[i] for i in known] for model, given in answers.items()}
    return of_known, [examples[i] for i in known]


def _section(title: str, nav: str, table: Mapping[str, Any], note: str) -> dict[str, Any]:
    figure = {"kind": "table", "sortable": True, **table}
    return {"title": title, "nav": nav, "figures": [figure], "note": note}


def by_type(answers: Given, examples: Sequence[Example], schema: Schema) -> dict[str, Any]:
    """Return precision, recall and F1 of each type of entity and model.

    Args:
        answers: The answers to the examples by model.
        examples: Those without tags do not count.
        schema: What the training split fixed.
    """
    answers, examples = _known(answers, examples)
    truth = [find_spans(example[TAGS]) for example in examples]
    counts = {
        model: count_by_type([each.spans for each in given], truth)
        for model, given in answers.items()
    }
    columns = [{"title": "type", "unit": "name"}, {"title": "entities", "unit": "count"}]
    for model in answers:
        titles = (f"{model} precision", "recall", "F1")
        columns += [{"title": title, "unit": "share"} for title in titles]
    rows = []
    for kind in sorted({kind for of_model in counts.values() for kind in of_model}):
        found = [of_model.get(kind, (0, 0, 0)) for of_model in counts.values()]
        scores = [
            score
            for right, answered, there in found
            for score in (share(right, answered), share(right, there), f1(right, answered, there))
        ]
        rows.append([kind, max(there for *_, there in found), *scores])
    table = {"caption": "Each type of entity", "columns": columns, "rows": rows}
    return _section(
        "How well each type is found",
        "Types",
        table,
        "An entity is right if its type and all of its words are, as the conlleval script counts. "
        "Precision is the share of the answers that are right, recall the share of the entities "
        "that were found.",
    )


def kinds_of_errors(answers: Given, examples: Sequence[Example], schema: Schema) -> dict[str, Any]:
    """Return how often each model gets words, type or both wrong, misses or invents entities.

    Args:
        answers: The answers to the examples by model.
        examples: Those without tags do not count.
        schema: What the training split fixed.
    """
    answers, examples = _known(answers, examples)
    counts = {model: count_errors(given, examples)[0] for model, given in answers.items()}
    columns = [{"title": "error", "unit": "name"}]
    columns += [{"title": f"by the {model}", "unit": "count"} for model in answers]
    rows = [[kind, *(of_model[kind] for of_model in counts.values())] for kind in KINDS]
    table = {"caption": "Entities that are wrong", "columns": columns, "rows": rows}
    return _section(
        "What is wrong with the others",
        "Errors",
        table,
        "Boundary: the type is right, and the words are not. Type: the other way round. Missed: no "
        "answer shares a word with the entity. Spurious: no entity is there.",
    )


def taken_for(answers: Given, examples: Sequence[Example], schema: Schema) -> dict[str, Any]:
    """Return which type is most often answered for which.

    Args:
        answers: The answers to the examples by model.
        examples: Those without tags do not count.
        schema: What the training split fixed.
    """
    answers, examples = _known(answers, examples)
    counts = {model: count_errors(given, examples)[1] for model, given in answers.items()}
    last = list(counts.values())[-1]
    columns = [{"title": "type", "unit": "name"}, {"title": "is taken for", "unit": "words"}]
    columns += [{"title": f"by the {model}", "unit": "count"} for model in answers]
    rows = [
        [*pair, *(of_model[pair] for of_model in counts.values())]
        for pair, _ in last.most_common(MOST)
    ]
    table = {"caption": "The most frequent confusions", "columns": columns, "rows": rows}
    return _section(
        "Which type is taken for which",
        "Confusions",
        table,
        "O is no entity: one that is taken for O was missed, and an O taken for a type was "
        "invented.",
    )
