"""The end of a search: the winner and the default, with several seeds, on the test split, once."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..files import replace_when_whole
from ..progress import Progress, mute_log
from ..reporting.report import Report
from ..running import _run
from ..running.config import RunConfig, write_config
from .beginning import Search
from .budget import Measured
from .candidates import DEFAULT, Candidate

FINAL, BEST, FILE = "final", "best.toml", "student.tflite"
WINNER, OLD = "winner", "default"


@dataclass(frozen=True)
class Finalist:
    """A student that is trained with several seeds, each in a run of its own.

    Attributes:
        name: `winner` or `default`.
        reports: Of its runs, in the order of the seeds.
        measured: What its file takes, of the first seed.
    """

    name: str
    reports: tuple[Report, ...]
    measured: Measured


def run_finals(
    search: Search,
    winner: Candidate,
    progress: Progress,
    measure_file: Callable[[Path], Measured],
) -> dict[str, Finalist]:
    """Train the winner and the default with each seed, and score them on the test split.

    Args:
        search: The search.
        winner: The best candidate on the validation examples.
        progress: Shows how many runs are done.
        measure_file: Measures an exported file.

    Returns:
        The finalists by name: the winner alone, where it is the default.
    """
    students = {WINNER: _config_of(search, winner)}
    if winner.number != DEFAULT:
        students[OLD] = search.config
    seeds, found = search.options.seeds, {}
    with progress("final runs", seeds * len(students), "runs") as advance:
        for name, config in students.items():
            runs = [plan_final(search, name, config, number) for number in range(seeds)]
            reports = []
            for run in runs:
                with mute_log():
                    reports.append(_run.run(run, _Silent(advance)).report)
                advance(1)
            file = Path(runs[0].to) / FILE
            parameters = int(reports[0]["distilled"].parameters or 0)
            measured = dataclasses.replace(measure_file(file), parameters=parameters)
            found[name] = Finalist(name, tuple(reports), measured)
    keep_winner(search, students[WINNER])
    return found


def plan_final(search: Search, name: str, config: RunConfig, number: int) -> RunConfig:
    """Return the settings of one run at the end; the winner is trained without a teacher too.

    Args:
        search: The search.
        name: Of the finalist.
        config: Its settings.
        number: Which of the seeds it is, from 0.
    """
    seed = search.config.training.seed + number
    to = search.folder / FINAL / name / f"seed-{seed}"
    return config.replaced(seed=seed, alone=name == WINNER, to=str(to))


def keep_winner(search: Search, config: RunConfig) -> None:
    """Write the settings of the winner as those of an ordinary run, and copy its file."""
    file = search.folder / FINAL / WINNER / f"seed-{search.config.training.seed}" / FILE
    with replace_when_whole(search.folder / FILE) as part:
        shutil.copyfile(file, part)
    with replace_when_whole(search.folder / BEST) as part:
        write_config(config.replaced(alone=True, to=""), part)


def _config_of(search: Search, candidate: Candidate) -> RunConfig:
    return search.config.replaced(**candidate.settings)


class _Silent:
    """Progress that shows nothing, and lets Ctrl-C through.

    Args:
        advance: That of the bar around it.
    """

    def __init__(self, advance: Callable[[int], None]) -> None:
        self.advance = advance

    def __call__(self, title: str, total: int, unit: str = "texts") -> _Silent:
        """Open a step, see `tfkd.progress.Progress`."""
        return self

    def __enter__(self) -> Callable[[int], None]:
        return lambda count: self.advance(0)

    def __exit__(self, *error: object) -> None:
        pass
