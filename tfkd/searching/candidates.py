"""The candidates of a search as its journal has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .budget import Measured

if TYPE_CHECKING:
    import optuna

DEFAULT = 0
"""The number of the default among the candidates."""
SETTINGS, MEASURED, SENTENCE, SECONDS = "settings", "measured", "sentence", "seconds"
WHOLE, STOPPED, REFUSED, RUNNING = "whole", "stopped", "refused", "running"


@dataclass(frozen=True)
class Candidate:
    """A student that was tried.

    Attributes:
        number: Of its trial; 0 is the default.
        state: `whole` where it was trained to the end, `stopped` where others were better on a
            rung before that, `refused` where it does not fit or cannot be trained, or `running`.
        settings: What it has in place of the default's, by flat name.
        measured: What its file takes, measured before training; None where it cannot be built.
        scores: On the validation examples, after each rung.
        sentence: Why it was refused.
        seconds: How long it took.
    """

    number: int
    state: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    measured: Measured | None = None
    scores: tuple[float, ...] = ()
    sentence: str = ""
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """The last of its scores; NaN where there is none."""
        return self.scores[-1] if self.scores else float("nan")


def read_candidates(study: optuna.Study) -> list[Candidate]:
    """Return the candidates of a journal in their order, without those that have not begun."""
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False)
    return [as_candidate(each) for each in trials if each.state != TrialState.WAITING]


def as_candidate(trial: optuna.trial.FrozenTrial) -> Candidate:
    """Return a trial of the journal as a candidate."""
    from optuna.trial import TrialState

    facts = trial.user_attrs
    state = RUNNING
    if trial.state == TrialState.COMPLETE:
        state = WHOLE
    elif trial.state.is_finished():
        state = REFUSED if facts.get(SENTENCE) else STOPPED
    measured = facts.get(MEASURED)
    return Candidate(
        trial.number,
        state,
        facts.get(SETTINGS, {}),
        None if measured is None else Measured(**measured),
        tuple(trial.intermediate_values[step] for step in sorted(trial.intermediate_values)),
        facts.get(SENTENCE, ""),
        facts.get(SECONDS, 0.0),
    )


def find_best(candidates: Iterable[Candidate], *, higher_is_better: bool) -> Candidate | None:
    """Return the best that was trained to the end, the first of equals; None where none was."""
    whole = [each for each in candidates if each.state == WHOLE]
    sign = -1 if higher_is_better else 1
    return min(whole, key=lambda each: (sign * each.score, each.number), default=None)


def find_frontier(candidates: Iterable[Candidate], *, higher_is_better: bool) -> list[Candidate]:
    """Return the candidates that no other one beats in score, size and time together."""
    sign = -1 if higher_is_better else 1
    whole = [each for each in candidates if each.state == WHOLE and each.measured is not None]
    costs = {each.number: (sign * each.score, *_size(each)) for each in whole}

    def is_beaten(one: Candidate) -> bool:
        own = costs[one.number]
        return any(
            all(a <= b for a, b in zip(other, own, strict=True)) and other != own
            for other in costs.values()
        )

    return sorted((each for each in whole if not is_beaten(each)), key=_size)


def _size(candidate: Candidate) -> tuple[float, float]:
    measured = candidate.measured
    return (measured.megabytes, measured.milliseconds) if measured else (0.0, 0.0)
