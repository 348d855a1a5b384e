"""What a search says: its plan, and what became of each candidate."""

from __future__ import annotations

import time

from ..progress import Advance, format_duration, logger
from .beginning import Search
from .candidates import DEFAULT, REFUSED, RUNNING, WHOLE, Candidate
from .halving import count_trainings
from .results import spell_settings


def say_plan(search: Search) -> None:
    """Say what a search will do, before it does anything.

    Args:
        search: The search.
    """
    options, counts = search.options, search.context.data.counts
    things, budget = search.context.task.things, options.budget
    limits = [
        f"{limit:g} {unit}"
        for limit, unit in ((budget.megabytes, "MB"), (budget.milliseconds, "ms"))
        if limit
    ]
    logger.info(
        f"search    {options.limit} within {' and '.join(limits)}, by {search.measure.title} on "
        f"{counts['validation']:,} validation {things}"
    )
    whole = f"all {search.texts:,} {things}"
    if len(search.rungs) > 1:
        first, *others = search.rungs
        logger.info(
            f"halving   each on {first.spell(whole)}; the best third goes on to "
            f"{' and '.join(rung.spell() for rung in others)}"
        )
    else:
        logger.info(f"halving   none: each is trained on {whole}, of which a part says too little")
    if options.trials:
        count = count_trainings(options.trials, search.rungs)
        logger.info(f"costs     about {count:.0f} trainings on all {things}, and those at the end")
    logger.info(
        f"end       winner, winner alone and default, {options.seeds} seeds each, on the test split"
    )
    logger.info(f"written   {search.folder}")


class Teller:
    """Says what became of each candidate.

    Args:
        search: The search.
        advance: Moves the bar of the trials.
    """

    def __init__(self, search: Search, advance: Advance) -> None:
        self.search, self.advance = search, advance
        self.start = time.monotonic()

    def tell(self, candidate: Candidate) -> None:
        """Say one line about a candidate.

        Args:
            candidate: That is done; or the default, after its first rung.
        """
        search = self.search
        if candidate.state == RUNNING:
            if search.options.trials:
                self._say_minutes()
            return
        told = candidate.sentence
        if candidate.scores:
            told = search.measure.format(candidate.score)
            told += "" if candidate.state == WHOLE else f", {candidate.sentence or 'stopped'}"
        if candidate.measured is not None and candidate.scores:
            told = f"{candidate.measured}: {told}"
        name = "default" if candidate.number == DEFAULT else spell_settings(candidate.settings)
        logger.info(f"trial {candidate.number:<4}{name}: {told}")
        if candidate.state != REFUSED:
            self.advance(1)

    def _say_minutes(self) -> None:
        search, rungs = self.search, self.search.rungs
        whole = (time.monotonic() - self.start) / rungs[0].work
        count = count_trainings(search.options.trials, rungs)
        seconds = whole * count
        logger.info(
            f"time      about {format_duration(whole)} for the default on all texts, so "
            f"{format_duration(seconds)} for {search.options.limit} of its size"
        )
