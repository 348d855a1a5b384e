"""The trials of a search, one after the other: proposed, measured, trained from rung to rung.

All that decides is read from the journal, so that a trial of a process which was killed is carried
on by another one, under the same number and with the same result.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import UserError
from ..running.config import RunConfig
from ..running.validation_run import Validated
from . import candidates, locks
from .budget import Measured
from .candidates import DEFAULT, Candidate, read_candidates
from .halving import Rung, goes_on
from .options import SearchOptions
from .space import Space

if TYPE_CHECKING:
    import optuna
    from filelock import FileLock

_MOST_REFUSED = 10
"""Candidates that may be refused for each one that is to be trained."""
_MOST_FAILED = 3
"""Trainings that may fail before any has succeeded."""


class _Refused(UserError):
    """A candidate that does not fit, or that nobody can build."""


class _Clock:
    """Counts the seconds of a trial in the journal, with those before an interruption."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial, self._start = trial, time.monotonic()
        self._before = trial.user_attrs.get(candidates.SECONDS, 0.0)

    def save(self) -> None:
        """Write them, with those until now."""
        seconds = self._before + time.monotonic() - self._start
        self._trial.set_user_attr(candidates.SECONDS, round(seconds, 3))


class Workshop(Protocol):
    """What measures and trains candidates."""

    def measure(self, config: RunConfig) -> Measured:
        """Return what the file of a candidate takes, untrained."""

    def train(self, number: int, config: RunConfig, rung: Rung) -> Validated:
        """Train a candidate as far as a rung, and score it."""

    def forget(self, number: int, rung: Rung) -> None:
        """Remove what the training for a rung has left."""


@dataclass(frozen=True)
class TrialLoop:
    """What the trials of a search have in common.

    Attributes:
        study: The journal.
        folder: Of the search.
        space: What a candidate may be, around the default.
        options: What is asked for.
        metric: The key of the measure.
        higher_is_better: Whether the greatest score is the best one.
        rungs: What a candidate is trained with, one after the other.
        workshop: What measures and trains candidates.
        tell: Is called with each candidate that is done, and after the default's first rung.
    """

    study: optuna.Study
    folder: Path
    space: Space
    options: SearchOptions
    metric: str
    higher_is_better: bool
    rungs: tuple[Rung, ...]
    workshop: Workshop
    tell: Callable[[Candidate], None]

    def begin(self, fit_default: Callable[[], dict[str, Any] | None] = lambda: None) -> None:
        """Put the default into the journal, unless it is there: it is the first trial.

        Args:
            fit_default: Returns the parameters of the default made so small that it fits, which are
                the second trial; None where there is no need for that.
        """
        known = self.study.get_trials(deepcopy=False)
        if len(known) > 1 or (known and known[0].state.name != "WAITING"):
            return
        fitting = fit_default()
        if not known:
            self.study.enqueue_trial(self.space.first())
        if fitting is not None:
            self.study.enqueue_trial(fitting)

    def run(self) -> bool:
        """Carry out trials until there are enough of them.

        Returns:
            Whether all are done: others may still run in other processes.

        Raises:
            UserError: The default cannot be trained.
        """
        while (taken := self._take_trial()) is not None:
            trial, lock = taken
            try:
                self._carry_out(trial)
            finally:
                lock.release()
        return all(each.state != candidates.RUNNING for each in read_candidates(self.study))

    def _take_trial(self) -> tuple[optuna.Trial, FileLock] | None:
        """Return a trial that a dead process has left, or else a new one; None for enough."""
        import optuna

        with locks.hold(self.folder, "asking"):
            for known in self.study.get_trials(
                deepcopy=False, states=[optuna.trial.TrialState.RUNNING]
            ):
                lock = locks.try_to_hold(self.folder, f"trial-{known.number}")
                if lock is None:
                    continue
                trial = optuna.Trial(self.study, known._trial_id)  # Optuna has no other way back
                if not self._is_finished(known.number):
                    return trial, lock
                lock.release()
            if self._has_enough():
                return None
            trial = self.study.ask()
            lock = locks.try_to_hold(self.folder, f"trial-{trial.number}")
            assert lock is not None  # nobody knows of this number yet
            return trial, lock

    def _is_finished(self, number: int) -> bool:
        return self.study.get_trials(deepcopy=False)[number].state.is_finished()

    def _has_enough(self) -> bool:
        known = read_candidates(self.study)
        refused = sum(each.state == candidates.REFUSED for each in known)
        if self.options.hours:
            return sum(each.seconds for each in known) >= 3600 * self.options.hours
        trials = self.options.trials
        return len(known) - refused >= trials or refused >= _MOST_REFUSED * trials

    def _carry_out(self, trial: optuna.Trial) -> None:
        from optuna.trial import TrialState

        clock = _Clock(trial)
        settings = self.space.suggest(trial)
        trial.set_user_attr(candidates.SETTINGS, settings)
        try:
            score = self._judge(trial, settings, clock)
        except UserError as error:
            if trial.number == DEFAULT and not isinstance(error, _Refused):
                # It fits, so the reason is with the data or the teacher, and holds for all.
                raise
            if not isinstance(error, _Refused) and self._nothing_trains():
                raise
            trial.set_user_attr(candidates.SENTENCE, str(error))
            score = None
        clock.save()
        if score is None:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, score)
        self.tell(read_candidates(self.study)[trial.number])

    def _nothing_trains(self) -> bool:
        """Return whether some that fit have failed in their training, and none has a score."""
        known, fits = read_candidates(self.study), self.options.budget.refuse
        failed = [c for c in known if c.sentence and c.measured and not fits(c.measured)]
        return len(failed) >= _MOST_FAILED and not any(each.scores for each in known)

    def _judge(self, trial: optuna.Trial, settings: dict[str, Any], clock: _Clock) -> float | None:
        """Return the score of a whole training; None where others were better on a rung before.

        Raises:
            UserError: It does not fit, or cannot be trained.
        """
        try:
            config = self.space.config.replaced(**settings)
        except UserError as error:
            raise _Refused(str(error)) from error
        measured = self._measure(trial, config)
        clock.save()
        score = math.nan
        for place, rung in enumerate(self.rungs):
            score = self._train(trial, measured, config, rung)
            clock.save()
            is_last = place == len(self.rungs) - 1
            others = [
                each.scores[place]
                for each in read_candidates(self.study)
                if each.number != trial.number and len(each.scores) > place
            ]
            if is_last or trial.number == DEFAULT:
                continue
            if not goes_on(score, others, higher_is_better=self.higher_is_better):
                return None
        return score

    def _measure(self, trial: optuna.Trial, config: RunConfig) -> Measured:
        known = trial.user_attrs.get(candidates.MEASURED)
        try:
            measured = self.workshop.measure(config) if known is None else Measured(**known)
        except UserError as error:
            raise _Refused(str(error)) from error
        self._fit(trial, measured)
        return measured

    def _fit(self, trial: optuna.Trial, measured: Measured) -> None:
        """Refuse what is over the budget."""
        trial.set_user_attr(candidates.MEASURED, dataclasses.asdict(measured))
        if reason := self.options.budget.refuse(measured):
            raise _Refused(reason)

    def _train(
        self, trial: optuna.Trial, measured: Measured, config: RunConfig, rung: Rung
    ) -> float:
        place = self.rungs.index(rung)
        known = read_candidates(self.study)[trial.number].scores
        if len(known) <= place:
            found = self.workshop.train(trial.number, config, rung)
            if self.metric not in found.scores:
                known_measures = ", ".join(found.scores) or "nothing"
                raise UserError(
                    f"{self.metric} was not measured on the validation examples, but "
                    f"{known_measures}: name one of these with --metric."
                )
            score = found.scores[self.metric]
            if math.isnan(score):
                raise UserError("its score is no number.")
            if found.megabytes:
                # The check of a file may have chosen finer numbers than it was measured with.
                self._fit(trial, dataclasses.replace(measured, megabytes=found.megabytes))
            trial.report(score, place)
            known = (*known, score)
            if trial.number == DEFAULT and place == 0:
                self.tell(read_candidates(self.study)[trial.number])
        self.workshop.forget(trial.number, rung)
        return known[place]
