"""Compare a language model with labels before it is asked for all texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import Data, Example
from ..errors import UserError
from ..progress import Progress, logger
from ..tasks import Task
from ..teachers import LanguageModel, PromptedTeacher
from .prompt_config import PromptConfig

_SHOWN = 3
_BINS = 10


@dataclass(frozen=True)
class Audit:
    """How a language model did on texts with labels.

    Attributes:
        texts: How many there were.
        accuracy: The share of those with an answer that was right.
        missing: How many had no answer.
        calibration: The mean difference of confidence and accuracy, in ten bins (expected
            calibration error, Guo et al. 2017, arXiv:1706.04599, equation 3).
        confusions: What was taken for what, and how often, most often first.
        cost: Of a thousand texts; None where none had to be asked for.
    """

    texts: int
    accuracy: float
    missing: int
    calibration: float
    confusions: tuple[tuple[str, str, int], ...]
    cost: float | None

    def describe(self) -> str:
        """Return it in a sentence."""
        pairs = ", ".join(f"{a} for {b} {n} times" for a, b, n in self.confusions[:_SHOWN])
        return (
            f"On {self.texts:,} labelled training texts the language model is right on "
            f"{self.accuracy:.1%}, its confidence is {self.calibration:.1%} off"
            + (f", {self.missing} have no answer" if self.missing else "")
            + (f"; it takes {pairs}" if pairs else "")
            + (f"; {self.cost:,.4f} for a thousand texts" if self.cost else "")
            + "."
        )


def audit_teacher(
    teacher: PromptedTeacher, task: Task, data: Data, settings: PromptConfig, progress: Progress
) -> Audit | None:
    """Ask for some labelled training texts, and say how right the answers are.

    Args:
        teacher: The language model.
        task: Tells which examples have a label.
        data: The data set.
        settings: How many texts, and how many of them have to be right.
        progress: Shows how far it is.

    Returns:
        What was found; None where nobody asked for it.

    Raises:
        UserError: No labels to compare with, or fewer right answers than are asked for.
    """
    examples = draw_labelled(task, data, settings)
    if not examples:
        return None
    with progress("audit of the language model", len(examples)) as advance:
        texts = [example["text"] for example in examples]
        answers, cost = ask_with_cost(teacher, texts, advance)
    found = _measure(answers, examples, data.labels, cost=cost)
    logger.info(f"audit     {found.describe()}")
    if not found.accuracy >= settings.min_accuracy:
        raise UserError(
            f"{found.describe()} min_accuracy is {settings.min_accuracy:g}: describe the classes "
            "better, take another model, or give a smaller number."
        )
    return found


def ask_with_cost(
    teacher: LanguageModel, texts: Sequence[str], advance: Callable[[int], None]
) -> tuple[list[Any | None], float | None]:
    """Return the answer for each text, and what a thousand texts cost.

    Texts that were known before cost nothing now, and do not count.

    Args:
        teacher: The language model.
        texts: The texts.
        advance: Is called with the number of texts done.

    Returns:
        The answers, None where none came, and the cost, None where all texts were known.
    """
    asked = sum(not teacher.asker.knows(text) for text in dict.fromkeys(texts))
    before = teacher.spending.cost
    answers = teacher.ask(texts, advance)
    spent = teacher.spending.cost - before
    return answers, 1_000 * spent / asked if asked else None


def draw_labelled(task: Task, data: Data, settings: PromptConfig) -> list[Example]:
    """Return labelled training examples for an audit; none where nobody asked for one.

    Args:
        task: Tells which examples have a label.
        data: The data set.
        settings: How many.

    Raises:
        UserError: There are none.
    """
    if not settings.audit and not settings.min_accuracy:
        return []
    labelled = [example for example in data.read("train") if task.is_labelled(example)]
    if not labelled:
        raise UserError(
            f"audit is {settings.audit or 'asked for by min_accuracy'}, and no training text has a "
            "label to compare with: leave it out, or label some texts."
        )
    draw = np.random.default_rng(0).permutation(len(labelled))[: settings.audit or 100]
    return [labelled[int(place)] for place in np.sort(draw)]


def _measure(
    answers: Sequence[np.ndarray | None],
    examples: Sequence[Example],
    names: Sequence[str],
    *,
    cost: float | None,
) -> Audit:
    known = [(a, e["label"]) for a, e in zip(answers, examples, strict=True) if a is not None]
    right = np.array([answer.argmax() == label for answer, label in known], float)
    confidence = np.array([answer.max() for answer, _ in known])
    confused = Counter(
        (names[int(answer.argmax())], names[label])
        for answer, label in known
        if answer.argmax() != label
    )
    return Audit(
        len(examples),
        float(right.mean()) if len(right) else 0.0,
        len(examples) - len(known),
        _calibration_error(confidence, right),
        tuple((a, b, n) for (a, b), n in confused.most_common()),
        cost,
    )


def _calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error.

    >>> round(_calibration_error(np.array([0.9, 0.9, 0.6, 0.6]), np.array([1.0, 1, 1, 0])), 3)
    0.1
    """
    if not len(right):
        return 0.0
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        (bins == b).sum() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps) / len(right))
