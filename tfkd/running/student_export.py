"""Write the student of a run to files, each verified on texts of its data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from ..files import describe_size
from ..progress import logger
from ..runtime.quantisations import AUTO, CALIBRATED
from ..text import Encoder, NoTexts, TextEncoder
from .context import RunContext
from .kept_examples import calibration_examples, checked_examples, keep_examples
from .student import load_student
from .texts import RunTexts
from .tuning import tune_student


def export_student(context: RunContext, encoder: Encoder) -> None:
    """Write the run's `student.tflite`, unless it is there.

    Where the kind of numbers that was asked for does not compute what the student does, a less
    aggressive one is written instead.
    """
    from ..exporting.gate import Differs

    path = context.folder / "student.tflite"
    keep_examples(context)
    if path.is_file():
        return
    try:
        exported = write_student(context, encoder, path, context.config.export.quantize)
    except Differs as error:
        if error.instead is None:
            raise
        logger.info(f"{error} Going on with that.")
        exported = write_student(context, encoder, path, error.instead)
    logger.info(
        f"exported  {path}: {describe_size(exported.bytes)}, {exported.quantize}; agrees with the "
        f"Keras student on {exported.agreement:.2%} of {exported.checked} validation "
        f"{context.task.things}{exported.spell_writing()}"
    )


def write_student(
    context: RunContext, encoder: Encoder, path: Path, quantize: str | None, **options: Any
) -> Any:
    """Export the student, verified on labelled validation texts.

    Args:
        context: The context of the run.
        encoder: The student's tokenizer.
        path: The file or folder to write; its suffix is the format.
        quantize: The kind of numbers, for formats that know some. Those whose ranges are measured
            get the ranges of training texts.
        options: More arguments of `tfkd.export`.

    Returns:
        What `tfkd.export` returns.
    """
    from ..exporting import export

    calibrated = quantize in (*CALIBRATED, AUTO)
    student = load_student(context, encoder)
    return export(
        student.model,
        path,
        quantize=quantize,
        encoder=cast("TextEncoder | NoTexts", encoder),
        task=context.task,
        schema=tune_student(context, RunTexts(context, encoder), student),
        check=checked_examples(context) or None,
        calibration=calibration_examples(context) if calibrated else None,
        **options,
    )
