"""Export a student to LiteRT, `.keras`, ONNX or SavedModel: verified before it gets its name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import tasks
from ..data import Schema
from ..errors import UserError
from ..files import replace_atomically
from ..models.forms import form_of
from ..progress import logger
from ..runtime.file_settings import is_line
from ..runtime.quantisations import AUTO, CALIBRATED, FLOAT32, KINDS, QUANTIZE
from ..tasks import Task
from ..text import NoTexts, TextEncoder
from . import integer_quantisation
from .decisions import FORMS
from .exported import Exported
from .gate import check_allowed
from .paths import check_target, format_of, size, temporary_sibling

if TYPE_CHECKING:
    from .export_request import ExportRequest
    from .gate import Figures

AUTO_DROP = 0.3
"Points of the score that `auto` may lose where `max_drop` is not given."


def export(
    student: Any,
    path: str | os.PathLike,
    *,
    format: str | None = None,
    quantize: str | None = None,
    encoder: TextEncoder | NoTexts | None = None,
    labels: Sequence[str] | None = None,
    check: Any = None,
    tolerance: float | None = None,
    overwrite: bool = True,
    form: str | None = None,
    calibration: Any = None,
    seed: int = 0,
    max_drop: float | None = None,
    client: str | None = None,
    tokenizer: bool = False,
    task: Task | str | None = None,
    schema: Schema | None = None,
) -> Exported:
    """Write a student to a file, after the file has been run against it.

    With an `encoder` the student takes one array of ids; vocabulary, class names and settings then
    travel inside the file (or a SavedModel's folder), so that `tfkd.runtime` reads texts with a
    `.tflite` alone, and `load_teacher` a `.keras`. For a `task` of images no encoder is needed. No
    other file is written or replaced.

    A student of mixed precision is written as it computes in float32; it is not changed itself.

    Args:
        student: A Keras 3 model, or one of Hugging Face's, with outputs `[batch, classes]`: logits,
            or a dict with `logits`; of another task a dict with its outputs. A final softmax or
            sigmoid is left out of the file where Keras hands on what came before it. Of a
            `Distiller` its student is exported.
        path: Where to write. What was there stays until the new file has passed.
        format: `litert` (or `tflite`), `keras`, `onnx` (extra `onnx`) or `saved_model`; by default
            from the suffix of `path`: `.tflite`, `.keras`, `.onnx`, none.
        quantize: Of LiteRT files: `float32`, `float16`, `int8` (dynamic range), `full-int8`
            (activations too), `int16x8`, `int4`, `int4-32`, or `auto`, the smallest file that
            passes; None is `float32`. `int4` and `int4-32` need the extra `quantizer`, and those of
            `tfkd.runtime.quantisations.CALIBRATED` also `calibration`; `auto` tries them where
            these are there.
        encoder: The tokenizer of the student.
        labels: Class names in the order of the logits; numbers by default.
        check: A list of texts, of `(text, label)` or of examples by role; an array, list or dict
            of inputs, `(inputs, labels)`, a list of `(input, label)`; or a `tf.data.Dataset` of
            these, of which 10,000 rows are read. By default a few sentences, or random inputs.
        tolerance: The difference that is allowed, as a share of the greatest output, in place of
            that of the quantisation.
        overwrite: Whether an older export may be replaced.
        form: What the outputs are: `multiclass`, `binary` (one logit for two classes), `multilabel`
            (a logit for each label) or `regression` (a number); by default that of the task, or
            of the losses that the student was trained with.
        calibration: As `check`, of which 100 rows show the ranges of numbers.
        seed: Draws these 100.
        max_drop: Points of accuracy (or of the task's headline) that may be lost; any number by
            default, of `auto` 0.3.
        client: `mediapipe` writes a `.tflite` that the text classifier of MediaPipe Tasks runs as
            it is; it needs an encoder of lower-cased word pieces.
        tokenizer: Gives a SavedModel a signature of texts, `serving_default`, by TensorFlow Text
            (extra `text`).
        task: The task of the student, its name or the import path of its class; by default one of
            several classes.
        schema: What the training split fixed for the task, in place of `labels`.

    Returns:
        The file, and how it compares with the student.

    Raises:
        UserError: Wrong arguments, a folder that cannot be written, a model that does not convert
            (its ops are named), or a file that does not compute what the student does.

    ```python
    tfkd.export(student, "small.tflite", quantize="int8", encoder=encoder, labels=["bad", "good"])
    ```
    """
    target = Path(path)
    kind = format_of(target, format)
    _check_quantize(kind, quantize, calibration, writes=bool(task and tasks.as_task(task).writes))
    check_allowed(tolerance, max_drop)
    student = _student_of(student)
    form = _choose_form(form, student, task)
    # Of NumPy or pandas, too.
    labels = labels if labels is None or isinstance(labels, str) else tuple(labels)
    _check_labels(labels if schema is None else schema.labels)
    check_target(target, kind, overwrite)
    from ..models.keras_internals import compute_in_float32
    from .calling import reads_pairs
    from .check_data import TaskContext
    from .formats import WRITERS
    from .mediapipe.export import check_client, mediapipe_file
    from .onnx import check_onnx
    from .preparing import prepare
    from .text_signature import check_texts

    if task is None and encoder is not None and form not in ("multiclass", "binary"):
        task = tasks.find_form(form)
    task, schema = _task(task, schema, labels)
    if encoder is not None and reads_pairs(student):
        task = tasks.of_pairs(task)
        schema = replace(schema, settings={**schema.settings, **task.settings})
    if task is not None and encoder is None:
        encoder = task.own_encoder()
    check_client(client, kind, encoder, task)
    if tokenizer:
        check_texts(encoder, kind, task)
    if kind == "onnx":
        check_onnx()
    with temporary_sibling(target) as folder:
        context = TaskContext(encoder=encoder, task=task, schema=schema, form=form)
        request = prepare(student, context, check=check, calibration=calibration, seed=seed)
        storage = replace(
            request.storage,
            kind=KINDS.get(quantize or "", FLOAT32),
            tolerance=tolerance,
            max_drop=AUTO_DROP if quantize == AUTO and max_drop is None else max_drop,
        )
        request = replace(request, storage=storage, reads_texts=tokenizer)
        write = mediapipe_file if client else WRITERS[kind]
        part = folder / target.name
        with nullcontext() if request.signature.kind == "masked" else compute_in_float32(student):
            quantize, figures = _write(write, request, part, kind, quantize)
        note = ""
        if kind == "litert" and quantize not in (None, "float32"):
            quantize, note = _name_stored(part, quantize)
        note = note or _note_size(student, part, quantize or "float32", kind)
        replace_atomically(folder / target.name, target)
    return Exported(
        path=target,
        format=kind,
        quantize=quantize,
        bytes=size(target),
        checked=figures.checked,
        max_difference=figures.max_difference,
        agreement=figures.agreement,
        score=figures.score,
        keras_score=figures.keras_score,
        scores=figures.scores,
        keras_scores=figures.keras_scores,
        note=note,
        written=figures.written,
        same_texts=figures.same_texts,
        step_difference=figures.step_difference,
        measure=next(iter(task.measures.values()), None) if task else None,
        kept_weights=figures.kept_weights,
    )


def _name_stored(file: Path, quantize: str) -> tuple[str, str]:
    """Return how a LiteRT file stores its numbers, and why if that is not as it was asked for."""
    from .stored_numbers import stored_kind, why_float32

    content = file.read_bytes()
    if stored_kind(content, quantize) == quantize:
        return quantize, ""
    note = why_float32(content, quantize)
    logger.info(note)
    return "float32", note


def _note_size(student: Any, file: Path, quantize: str, kind: str) -> str:
    """Return one sentence on a LiteRT file that is much larger than its parameters, or nothing."""
    from .converted_graphs import why_large

    if kind != "litert":
        return ""
    note = why_large(size(file), student.count_params(), quantize)
    if note:
        logger.info(note)
    return note


def _student_of(model: Any) -> Any:
    """Return the student of a `Distiller` or behind taps, any other model as it is."""
    from ..models.tapped import Tapped

    ours = any(cls.__module__.startswith("tfkd.training.") for cls in type(model).__mro__)
    model = model.student if ours and hasattr(model, "student") else model
    return model.model if isinstance(model, Tapped) else model


def _write(
    write: Any, request: ExportRequest, file: Path, kind: str, quantize: str | None
) -> tuple[str | None, Figures]:
    from .smallest import write_or_suggest, write_smallest

    if quantize == AUTO:
        return write_smallest(write, request, file)
    if kind == "litert":
        return quantize, write_or_suggest(write, request, file)
    return quantize, write(request, file)


def _task(
    task: Task | str | None, schema: Schema | None, labels: Sequence[str] | None
) -> tuple[Task | None, Schema]:
    """Return the task, if any, and its schema: of `labels` where it is not given."""
    if schema is not None and labels is not None and tuple(labels) != schema.labels:
        raise UserError(
            f"labels are {list(labels)} and schema has {list(schema.labels)}: give one of them."
        )
    if task is None:
        return None, schema or Schema(tuple(labels or ()))
    task = tasks.as_task(task)
    return task, schema or task.schema(tuple(labels or ()))


def _check_quantize(
    kind: str, quantize: str | None, calibration: Any, *, writes: bool = False
) -> None:
    if quantize not in (None, *QUANTIZE, AUTO):
        known = ", ".join(map(repr, (*QUANTIZE, AUTO)))
        raise UserError(f"quantize={quantize!r}: write one of {known}, or leave it out.")
    if kind != "litert" and quantize not in (None, "float32"):
        raise UserError(
            f"quantize={quantize!r} needs a LiteRT file: give a path that ends in `.tflite`, or "
            "leave quantize out."
        )
    if writes and quantize in KINDS and KINDS[quantize].by_quantizer:
        raise UserError(
            f"quantize={quantize!r} is for files of one signature, and a file that writes has "
            "several, which share their weights: write 'int8' or 'float16'."
        )
    integer_quantisation.check_installed(quantize or "float32")
    if quantize in CALIBRATED and calibration is None:
        raise UserError(
            f"quantize={quantize!r} reads the ranges of numbers off real inputs: give "
            "`calibration`, some hundred of the training texts."
        )


def _choose_form(form: str | None, student: Any, task: Task | str | None) -> str:
    """Return what a student's outputs are: as given, else as it was trained, else as the task says.

    Raises:
        UserError: No such form, or one that the student or the task contradicts.
    """
    if form not in (None, *FORMS):
        raise UserError(f"form={form!r}: write one of {', '.join(map(repr, FORMS))}.")
    trained = form_of(student)
    of_task = None if task is None else tasks.as_task(task).form
    if form and trained and form != trained:
        raise UserError(
            f"form={form!r}, and the student was trained with losses of form={trained!r}: leave "
            "form out."
        )
    form = form or trained or of_task or "multiclass"
    # Two classes may have one logit.
    if of_task not in (None, form, "multiclass" if form == "binary" else form):
        raise UserError(
            f"the student is of form={form!r}, and the task {tasks.name_of(tasks.as_task(task))} "
            f"of form={of_task!r}: leave `task` out, or give that of the student."
        )
    return form


def _check_labels(labels: Sequence[str] | None) -> None:
    if labels is None:
        return
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise UserError(f"labels are {labels!r}: give a list of class names.")
    different = len(set(labels)) == len(labels)
    if not different or not all(map(is_line, labels)):
        raise UserError(
            f"labels are {list(labels)}: give different names, each one line of at most 1,000 "
            "letters."
        )
