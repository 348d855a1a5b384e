"""One distillation run, from texts to a verified file and a report; each phase is kept.

What a phase made is not made again: the same command goes on where an interrupted one stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..progress import Progress, log_progress, logger, mute_log, print_log
from ..reporting.report import Report, load
from ..teachers import is_prompted
from . import folder as run_folder
from . import phases, student_training
from .config import RunConfig
from .context import RunContext, open_run
from .encoders import open_encoder
from .given_teacher import GivenModels
from .kept_examples import open_to_export
from .labelling import label_first
from .lock import hold_folder
from .made_texts import make_texts_first
from .own_teacher import fine_tunes
from .student_export import export_student, write_student
from .teacher import RunTeacher, open_teacher, prepare_teacher
from .teacher_run import teach_first
from .texts import RunTexts

if TYPE_CHECKING:
    import tensorflow as tf


_WAIT = 60.0  # seconds, for another process that exports or measures the same run


@dataclass(frozen=True)
class Result:
    """A finished run.

    Attributes:
        folder: Its folder.
        file: The exported file.
        report: The scores of all models.
        worker: The number of the worker that returns this.
    """

    folder: Path
    file: Path
    report: Report
    worker: int = 0


def distill(
    *,
    data: str | Path,
    teacher: str | Callable[..., Any] = "train",
    student: str = "",
    verbose: int | str = "auto",
    progress: Progress = log_progress,
    **settings: Any,
) -> Result:
    """Distil `teacher` into a small `student` on `data`.

    Args:
        data: A data set: its name, or a file or a folder of texts.
        teacher: What is distilled, by its kind and name; or a function that writes texts.
        student: A small architecture and its size; by default the first that suits the task.
        verbose: As Keras's: 0 prints nothing. What is printed is logged under the name "tfkd" too.
        progress: Shows how far long steps are in another way, see `tfkd.progress.Progress`.
        **settings: Those of `RunConfig`, by the names of their flags.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings.

    ```python
    result = tfkd.distill(data="imdb", teacher="hf:teachers/imdb-minilm")
    result.report.show()
    ```
    """
    from .config import make_config

    config = make_config({"data": str(data), "teacher": teacher, "student": student, **settings})
    with print_log(verbose):
        return run(config, progress)


def run(
    config: RunConfig,
    progress: Progress = log_progress,
    strategy: tf.distribute.Strategy | None = None,
) -> Result:
    """Carry out a run, or what is left of it, in its folder.

    Under a strategy of several workers each of them calls this; the first one writes what they
    have in common, in a folder that all of them see.

    Args:
        config: The settings.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        strategy: How training is distributed; as the settings say by default.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings.
    """
    from ..distribution import keras3, lost, strategies, workers

    if config.data.cross_validate:
        raise UserError(
            f"cross_validate is {config.data.cross_validate}, which is several runs: call "
            "tfkd.cross_validate, or `tfkd distill --cross-validate`."
        )
    strategy = strategy or strategies.strategy(config.training.strategy)
    keras3.check_strategy(strategy)
    number, _ = workers.worker(strategy)
    progress = progress if number == 0 else log_progress
    if config.data.texts:
        config = workers.first_worker_first(strategy, partial(make_texts_first, config, progress))
    if is_prompted(config.teacher.source):
        config = workers.first_worker_first(strategy, partial(label_first, config, progress))
    with (
        ExitStack() as held,
        lost.raise_on_lost_worker(strategy),
        nullcontext() if number == 0 else mute_log(),
    ):
        context, given = workers.first_worker_first(
            strategy, lambda: phases.begin(config, held, progress=progress, strategy=strategy)
        )
        _carry_out(context, given)
        context.wait_for_workers()
        if context.first:
            context.remove_work()
            run_folder.mark_latest(context.folder)
    folder = context.folder
    return Result(folder, folder / "student.tflite", load(folder), context.worker)


def _carry_out(context: RunContext, given: GivenModels | None) -> None:
    from ..distribution import workers

    if run_folder.is_complete(context.folder):
        logger.info(f"{context.folder} is complete; this is its report.")
        return
    for assistant in context.assistants:
        run(assistant, context.progress, context.strategy)
    if fine_tunes(context.config.teacher.source):
        workers.first_worker_first(context.strategy, lambda: teach_first(context))
        # It can be loaded now.
        given = None
    given, texts = workers.first_worker_first(
        context.strategy, lambda: phases.prepare(context, given)
    )
    context = texts.context
    # A teacher that is trained here is trained by the first worker alone.
    teacher = workers.first_worker_first(
        context.strategy, lambda: prepare_teacher(context, texts, given.teacher)
    )
    phases.store_targets(teacher)
    student_training.train_students(context, texts, teacher, given.shrunk)
    if context.first:
        export_student(context, texts.encoder)
        _write_report(context, texts, teacher)


def _write_report(context: RunContext, texts: RunTexts, teacher: RunTeacher) -> None:
    """Write the report, and the model card that goes with it."""
    from .measuring import run_report
    from .reports import card

    run_report(context, texts, teacher).save(context.folder)
    card.write_card(context.folder)


def measure_again(folder: Path, progress: Progress = log_progress) -> Report:
    """Score and time the models of a finished run again, and save that report.

    Args:
        folder: That of the run.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.

    Raises:
        UserError: No run there, or one that is not finished.
    """
    context = open_run(folder, progress)
    context.require_files("student.keras", "student.tflite")
    with hold_folder(folder, wait=_WAIT):
        texts = RunTexts(context, open_encoder(context))
        _write_report(context, texts, open_teacher(context, texts))
        context.remove_work()
    return load(folder)


def export_again(
    folder: Path,
    to: Path | None,
    quantize: str | None,
    *,
    client: str | None = None,
    max_drop: float | None = None,
    tokenizer: bool = False,
) -> Any:
    """Write another file of a run's student, verified on its validation texts.

    Args:
        folder: The folder of a run whose student is trained.
        to: The file or folder to write; in the run's folder by default.
        quantize: The kind of numbers; for a `.tflite` the run's own by default.
        client: A foreign runtime that reads the file, e.g. "mediapipe".
        max_drop: The largest loss of accuracy, in points.
        tokenizer: Whether the file takes texts instead of ids.

    Returns:
        What `tfkd.export` returns.

    Raises:
        UserError: No run there, no trained student, or a file that cannot be written.
    """
    context = open_to_export(folder)
    context.require_files("student.keras")
    if to is None:
        name = f"student-{quantize}" if quantize else "student"
        to = folder / f"{name if client is None else f'{name}-{client}'}.tflite"
    if to.suffix == ".tflite":
        quantize = quantize or context.config.export.quantize
    # Both use the run's texts as ids, which are removed at the end.
    with hold_folder(folder, wait=_WAIT):
        exported = write_student(
            context,
            open_encoder(context),
            to,
            quantize,
            client=client,
            max_drop=max_drop,
            tokenizer=tokenizer,
        )
        context.remove_work()
    return exported
