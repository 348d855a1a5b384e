"""A number of a text, as a language model is asked for it."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Example
from ...errors import UserError
from .._prompted import Prompted, Reading, object_of
from .number_answers import Estimate

LEAST, MOST = "least", "most"


class PromptedNumber(Prompted):
    """One number, between the least and the most that the user allows.

    The sentence on what is asked has to be the user's: only he knows the scale.
    """

    form = '{"number": 3.5}'
    tokens = 32
    told = (LEAST, MOST)
    bounds: tuple[float, float] = (-math.inf, math.inf)

    def tell(self, numbers: Mapping[str, float]) -> PromptedNumber:
        """Return the same within bounds.

        Args:
            numbers: The least, the most, or both.

        Raises:
            UserError: The least is not less than the most.
        """
        asked = copy.copy(self)
        asked.bounds = (numbers.get(LEAST, -math.inf), numbers.get(MOST, math.inf))
        if not asked.bounds[0] < asked.bounds[1]:
            raise UserError(
                "least is {:g} and most is {:g}: write a greater one.".format(*asked.bounds)
            )
        return asked

    def schema(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the schema of an object with a number."""
        known = zip(("minimum", "maximum"), self.bounds, strict=True)
        limits = {name: limit for name, limit in known if math.isfinite(limit)}
        return object_of(number={"type": "number", **limits})

    def read(self, found: Mapping[str, Any], example: Example, names: Sequence[str]) -> Reading:
        """Return the number of an example.

        Raises:
            ValueError: No number, or one outside of the bounds.
        """
        number = found["number"]
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError(f"its number is {number!r:.40}")
        least, most = self.bounds
        if not least <= number <= most or not abs(number) < 1e30:
            raise ValueError(f"its number is {number:g}, which is not from {least:g} to {most:g}")
        return Reading(Example({**example, "label": float(number)}), Estimate(float(number)))

    def label(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return the column of numbers."""
        return {"label": example["label"]}
