"""How right a language model is that writes its answers, by the scores of its task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..data import Example
from ..errors import UserError
from ..tasks import Measure, Reading, Task


@dataclass(frozen=True)
class AnswerAudit:
    """How a language model did on examples with labels.

    Attributes:
        texts: How many there were.
        missing: How many had no answer that could be used.
        scores: The scores of the others, by measure.
        measures: What these are; the first one counts.
        cost: Of a thousand texts; None where none had to be asked for.
    """

    texts: int
    missing: int
    scores: Mapping[str, float]
    measures: Mapping[str, Measure]
    cost: float | None

    def describe(self) -> str:
        """Return it in a sentence."""
        named = [
            f"{self.measures[n].title} {self.measures[n].format(v)}" for n, v in self.scores.items()
        ]
        return (
            f"On {self.texts:,} labelled training texts the language model has "
            f"{', '.join(named) or 'no score'}"
            + (f"; {self.missing} have no answer that can be used" if self.missing else "")
            + (f"; {self.cost:,.4f} for a thousand texts" if self.cost else "")
            + "."
        )

    def check(self, least: float) -> None:
        """Refuse a language model that is not right often enough.

        Args:
            least: What the first score has to be, at least.

        Raises:
            UserError: It is less.
        """
        first = next(iter(self.measures))
        if least and not self.scores.get(first, -1.0) >= least:
            raise UserError(
                f"{self.describe()} min_accuracy is {least:g}, for the "
                f"{self.measures[first].title}: say better what is asked, take another model, or "
                "give a smaller number."
            )


def measure_answers(
    task: Task,
    readings: Sequence[Reading | str],
    examples: Sequence[Example],
    *,
    cost: float | None,
) -> AnswerAudit:
    """Return the scores of answers to labelled examples.

    Args:
        task: Scores them.
        readings: What each answer says, or why it says nothing.
        examples: The examples.
        cost: Of a thousand texts; None where none had to be asked for.
    """
    known = [(r, e) for r, e in zip(readings, examples, strict=True) if isinstance(r, Reading)]
    answers, labelled = [r.answer for r, _ in known], [e for _, e in known]
    scores = task.score(answers, labelled) if known else {}
    return AnswerAudit(len(examples), len(examples) - len(known), scores, task.measures, cost)
