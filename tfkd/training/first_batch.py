"""Checks of one batch before the first step, each of which says what is wrong in one sentence.

Keras wraps what is raised inside a model in lines of its own, so the models run here, eagerly and
alone, on the example given to `Distiller` or on the first batch of `fit`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..losses._base import Objective
from ..losses._batch import IGNORE, Batch, Outputs
from ..losses._heads import ONLY, batch_of, heads_of, name_in_head, outputs_of, part_of
from ..losses._labels import describe_labels
from ..losses._states import batch_of_states
from ..models import probabilities
from ..models.outputs import raw_logits
from .batches import find_not_finite

_WRONG_INPUT = re.compile(
    r"(Invalid input shape for input|Input \d+ (with name .+ )?of layer|Missing data for input"
    r"|Layer .+ expects \d+ input)[^\n\x1b]*"
)
_UNKNOWN_ID = re.compile(r"= (-?\d+) is not in \[0, (\d+)\)")


def check_student(models_by_position: tuple, student: Any) -> None:
    """Refuse models given by position, no student, and what is no model."""
    if models_by_position or student is None:
        why = "models are given by name" if models_by_position else "there is no student"
        raise UserError(f"{why}: write Distiller(student=..., teacher=...).")
    if isinstance(student, type) or not hasattr(student, "count_params"):
        raise UserError(f"the student is {student!r}: give a Keras model.")


def check_shared(student: Any, teacher: Any) -> None:
    """Refuse a student that trains weights of its teacher, which would change with each step.

    Args:
        student: A built model.
        teacher: A built model, or None where it is no model.
    """
    own = {id(variable) for variable in getattr(teacher, "variables", ())}
    shared = [variable for variable in student.trainable_variables if id(variable) in own]
    if shared:
        raise UserError(
            f"the student shares {len(shared)} trainable weights with the teacher, e.g. "
            f"{shared[0].name}, so that training it would change the teacher: give a "
            "teacher of its own weights, e.g. loaded once more, or set trainable=False for the "
            "layers in common."
        )


def check_arguments(unknown: Mapping[str, Any]) -> None:
    """Refuse arguments that a `Distiller` does not take, with the place where they belong."""
    if not unknown:
        return
    names = ", ".join(unknown)
    if set(unknown) & {"temperature", "alpha", "soft_weight", "beta"}:
        temperature = unknown.get("temperature", 2.0)
        raise UserError(
            f"Distiller takes no {names}: write objective=tfkd.hinton(temperature={temperature!r}, "
            "soft_weight=0.5), where soft_weight is the share of the teacher, or a sum of losses."
        )
    if any("loss" in name for name in unknown):
        raise UserError(
            f"Distiller takes no {names}: write objective=..., e.g. 0.3 * tfkd.HardLabels() + 0.7 "
            "* tfkd.SoftTargets(temperature=4)."
        )
    if set(unknown) & {"optimizer", "metrics", "weighted_metrics", "jit_compile"}:
        raise UserError(f"Distiller takes no {names}: give it to compile(...).")
    raise UserError(
        f"Distiller takes no {names}: it takes student, teacher, objective, student_outputs, "
        "teacher_outputs, mask, example and name."
    )


def check_declared_shapes(objective: Objective, student: Any, teacher: Any) -> None:
    """Check the losses against the outputs that functional models declare."""
    student_outputs = _declared_outputs(student)
    teacher_outputs = _declared_outputs(getattr(teacher, "model", None))
    if student_outputs is not None:
        for _, _, loss in objective.named():
            loss.check(student_outputs, teacher_outputs, Batch())


def _declared_outputs(model: Any) -> dict | None:
    output = probabilities.declared_output(model)
    if isinstance(output, Mapping) and ONLY not in heads_of(output):
        # Of several heads: the first batch tells.
        return None
    logits = None if output is None else raw_logits(output)
    return {"logits": logits} if getattr(logits, "shape", (None,))[-1] is not None else None


def call(whose: str, model: Callable[[], Any]) -> Any:
    """Call the model; turn an out-of-range token id into a `UserError`."""
    try:
        # A GPU reads zeros beyond an embedding's end, and says nothing.
        with tf.device("CPU:0"):
            return model()
    except tf.errors.InvalidArgumentError as error:
        match = _UNKNOWN_ID.search(str(error))
        if not match:
            raise
        raise UserError(
            f"the data hold the id {match[1]} and the {whose}'s embedding has {match[2]} rows, "
            f"0..{int(match[2]) - 1}: use the vocabulary that the {whose} was made for."
        ) from None
    except ValueError as error:
        match = _WRONG_INPUT.search(str(error))
        if isinstance(error, UserError) or not match:
            raise
        raise UserError(
            f"the {whose} does not take these inputs ({match[0].rstrip('.')}): give what it was "
            "made for, a dataset in batches, dataset.batch(32)."
        ) from error


def check_logits(whose: str, value: Any, *, model: Any, form: str | None, reading: str) -> None:
    """Refuse probabilities where logits are meant: `value` is what a model returned."""
    probabilities.check_probabilities(
        value,
        whose=whose,
        form=form or "multiclass",
        reading=reading,
        known_linear=model is not None and probabilities.ends_linear(model),
    )


def check_finite(whose: str, logits: tf.Tensor, mask: tf.Tensor | None) -> None:
    """Refuse NaN and +inf at positions that count."""
    bad = int(tf.reduce_sum(tf.cast(find_not_finite(logits, mask), tf.int32)))
    if bad:
        raise UserError(
            f"the {whose} returned NaN or +inf for {bad} of the {len(logits)} examples of the "
            f"first batch: nothing was trained; look at the {whose}'s weights and inputs."
        )


def check_dense(data: Any) -> None:
    """Refuse rows of different lengths, and sparse ones, of which no loss knows the positions."""
    parts = data if isinstance(data, tuple) else (data,)
    for name, part in zip(("x", "y", "sample_weight"), parts, strict=False):
        for value in tf.nest.flatten(part):
            if isinstance(value, (tf.RaggedTensor, tf.SparseTensor)):
                kind = "ragged rows" if isinstance(value, tf.RaggedTensor) else "sparse tensors"
                cure = "to_tensor()" if isinstance(value, tf.RaggedTensor) else "tf.sparse.to_dense"
                raise UserError(
                    f"{name} holds {kind}: make them dense in the data, {cure}, and give an "
                    "attention_mask where padding must not count."
                )


def check_weights(sample_weight: tf.Tensor | None, student_outputs: Outputs) -> None:
    """Refuse sample weights that are negative, NaN or infinite, or none of examples.

    Args:
        sample_weight: Of one batch.
        student_outputs: Say whether positions may have weights of their own.
    """
    if sample_weight is None:
        return
    _check_rank(tuple(sample_weight.shape), student_outputs)
    weights = np.asarray(sample_weight, "float64")
    wrong = weights[~(np.isfinite(weights) & (weights >= 0))]
    if wrong.size:
        raise UserError(
            f"sample_weight is {wrong.flat[0]} for {wrong.size} of the {weights.size} weights "
            "looked at: write numbers >= 0, and 0 for what should not count."
        )


def _check_rank(shape: tuple[int, ...], student_outputs: Outputs) -> None:
    """Refuse weights that are neither one of each example nor one of each position."""
    # Of several heads, an example has one weight.
    logits = student_outputs.get("logits")
    rank = 2 if logits is None else logits.shape.rank
    if math.prod(shape[1:]) == 1 or 1 < len(shape) == rank - 1:
        return
    cure = "one weight for each example, [batch]"
    if logits is not None and rank > 2:
        cure += (
            f", or for each position, the shape of the logits {logits.shape} without the last axis"
        )
    raise UserError(f"sample_weight has the shape {shape}: give {cure}.")


def check_later(
    objective: Objective, student_outputs: Outputs, labels: Any, weights: tf.Tensor | None
) -> None:
    """Refuse labels and weights of validation data that a step would leave out."""
    check_weights(weights, student_outputs)
    for head, losses in objective.by_head().items():
        logits, own = student_outputs[name_in_head(head, "logits")], part_of(head, labels)
        bad = losses.find_bad_labels(logits, own)
        if bad is None or own is None or not bool(tf.reduce_any(bad)):
            continue
        form = losses.label_form or "multiclass"
        raise UserError(
            f"the validation data hold the label {np.asarray(own)[np.asarray(bad)].flat[0]}, and "
            f"{describe_labels(form, logits.shape[-1])}; write {IGNORE} where there is no label."
        )


def check_heads(objective: Objective, labels: Any) -> None:
    """Refuse labels that do not say which head they are of.

    Raises:
        UserError: One array for several heads, heads that do not exist, or a dict without heads.
    """
    heads = objective.by_head()
    if labels is None or (len(heads) == 1 and ONLY not in heads and tf.is_tensor(labels)):
        return
    if ONLY in heads:
        if isinstance(labels, Mapping):
            raise UserError(
                f"y is a dict of {', '.join(map(str, labels))} and no loss says which head it is "
                "on: give one array, or wrap the losses, "
                f"{' + '.join(f'ForHead({str(name)!r}, HardLabels())' for name in labels)}."
            )
        return
    if not isinstance(labels, Mapping) or not set(labels) <= set(heads):
        given = ", ".join(map(str, labels)) if isinstance(labels, Mapping) else "one array"
        wanted = ", ".join(f'"{head}": [...]' for head in heads)
        raise UserError(
            f"y is {given} and the losses are on the heads {', '.join(heads)}: give "
            f"y={{{wanted}}} ({IGNORE} where an example has no label)."
        )


def check_teacher(teacher: Any, objective: Objective) -> None:
    """Refuse losses that need a teacher if there is none."""
    if teacher is None:
        needing = losses_that_need("teacher", objective)
        raise UserError(
            f"{', '.join(needing)} needs a teacher and there is none: give Distiller(teacher=...), "
            'or data with stored targets, {"student": x, "targets": {"logits": ...}}.'
        )


def check_labels(objective: Objective, *, labelled: bool) -> None:
    """Refuse losses that need labels if the data have none."""
    needing = losses_that_need("labels", objective)
    if needing and not labelled:
        raise UserError(
            f"{', '.join(needing)} needs labels and the data have none: give y ({IGNORE} where an "
            "example has no label), or drop the loss, e.g. objective=SoftTargets()."
        )


def check_outputs(
    objective: Objective, student_outputs: Outputs, teacher_outputs: Outputs | None, batch: Batch
) -> None:
    """Refuse logits that are not finite, and what a loss cannot work on.

    Raises:
        UserError: NaN or +inf, an output that is missing, or what a loss says.
    """
    for head in objective.by_head():
        own = outputs_of(head, student_outputs)
        check_finite("student", own["logits"], batch_of(head, batch).mask)
    check_student_outputs(objective, student_outputs)
    for _, _, loss in objective.named():
        own_batch = batch_of_states(loss, student_outputs, teacher_outputs, batch)
        loss.check(student_outputs, teacher_outputs, own_batch)


def check_student_outputs(objective: Objective, student_outputs: Outputs) -> None:
    """Refuse losses that read what the student does not return."""
    missing = [name for name in objective.student_reads if name not in student_outputs]
    if missing:
        raise UserError(
            f"the student returned {', '.join(map(repr, student_outputs))} and the objective reads "
            f"{', '.join(map(repr, missing))} too: name the layers, "
            f"student=tfkd.tap(model, {missing[0]}=[...]), or drop the loss that reads it."
        )


def losses_that_need(what: str, objective: Objective) -> list[str]:
    """Name the losses that need `"teacher"` or `"labels"`."""
    return [name for name, _, loss in objective.named() if what in loss.needs]
