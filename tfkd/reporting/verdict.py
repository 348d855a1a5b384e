"""Did distillation help? In words, with the uncertainty of the test set."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.labels import shorten
from .unfinished import advise_longer

if TYPE_CHECKING:
    from ..data import Example
    from ..tasks import Measure, Task

CLEAR_ERRORS = 3.0
"""Standard errors above a constant answer from which on a teacher is worth learning from."""
DRAWS = 1_000
MOST_EXAMPLES = 2_000
"""Examples in one draw; the spread of larger test sets is scaled from draws of this size."""


def helped(
    task: Task,
    distilled: Sequence[Any],
    *,
    alone: Sequence[Any],
    examples: Sequence[Example],
    improving: Collection[str] = (),
) -> str:
    """Say whether distillation helped, given the answers of both students to the same examples.

    Args:
        task: Scores the answers; the sentence is about its headline.
        distilled: Answers of the distilled student.
        alone: Answers of the same student, trained without the teacher.
        examples: What both answered; examples without labels do not count.
        improving: Those of "distilled" and "alone" whose training ended too early.
    """
    rows = [i for i, example in enumerate(examples) if task.is_labelled(example)]
    ours, theirs, known = ([items[i] for i in rows] for items in (distilled, alone, examples))
    if task.headline_is_mean:
        better = task.per_example(ours, known) - task.per_example(theirs, known)
        difference, half = mean_gain(better)
    else:
        difference, half = bootstrap_gain(task, ours, theirs, known)
    measure = next(iter(task.measures.values()))
    gain = _spell_gain(measure, difference, half)
    where = f"on {len(known):,} test examples, 95 % interval"
    direction = 1 if measure.higher_is_better else -1
    if direction * difference > half:
        return f"Distillation helped: {gain} over the same student trained alone ({where})."
    longer = advise_longer(improving)
    if direction * difference < -half:
        advice = "Train it without the teacher, or try another temperature or soft_weight."
        return (
            f"Distillation HURT: {gain} against the same student trained alone ({where}). "
            f"{longer or advice}"
        )
    return (
        f"Distillation made no clear difference: {gain} against the same student trained alone "
        f"({where}). {longer}".rstrip()
    )


def mean_gain(differences: np.ndarray) -> tuple[float, float]:
    """Return the mean of paired differences, and the half-width of its 95 % interval.

    As if one more example spoke for each side (Agresti and Min 2005): where a few examples all
    agree, the plain interval has no width at all.

    >>> difference, half = mean_gain(np.zeros(2))
    >>> difference, round(half, 4)
    (0.0, 0.693)
    """
    half = 1.96 * np.append(differences, [1, -1]).std() / np.sqrt(len(differences) + 2)
    return float(differences.mean()), float(half)


def bootstrap_gain(
    task: Task, ours: Sequence[Any], theirs: Sequence[Any], examples: Sequence[Example]
) -> tuple[float, float]:
    """Return the difference of two models' headlines, and the half-width of its 95 % interval.

    A paired bootstrap (Koehn 2004): both models are scored on the same examples, drawn with
    replacement. The interval is at least as wide as `mean_gain` makes it where all examples agree.
    """
    first, second = (task.headline(answers, examples) for answers in (ours, theirs))

    def gain(rows: np.ndarray) -> float:
        return first(rows) - second(rows)

    count = len(examples)
    size = min(count, MOST_EXAMPLES)
    rng = np.random.default_rng(0)
    draws = np.array([gain(rng.integers(count, size=size)) for _ in range(DRAWS)])
    half = np.quantile(np.abs(draws - draws.mean()), 0.95) * np.sqrt(size / count)
    return float(gain(np.arange(count))), max(float(half), mean_gain(np.zeros(count))[1])


def bootstrap_interval(
    task: Task, answers: Sequence[Any], examples: Sequence[Example]
) -> tuple[float, float]:
    """Return the 95 % interval of a model's headline: what examples drawn with replacement give.

    Args:
        task: Scores the answers.
        answers: One for each example.
        examples: All with labels.
    """
    score, count = task.headline(answers, examples), len(examples)
    size = min(count, MOST_EXAMPLES)
    rng = np.random.default_rng(0)
    draws = np.array([score(rng.integers(count, size=size)) for _ in range(DRAWS)])
    middle = draws.mean()
    low, high = np.quantile(draws - middle, [0.025, 0.975]) * np.sqrt(size / count) + middle
    return float(low), float(high)


def beside_teacher(
    task: Task, distilled: Sequence[Any], teacher: Sequence[Any], examples: Sequence[Example]
) -> str:
    """Say how far the student is from its teacher, with the interval of a paired bootstrap.

    Args:
        task: Scores the answers; the sentence is about its headline.
        distilled: Answers of the student.
        teacher: Answers of the teacher.
        examples: What both answered; all have labels.
    """
    measure = next(iter(task.measures.values()))
    difference, half = bootstrap_gain(task, distilled, teacher, examples)
    gain = _spell_gain(measure, difference, half)
    return f"The distilled student beside its teacher: {gain} (95 % interval)."


def near_chance(task: Task, score: float, examples: Sequence[Example]) -> str | None:
    """Warn of a teacher that is hardly better than the best constant answer, or worse.

    Args:
        task: Knows what the best constant answer scores.
        score: The headline of the teacher.
        examples: What it answered; examples without labels do not count.
    """
    chance = task.chance(examples)
    # A test set with one class alone shows nothing.
    if chance is None or chance == 1:
        return None
    count = sum(task.is_labelled(example) for example in examples)
    measure = next(iter(task.measures.values()))
    spread = 1.0 if measure.unit == "correlation" else np.sqrt(chance * (1 - chance))
    error = CLEAR_ERRORS * spread / np.sqrt(count)
    if score > chance + error:
        return None
    where = "below" if score < chance - error else "near"
    return (
        f"The teacher is {where} chance: {_spell_score(measure, score)} where "
        f"{task.constant_answer} gives {_spell_score(measure, chance)}. Nothing can be learnt from "
        "it: check its labels' order, its tokenizer, and that it was trained for this task."
    )


def describe_order(order: Sequence[int], labels: Sequence[str]) -> str:
    """Say in which order classes are.

    >>> describe_order([1, 0], ("bad", "good"))
    'exchanged (bad <-> good)'
    >>> describe_order([1, 2, 0], ("a", "b", "c"))
    'in another order (b stands for a, c for b, a for c)'
    """
    moved = [i for i, theirs in enumerate(order) if theirs != i]
    if all(order[order[i]] == i for i in moved):
        pairs = [f"{labels[i]} <-> {labels[order[i]]}" for i in moved if i < order[i]]
        return f"exchanged ({shorten(pairs)})"
    first, *others = moved
    pairs = [f"{labels[order[first]]} stands for {labels[first]}"]
    pairs += [f"{labels[order[i]]} for {labels[i]}" for i in others]
    return f"in another order ({shorten(pairs)})"


def _spell_score(measure: Measure, score: float) -> str:
    return f"{score:.1%}" if measure.unit == "share" else measure.format(score)


def _spell_gain(measure: Measure, difference: float, half: float) -> str:
    if measure.in_hundreds:
        return f"{100 * difference:+.2f} ± {100 * half:.2f} points of {measure.title}"
    unit = f"{measure.unit} of " if measure.unit == "nats" else ""
    return f"{difference:+.4f} ± {half:.4f} {unit}{measure.title}"
