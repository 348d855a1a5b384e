"""One distillation run, from texts to a verified file and a report; each phase is kept.

What a phase made is not made again: the same command goes on where an interrupted one stopped.
"""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from ..console import Voice
from ..errors import UserError
from ..progress import mute_log, print_log
from ..reporting.report import Report, load
from . import config as configs
from . import folder as run_folder
from .config import RunConfig
from .phases import Run


@dataclass(frozen=True)
class Result:
    """A finished run: its folder, the exported file and the report; and which worker says so."""

    folder: Path
    file: Path
    report: Report
    worker: int = 0


def distill(
    *,
    data,
    teacher: str = "train",
    student: str = "ngram_cnn",
    verbose: int | str = "auto",
    **settings,
) -> Result:
    """Distil `teacher` into a small `student` on `data`; see `RunConfig` for the settings.

    `verbose` is Keras's: 0 prints nothing.

    ```python
    result = tfkd.distill(data="imdb", teacher="hf:teachers/imdb-minilm")
    result.report.show()
    ```
    """
    from .config import make

    config = make({"data": str(data), "teacher": teacher, "student": student, **settings})
    with print_log(verbose):
        return run(config)


def run(config: RunConfig, voice: Voice | None = None, strategy=None) -> Result:
    """Carry out a run, or what is left of it, in its folder.

    Under a strategy of several workers each of them calls this; the first one writes what they
    have in common, in a folder that all of them see.

    Raises:
        UserError: with one sentence, for whatever is wrong with data, teacher or settings.
    """
    from ..distribution import keras3, lost, strategies, workers

    strategy = strategy or strategies.strategy(config.strategy)
    keras3.check(strategy)
    at, _ = workers.worker(strategy)
    voice = voice if voice and at == 0 else Voice(quiet=at > 0)
    with lost.noticed(strategy), nullcontext() if at == 0 else mute_log():
        work = workers.in_turn(strategy, lambda: Run(config, voice, strategy))
        _carry_out(work, voice)
        work.meet()
    if at == 0:
        work.tidy()
        run_folder.mark_latest(work.folder)
    return _result(work)


def _carry_out(work: Run, voice: Voice) -> None:
    from ..distribution import workers

    if (work.folder / run_folder.REPORT).is_file():
        voice.say(f"{work.folder} is complete; this is its report.")
        return
    for before in work.assistants:
        run(before, voice, work.strategy)
    workers.in_turn(work.strategy, work.prepare)
    work.targets_of_all()
    work.train()
    if work.first:
        work.export()
        _measure(work)


def _measure(work: Run) -> None:
    """The report, and the model card that goes with it."""
    from .measuring import run_report
    from .reports import card

    run_report(work).save(work.folder)
    card.write_card(work.folder)


def opened(folder: Path, voice: Voice | None = None) -> Run:
    """A run from its folder, to look at or to go on with.

    Raises:
        UserError: no run there.
    """
    if not (folder / run_folder.CONFIG).is_file():
        raise UserError(f"{folder} is no run's folder: it has no {run_folder.CONFIG}.")
    config = configs.read(folder / run_folder.CONFIG)
    return Run(dataclasses.replace(config, to=str(folder)), voice or Voice())


def measure_again(folder: Path) -> Report:
    """Score and time the models of a finished run once more, and save that report."""
    work = opened(folder)
    work.need("student.keras", "student.tflite")
    _measure(work)
    work.tidy()
    return load(folder)


def export_again(
    folder: Path,
    to: Path | None,
    quantize: str | None,
    client: str | None = None,
    max_drop: float | None = None,
    tokenizer: bool = False,
):
    """Write another file of a run's student, verified on its validation texts."""
    work = opened(folder)
    work.need("student.keras")
    if to is None:
        kind = quantize or work.config.quantize
        to = folder / (f"student-{kind}.tflite" if quantize else "student.tflite")
        to = to if client is None else to.with_stem(f"{to.stem}-{client}")
    if to.suffix == ".tflite":
        quantize = quantize or work.config.quantize
    made = work.write(to, quantize, client, max_drop, tokenizer)
    work.tidy()
    return made


def _result(work: Run) -> Result:
    file = work.folder / "student.tflite"
    return Result(work.folder, file, load(work.folder), work.worker)
