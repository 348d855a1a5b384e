"""What a search is asked for: its budget, its measure, and how long it may take."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError
from ..tasks import Measure
from .budget import Budget
from .journal import SAMPLERS

TRIALS, SEEDS = 40, 3


@dataclass(frozen=True)
class SearchOptions:
    """How a search goes, beside the settings of its runs.

    Attributes:
        budget: What the file of a student may take.
        trials: Candidates that are trained, those of which only on a share included; 0 where
            `hours` says when to stop.
        hours: Hours that the trials of all processes take together; 0 where `trials` says it.
        metric: The measure on the validation examples; empty for the first one of the task.
        sampler: What proposes candidates: `tpe`, or `random` as a control.
        also: What is searched beyond the students, of `tfkd.searching.space.ALSO`.
        seeds: How often the winner and the default are trained at the end.

    Raises:
        UserError: A value that cannot be.
    """

    budget: Budget = field(default_factory=Budget)
    trials: int = 0
    hours: float = 0.0
    metric: str = ""
    sampler: str = "tpe"
    also: tuple[str, ...] = ()
    seeds: int = SEEDS

    def __post_init__(self) -> None:
        for name, least in (("trials", 0), ("seeds", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise UserError(f"{name} is {value!r}: write a whole number from 1 up, e.g. 3.")
        number = isinstance(self.hours, (int, float)) and not isinstance(self.hours, bool)
        if not number or not math.isfinite(self.hours) or self.hours < 0:
            raise UserError(f"hours is {self.hours!r}: write a number above 0, e.g. 2.")
        if self.trials and self.hours:
            raise UserError(
                f"trials is {self.trials} and hours {self.hours:g}, and either says when to stop: "
                "leave one of them out."
            )
        if self.sampler not in SAMPLERS:
            raise UserError(f"sampler is {self.sampler!r}: write one of {', '.join(SAMPLERS)}.")
        if not (self.budget.megabytes or self.budget.milliseconds):
            raise UserError(
                "no budget given: write --max-mb 1, say, for a file of at most 1 MB, or --max-ms "
                "0.2 for 0.2 ms an answer, or both."
            )

    @property
    def limit(self) -> str:
        """When the search stops, in words."""
        return f"{self.hours:g} h of trials" if self.hours else f"{self.trials} trials"

    def describe(self) -> dict[str, Any]:
        """Return what must not change while a search goes on, as plain values."""
        values = dataclasses.asdict(self)
        budget = values.pop("budget")
        # A search may be made longer as long as it has not ended.
        del values["trials"], values["hours"]
        return {"max_mb": budget["megabytes"], "max_ms": budget["milliseconds"], **values}


def make_options(given: Mapping[str, Any]) -> tuple[SearchOptions, dict[str, Any]]:
    """Return the options of a search, and what else was given: the settings of its runs.

    Args:
        given: By the names of the flags.

    Raises:
        UserError: A value that cannot be.
    """
    names = {each.name for each in dataclasses.fields(SearchOptions)} - {"budget"}
    own = {name: value for name, value in given.items() if name in names and value is not None}
    for name in ("trials", "hours"):
        # 0 stands for nothing only where nobody wrote it.
        if own.get(name) == 0:
            raise UserError(f"{name} is 0: write a number above 0.")
    if not (own.get("trials") or own.get("hours")):
        own["trials"] = TRIALS
    also = own.get("also", ())
    own["also"] = (also,) if isinstance(also, str) else tuple(also)
    budget = Budget(given.get("max_mb") or 0, given.get("max_ms") or 0)
    others = {n: v for n, v in given.items() if n not in {*names, "max_mb", "max_ms"}}
    return SearchOptions(budget, **own), others


def find_measure(metric: str, measures: Mapping[str, Measure]) -> str:
    """Return the key of the measure that a search goes by.

    Args:
        metric: Its key or its title; empty for the first one.
        measures: Those of the task, by key.

    Raises:
        UserError: There is no such measure; it lists them.
    """
    if not metric:
        return next(iter(measures))
    wanted = metric.casefold()
    found = [k for k, each in measures.items() if wanted in (k.casefold(), each.title.casefold())]
    if not found:
        raise UserError(f"metric is {metric!r}: write one of {', '.join(measures)}.")
    return found[0]
