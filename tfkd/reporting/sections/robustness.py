"""What typing errors and negations do to the answers, on a sample of the test examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...data import Example
from ...text.perturbing import add_typos, negate
from .answers import Answers, Ask, known_mean, sample_rows, text_roles
from .language import are_english

SAMPLE = 150
TITLE = "Typos and negations"
Change = Callable[[str, np.random.Generator], str]
CHANGES: dict[str, Change] = {
    "typos in 10 % of words": lambda text, rng: add_typos(text, 0.1, rng),
    "typos in 30 % of words": lambda text, rng: add_typos(text, 0.3, rng),
    "negations": lambda text, rng: negate(text),
}


def robustness(answers: Answers) -> dict[str, Any] | None:
    """Return for each change and model the quality before and after, and how many answers flip.

    Only examples that the change alters count. `None` where a task reads no texts.
    """
    if not text_roles(answers.task):
        return None
    if not are_english(answers.texts()):
        return {
            "title": TITLE,
            "figures": [],
            "note": "Left out: the rules are English, and the texts are not.",
        }
    rows = sample_rows(len(answers.examples), SAMPLE)
    models, missing = answers.models_within_budget(len(rows) * len(CHANGES))
    changes = [_measure_change(answers, rows, name, models) for name in CHANGES]
    changes = [change for change in changes if change["texts"]]
    plot = {
        "kind": "bars",
        "caption": "Answers that flip when the text is changed",
        "title": "answers that flip",
        "unit": "share",
        "from_zero": True,
        "rows": [
            {"name": change["change"], "model": model, "value": change[model]["flipped"]}
            for change in changes
            for model in models
        ],
    }
    columns = [
        {"title": title, "unit": "share"}
        for model in models
        for title in (f"{model} before", "after", "flipped")
    ]
    table = {
        "kind": "table",
        "caption": "Changed texts",
        "columns": [
            *({"title": "change", "unit": "name"}, {"title": "texts", "unit": "count"}),
            *columns,
            {"title": "for example", "unit": "text"},
        ],
        "rows": [
            [
                *(change["change"], change["texts"]),
                *(change[model][key] for model in models for key in ("before", "after", "flipped")),
                change["example"],
            ]
            for change in changes
        ],
    }
    return {
        "title": TITLE,
        "nav": "Robustness",
        "missing": missing,
        "figures": [plot, table] if changes else [],
        "note": f"A sample of {len(rows):,} test texts; only those that a change alters count. "
        "Typos should flip nothing. Negations, put in or taken out, may well make another label "
        "true: a flip there is no mistake by itself, and no flip at all suggests that “not” is not "
        "read. The rules are English.",
    }


def _measure_change(
    answers: Answers, rows: np.ndarray, name: str, models: Mapping[str, Ask]
) -> dict[str, Any]:
    """Return the scores of each model on what one change alters of the sample."""
    roles, task = text_roles(answers.task), answers.task
    changed: dict[int, Example] = {}
    for i in rows.tolist():
        rng, example = np.random.default_rng(i), answers.examples[i]
        texts = {role: CHANGES[name](example[role], rng) for role in roles}
        if any(texts[role] != example[role] for role in roles):
            changed[i] = Example({**example, **texts})
    scores: dict[str, Any] = {"change": name, "texts": len(changed)}
    if not changed:
        return scores
    first = next(iter(changed))
    role = next(r for r in roles if changed[first][r] != answers.examples[first][r])
    scores["example"] = _quote_change(answers.examples[first][role], changed[first][role])
    originals = [answers.examples[i] for i in changed]
    for model, ask in models.items():
        before = [answers.by_model[model][i] for i in changed]
        after = ask(list(changed.values()))
        scores[model] = {
            "before": known_mean(task.per_example(before, originals)),
            "after": known_mean(task.per_example(after, originals)),
            "flipped": float(np.mean(~task.same(before, after))),
        }
    return scores


def _quote_change(text: str, changed: str, words: int = 8) -> str:
    """Return a few words of the changed text, from shortly before the first that is another.

    >>> _quote_change("one two three", "one tow three", 2)
    '… one tow …'
    """
    old, new = text.split(), changed.split()
    pairs = enumerate(zip(old, new, strict=False))
    first = next((i for i, (before, after) in pairs if before != after), 0)
    start = max(0, first - words // 2)
    return f"… {' '.join(new[start : start + words])} …"
