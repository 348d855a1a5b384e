"""Scores as people read them, and what models are to a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..data.reader import Arrays

EMBEDDING = "embedding"
"""The output of models that give a vector for each text; it is asked for, never a task's name."""
Run = Callable[[Sequence[Arrays]], list[Arrays]]
"""A model of any framework: it pads and batches rows, and returns a row of outputs for each."""


class AskedModel(Protocol):
    """A model with its tokenizer, of any framework.

    One that writes has a method `write(rows, decoding, *, advance)` too, which returns a list of
    `tfkd.text.decoding.Hypothesis` for each row, the best first.
    """

    encoder: Any

    def run(self, rows: Sequence[Arrays]) -> list[Arrays]:
        """Return the outputs of each row by name, without padding."""


@dataclass(frozen=True)
class Measure:
    """A score as people read it.

    Attributes:
        title: Its name in tables.
        unit: "share" (shown in percent), "points" (from 0 to 1, shown from 0 to 100, as BLEU is),
            "correlation", "nats" or "number" (in the data's units).
        higher_is_better: False for losses and errors.
        hub: Its name among Hugging Face's metrics, for the model card; empty leaves it out.
    """

    title: str
    unit: str = "share"
    higher_is_better: bool = True
    hub: str = ""

    def format(self, value: float) -> str:
        """Return `value` as text.

        >>> Measure("accuracy").format(0.9288), Measure("log loss", "nats").format(0.25)
        ('92.88 %', '0.2500')
        >>> Measure("BLEU", "points").format(0.3412)
        '34.12'
        """
        if self.in_hundreds:
            return f"{100 * value:.2f}{' %' if self.unit == 'share' else ''}"
        return f"{value:.4f}"

    @property
    def in_hundreds(self) -> bool:
        """Whether it is from 0 to 1, and shown from 0 to 100."""
        return self.unit in ("share", "points")

    @property
    def points(self) -> float:
        """What a difference is multiplied by to be one in points.

        >>> Measure("accuracy").points, Measure("log loss", "nats").points
        (100.0, 1.0)
        """
        return 100.0 if self.in_hundreds or self.unit == "correlation" else 1.0


def name_metrics(metrics: Any) -> list[str]:
    """Return what Keras's metrics are called in logs; those of heads begin with its name.

    Args:
        metrics: As `Task.metrics` returns them: a list, or a dict of lists by head.

    >>> name_metrics({"intent": ["accuracy"]})
    ['intent_accuracy']
    """
    if isinstance(metrics, Mapping):
        named = {head: name_metrics(some) for head, some in metrics.items()}
        return [f"{head}_{name}" for head, names in named.items() for name in names]
    return [getattr(metric, "name", metric) for metric in metrics]
