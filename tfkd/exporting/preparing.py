"""Make an export request of the arguments of `tfkd.export`, checked against the student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import tensorflow as tf

from .. import tasks
from ..data import Schema
from ..errors import UserError
from ..models.embeddings import check_vocabulary
from ..models.keras_internals import precisions
from ..runtime.quantisations import DRAWN
from ..text.affixes import values_read
from .calling import LOGITS, ModelSignature, Reference, signature_of
from .check_argument import parse_check
from .check_data import TaskContext
from .export_request import ExportRequest, Storage
from .input_signature import Shape, count_inputs
from .labelled_arrays import check_labels_fit
from .student_padding import check_padding


def prepare(
    student: Any,
    context: TaskContext,
    *,
    check: Any,
    calibration: Any = None,
    seed: int = 0,
) -> ExportRequest:
    """Check the arguments of `tfkd.export` against the student.

    Args:
        student: The model.
        context: Tokenizer, task and class names, as they were given.
        check: The argument of that name.
        calibration: The argument of that name.
        seed: Draws what of `calibration` is used.

    Raises:
        UserError: Inputs that texts cannot feed, more ids than embedding rows, class names or
            labels that disagree with the outputs.
    """
    outputs = LOGITS if context.task is None else context.task.outputs
    inputs = count_inputs(student)
    data = parse_check(check, context, inputs)
    signature = signature_of(student, data.first, context.reads_texts, outputs)
    if context.encoder is not None and context.task is not None and not context.reads_texts:
        sizes = [tuple(shape[1:]) for shape, _ in signature.inputs.values()]
        context = replace(context, schema=context.task.with_input_shapes(context.schema, sizes))
        _check_reads_arrays(signature, context)
    elif context.encoder is not None:
        signature = replace(signature, pad_id=context.encoder.pad_id)
        _check_reads_ids(signature, context)
        check_vocabulary(student, context.encoder.vocab_size)
    if signature.kind == "masked" and precisions(student):
        raise UserError(
            f"{student.name!r} is of {precisions(student)[0]}, and a Hugging Face model is "
            "exported from float32: save it, set tf_keras's policy to float32, and load it again."
        )
    signature, reference = _refer(signature)
    check_padding(reference, signature, context)
    context = _completed(context, reference)
    check_labels_fit(data.labels, next(iter(reference.shapes.values())), context)
    ranges = None if calibration is None else parse_check(calibration, context, inputs)
    ranges = ranges and ranges.sample(DRAWN, seed)
    return ExportRequest(
        signature=signature,
        reference=reference,
        context=context,
        check=data,
        storage=Storage(calibration=ranges),
        mixed_precision=any("16" in name for name in precisions(student)),
    )


def _refer(signature: ModelSignature) -> tuple[ModelSignature, Reference]:
    """Return the student as a function, for any size of batch where it can be one.

    A Sequential without an Input that was built by its first batch has the size of that batch.
    """
    if all(shape[0] is None for shape, _ in signature.inputs.values()):
        return signature, Reference(signature)
    free = signature.free_batch()
    try:
        return free, Reference(free)
    except (TypeError, ValueError, tf.errors.OpError):
        return signature, Reference(signature)


def _check_reads_ids(signature: ModelSignature, context: TaskContext) -> None:
    ((_, (shape, dtype)), *others) = signature.inputs.items()
    reads = () if context.task is None else context.task.inputs
    wanted = len(values_read(reads, len(signature.inputs))) or 1
    if wanted > 1 and 1 + len(others) == wanted:
        return
    if others or len(shape) != 2 or not dtype.startswith(("int", "uint")):
        listed = ", ".join(f"{n} {list(s)} {d}" for n, (s, d) in signature.inputs.items())
        if context.task is not None and wanted > 1:
            raise UserError(
                f"the task {context.task.name} feeds {', '.join(context.task.inputs)}; the student "
                f"takes {listed}: give `task` with the settings that the student was made for."
            )
        raise UserError(
            f"an encoder feeds one input of ids [batch, length]; the student takes {listed}: "
            "leave `encoder` out and give `check` arrays."
        )


def _check_reads_arrays(signature: ModelSignature, context: TaskContext) -> None:
    """Refuse a student that takes other arrays than the rows of a task without texts hold.

    Raises:
        UserError: It does.
    """
    assert context.task is not None
    wanted = context.task.input_shapes(context.schema)
    shapes = [shape[1:] for shape, _ in signature.inputs.values()]
    if not _fit(shapes, list(wanted.values())):
        listed = ", ".join(f"{n} {list(s)}" for n, (s, _) in signature.inputs.items())
        told = ", ".join(f"{name} {[None, *shape]}" for name, shape in wanted.items())
        raise UserError(
            f"the task {context.task.name} feeds {told}; the student takes {listed}: give the "
            "schema that the student was trained with."
        )


def _fit(shapes: Sequence[Shape], wanted: Sequence[Shape]) -> bool:
    """Return whether shapes are those that are wanted, where None is any size."""
    return list(map(len, shapes)) == list(map(len, wanted)) and all(
        None in pair or pair[0] == pair[1]
        for one, other in zip(shapes, wanted, strict=True)
        for pair in zip(one, other, strict=True)
    )


def _completed(context: TaskContext, reference: Reference) -> TaskContext:
    """Return the context with its class names, which are numbers where none were given.

    A student of texts with one vector of logits is a classifier where no task was given.
    """
    labels, shape = context.schema.labels, next(iter(reference.shapes.values()))
    if context.task is not None and context.task.reads_pairs and not labels:
        labels = tuple(str(i) for i in range(2 if context.binary else shape[-1] or 0))
        context = replace(context, schema=replace(context.schema, labels=labels))
    if context.binary and shape[-1] != 1:
        raise UserError(f"form='binary' is one logit; the student has {shape[-1]}.")
    if context.task is not None:
        if context.form == "multilabel" and not labels:
            context = replace(context, schema=Schema(_numbers(shape[-1]), context.schema.settings))
        _check_outputs(context, reference)
        return context
    expected = 2 if context.binary else shape[-1]
    if labels and len(labels) != expected:
        raise UserError(
            f"{len(labels)} labels came for a student of {expected} classes: give one name a class."
        )
    if context.encoder is None:
        return context
    labels = labels or _numbers(expected)
    task = tasks.find(tasks.DEFAULT) if len(shape) == 2 else None
    return replace(context, task=task, schema=Schema(labels, context.schema.settings))


def _numbers(count: int | None) -> tuple[str, ...]:
    return tuple(str(i) for i in range(count or 0))


def _check_outputs(context: TaskContext, reference: Reference) -> None:
    """Refuse a student whose outputs have other sizes than those of the task.

    Raises:
        UserError: They have.
    """
    assert context.task is not None
    for name, wanted in context.task.output_shapes(context.schema).items():
        wanted = (1,) if context.binary else wanted
        sizes = reference.shapes[name][1:]
        fits = len(sizes) == len(wanted) and all(
            # Any number is None to a model, and 0 to a task.
            not all(pair) or pair[0] == pair[1]
            for pair in zip(sizes, wanted, strict=True)
        )
        if not fits:
            labels = context.schema.labels
            raise UserError(
                f"{len(labels)} labels came for a student whose output {name} has the shape "
                f"{list(sizes)}, and the task {context.task.name} needs {list(wanted)}: give the "
                "schema that the student was trained with."
            )
