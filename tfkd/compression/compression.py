"""What all compressions have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..errors import UserError
from ..models.weight_rules import WeightRule
from .evidence import Evidence


@dataclass(frozen=True)
class Compression(ABC):
    """A function from model to model; a training with distillation heals what it broke.

    A run calls `check` before any work, and for each of `parts` first `apply`, then trains with
    `rule`, then `finish`; while later parts are trained, `hold` counts. A compression that cuts
    needs `apply` alone.
    """

    name: ClassVar[str]
    """How its specs begin."""
    rate: ClassVar[float] = 1.0
    """The learning rate of what heals it, as a share of the student's."""
    final: ClassVar[bool] = False
    """Whether any later training or compression would undo it."""

    @property
    def quantize(self) -> str:
        """The kind of numbers that the exported file has to have; empty for any."""
        return ""

    @classmethod
    @abstractmethod
    def from_text(cls, text: str) -> Compression:
        """Make the compression from what follows its name and a colon in a spec.

        Raises:
            UserError: A setting that does not exist, or a value that cannot be.
        """

    @abstractmethod
    def check(self, model: Any) -> None:
        """Refuse a Keras 3 model that cannot be compressed so.

        Raises:
            UserError: Why, and what to write instead.
        """

    def parts(self) -> Sequence[Compression]:
        """Return the steps to take one after the other, each followed by a training."""
        return [self]

    def apply(self, model: Any, evidence: Evidence) -> Any:
        """Return the compressed model: plain Keras, that loads without this library.

        Args:
            model: A Keras 3 model, which is not changed.
            evidence: What may be looked at.
        """
        return model

    def untrained(self) -> Compression | None:
        """Return the same compression, which looks at weights alone; None where none are cut out.

        What it makes of a model whose weights say nothing yet is as large as what this makes of the
        trained one.
        """
        return self

    def rule(self, model: Any, steps: int) -> WeightRule | None:
        """Return what the training afterwards keeps the weights to, if anything.

        Args:
            model: What `apply` returned.
            steps: How many steps the training has.
        """
        return None

    def hold(self, model: Any) -> WeightRule | None:
        """Return what trainings after that one keep the weights to, if anything.

        Args:
            model: What `finish` left, or what later compressions made of it.
        """
        return None

    def finish(self, model: Any) -> None:
        """Make permanent, in place, what the rule had the layers read.

        Args:
            model: The trained model.
        """
        return None


def read_settings(name: str, text: str, known: Mapping[str, type], first: str) -> dict[str, Any]:
    """Return the settings of a spec: `0.4` is the first one, `heads=0.5,units=0.7` are by name.

    Args:
        name: The compression's.
        text: What follows it and a colon.
        known: The type of each setting.
        first: The setting of a value without a name.

    Raises:
        UserError: A setting that does not exist, one given twice, or a value of another type.

    >>> read_settings("prune", "0.4,score=norm", {"share": float, "score": str}, "share")
    {'share': 0.4, 'score': 'norm'}
    """
    settings: dict[str, Any] = {}
    for number, part in enumerate(part.strip() for part in text.split(",")):
        key, equals, value = part.partition("=")
        key, value = (key.strip(), value.strip()) if equals else (first, key)
        if not part or (not equals and number) or key not in known or key in settings:
            raise UserError(
                f"compress has {name}:{text}, of which {part!r} is no setting: write {name}:VALUE "
                f"or {name}:{first}=VALUE, with any of {', '.join(known)} after a comma."
            )
        try:
            settings[key] = known[key](value)
        except ValueError:
            raise UserError(
                f"compress has {name}:{text}, and {key} is {value!r}: write a "
                f"{'whole ' if known[key] is int else ''}number."
            ) from None
    return settings
