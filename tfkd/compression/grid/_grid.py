"""The compression `grid`: weights are trained on the numbers that the file will have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras

from ...errors import UserError
from ...exporting.integer_quantisation import check_installed
from ...exporting.weight_grids import Grid, find_grids
from ...models.copying import copy_model
from ...models.decoders import find_graphs
from ...runtime.quantisations import INTEGER_WEIGHTS, KINDS
from ..compression import Compression
from ..evidence import Evidence
from .rule import RoundedWeights


@dataclass(frozen=True)
class OnGrid(Compression):
    """Trains weights on exactly the numbers that a file of a kind can hold of them.

    Nothing is rounded any more when the file is written. It has to be of this kind: any other one,
    or a training afterwards, leaves the grid.

    Attributes:
        kind: `int8`, `int4` or `int4-32`, as `quantize` of an export.
    """

    kind: str

    name: ClassVar[str] = "grid"
    rate: ClassVar[float] = 0.5
    final: ClassVar[bool] = True

    @property
    def quantize(self) -> str:
        """The kind."""
        return self.kind

    @classmethod
    def from_text(cls, text: str) -> OnGrid:
        """Make it from `int8`, `int4` or `int4-32`.

        Raises:
            UserError: Another kind.
        """
        kind = text.strip()
        if kind not in INTEGER_WEIGHTS:
            known = ", ".join(f"grid:{each}" for each in INTEGER_WEIGHTS)
            raise UserError(f"compress has grid:{text}, and there is no such grid: write {known}.")
        return cls(kind)

    def check(self, model: Any) -> None:
        """Refuse a model of which no weights would be stored so, or that does not convert.

        Raises:
            UserError: Why, and what to write instead.
        """
        if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
            raise UserError(
                f"grid:{self.kind} takes a functional or sequential model of Keras 3, and this is "
                f"a {type(model).__name__} that does not say its inputs: leave grid out of "
                "compress, or take another student."
            )
        check_installed(self.kind)
        if KINDS[self.kind].by_quantizer and find_graphs(model) is not None:
            raise UserError(
                f"grid:{self.kind} is for students that read, and {model.name!r} writes, of which "
                "a file has weights of 8 bits at least: write grid:int8."
            )
        if not self._grids(model):
            raise UserError(
                f"of {model.name!r} a file of {self.kind} stores no weights in integers as they "
                "are: its layers are too small, have a normalisation before them multiplied into "
                "them, or are tables of one column, which 8 bits alone keep: leave grid out of "
                "compress."
            )

    def untrained(self) -> None:
        """Return None: numbers on a grid are as many as others."""
        return None

    def apply(self, model: Any, evidence: Evidence) -> Any:
        """Return a copy with rounded weights."""
        copy = copy_model(model)
        self.finish(copy)
        return copy

    def rule(self, model: Any, steps: int) -> RoundedWeights:
        """Return the rule by which layers read rounded weights."""
        return RoundedWeights(self._grids(model))

    def finish(self, model: Any) -> None:
        """Round the weights for good; what lies on the grid stays as it is."""
        self.rule(model, 0).bake()

    def _grids(self, model: Any) -> list[tuple[Any, Grid]]:
        return find_grids(model, KINDS[self.kind])
