"""Everything that one batch can tell, said in one sentence before the first step.

Keras wraps what is raised inside a model in lines of its own, so the models run here, eagerly and
alone, on the example given to `Distiller` or on the first batch of `fit`.
"""

from __future__ import annotations

import re

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import IGNORE, Batch
from ..models import probabilities
from ..models.outputs import raw_logits
from . import bad_targets, batches, input_checksum, sources
from .sources import Contents

_OUTSIDE = re.compile(r"= (-?\d+) is not in \[0, (\d+)\)")


def the_student(given: tuple, student) -> None:
    """Refuse models given by position, no student, and what is no model."""
    if given or student is None:
        why = "models are given by name" if given else "there is no student"
        raise UserError(f"{why}: write Distiller(student=..., teacher=...).")
    if isinstance(student, type) or not hasattr(student, "count_params"):
        raise UserError(f"the student is {student!r}: give a Keras model.")


def at_construction(distiller, example) -> None:
    """Check the shapes that the models declare, or everything where there is an example batch."""
    if example is not None:
        check(distiller, example)
        return
    student, teacher = _declared(distiller.student), _declared_by_teacher(distiller.teacher)
    if student is not None:
        for _, _, loss in distiller.objective.named():
            loss.check(student, teacher, Batch())


def before_fit(distiller, x, y, sample_weight, batch_size) -> tuple:
    """Check the first batch of what `fit` got; `(x, contents)`, `x` whole."""
    with bad_targets.said_in_pipeline():
        x, first = sources.first_batch(x, y, sample_weight, batch_size)
    if first is None:
        return x, Contents()
    check(distiller, first)
    return x, sources.holds(first)


def before_validation(distiller, options: dict, trained: Contents) -> tuple[dict, Contents]:
    """The options of `fit`, and the contents of its validation data: enough to report something."""
    data, holds = options.get("validation_data"), trained
    if data is not None:
        first, *rest = data if isinstance(data, (tuple, list)) else (data,)
        first, holds = sources.glance(first, *rest[:2])
        options = {**options, "validation_data": (first, *rest) if rest else first}
    if data is not None or options.get("validation_split"):
        check_report(distiller, holds)
    return options, holds


def before_evaluate(distiller, x, y, sample_weight) -> tuple:
    """`(x, contents)` of what `evaluate` got, where there is something to report of it."""
    x, holds = sources.glance(x, y, sample_weight)
    check_report(distiller, holds)
    return x, holds


def check_report(distiller, holds: Contents) -> None:
    """Raise `UserError` where an evaluation of such data would report nothing."""
    skipped = distiller.skipped(holds.targets)
    if distiller.objective.reads and not skipped and holds.targets is None:
        _need_a_teacher(distiller)
    _need_labels(distiller, holds.labels)
    named = [name for name, _, _ in distiller.objective.named()]
    if set(named) - set(skipped) or (holds.labels and distiller.has_metrics):
        return
    why = "the data have no labels" if distiller.has_metrics else "no metrics are compiled"
    cure = "evaluate labelled data" if distiller.has_metrics else 'compile(metrics=["accuracy"])'
    raise UserError(
        f"evaluate has nothing to report: {', '.join(skipped)} needs the teacher, which does not "
        f"run there, and {why}: {cure}, or compile(teacher_in_evaluate=True)."
    )


def check(distiller, data) -> None:
    """Run both models on one batch, and raise `UserError` for whatever is wrong with it."""
    data = batches.each(tf.convert_to_tensor, data)
    inputs, labels, sample_weight = batches.unpack(data)
    with distiller.distribute_strategy.scope():
        value, student = _run("student", lambda: distiller.run_student(inputs, training=False))
        teacher = _teacher_outputs(distiller, inputs, labels)
        _no_probabilities(distiller, "student", raw_logits(value), distiller.student)
        mask = distiller.position_mask(inputs.student, labels, student["logits"])
        _need_finite("student", student["logits"], mask)
        batch, weight = batches.batch_of(inputs, labels, sample_weight, mask, student["logits"])
        distiller.remember(value, student, batch, weight)
        _need_labels(distiller, labels is not None)
        _need_outputs(distiller, student)
        for _, _, loss in distiller.objective.named():
            loss.check(student, teacher, batch)
        distiller.make_projections(student, teacher or {})
    distiller.built = distiller.student.built


def _teacher_outputs(distiller, inputs, labels):
    if not distiller.objective.reads:
        return None
    if inputs.targets is not None:
        outputs = dict(inputs.targets)
        changed = input_checksum.broken(outputs, inputs.student)
        if changed is not None:
            bad_targets.refuse_changed(int(tf.reduce_sum(tf.cast(changed, tf.int32))))
    else:
        _need_a_teacher(distiller)
        value = _run("teacher", lambda: _raw(distiller, inputs.teacher))
        outputs = distiller.read_teacher(value)
        model = getattr(distiller.teacher, "model", None)
        _no_probabilities(distiller, "teacher", raw_logits(value), model)
    missing = [key for key in distiller.objective.reads if key not in outputs]
    if missing and inputs.targets is not None:
        raise UserError(
            f"the stored targets hold {', '.join(_told(outputs))} and the objective reads "
            f"{', '.join(missing)} too: write them with tfkd.store.write(..., "
            f"reads={distiller.objective.reads!r}), or drop the loss that reads it."
        )
    if missing:
        raise UserError(
            f"the teacher returned {', '.join(map(repr, outputs))} and the objective reads "
            f"{', '.join(map(repr, missing))} too: return it, or drop the loss that reads it."
        )
    if "logits" in outputs:
        mask = distiller.position_mask(inputs.teacher, labels, outputs["logits"])
        _need_finite("teacher", outputs["logits"], mask)
    return outputs


def _need_outputs(distiller, student) -> None:
    missing = [key for key in distiller.objective.student_reads if key not in student]
    if missing:
        raise UserError(
            f"the student returned {', '.join(map(repr, student))} and the objective reads "
            f"{', '.join(map(repr, missing))} too: name the layers, "
            f"student=tfkd.tap(model, {missing[0]}=[...]), or drop the loss that reads it."
        )


def _told(targets) -> list[str]:
    return [name for name in targets if name != input_checksum.NAME]


def _raw(distiller, inputs):
    teacher = distiller.teacher
    return getattr(teacher, "raw", teacher)(inputs, distiller.objective.reads)


def _run(whose: str, model):
    """What the model returns; an id beyond its embedding in our words."""
    try:
        with tf.device("CPU:0"):  # a GPU reads zeros there and says nothing
            return model()
    except tf.errors.InvalidArgumentError as error:
        found = _OUTSIDE.search(str(error))
        if not found:
            raise
        raise UserError(
            f"the data hold the id {found[1]} and the {whose}'s embedding has {found[2]} rows, "
            f"0..{int(found[2]) - 1}: use the vocabulary that the {whose} was made for."
        ) from None


def _no_probabilities(distiller, whose: str, value, model) -> None:
    probabilities.check_probabilities(
        value,
        whose=whose,
        form=distiller.objective.form or "multiclass",
        reading=distiller.readings[whose],
        known_linear=model is not None and probabilities.ends_linear(model),
    )


def _need_a_teacher(distiller) -> None:
    if distiller.teacher is None:
        lost = [n for n, _, loss in distiller.objective.named() if "teacher" in loss.needs]
        raise UserError(
            f"{', '.join(lost)} needs a teacher and there is none: give Distiller(teacher=...), or "
            'data with stored targets, {"student": x, "targets": {"logits": ...}}.'
        )


def _need_labels(distiller, labels: bool) -> None:
    lost = [n for n, _, loss in distiller.objective.named() if "labels" in loss.needs]
    if lost and not labels:
        raise UserError(
            f"{', '.join(lost)} needs labels and the data have none: give y ({IGNORE} where an "
            "example has no label), or drop the loss, e.g. objective=SoftTargets()."
        )


def _need_finite(whose: str, logits, mask) -> None:
    bad = int(tf.reduce_sum(tf.cast(batches.not_finite(logits, mask), tf.int32)))
    if bad:
        raise UserError(
            f"the {whose} returned NaN or +inf for {bad} of the {len(logits)} examples of the "
            f"first batch: nothing was trained; look at the {whose}'s weights and inputs."
        )


def _declared(model) -> dict | None:
    """The symbolic output of a functional model."""
    output = probabilities.declared_output(model)
    logits = None if output is None else raw_logits(output)
    return {"logits": logits} if getattr(logits, "shape", (None,))[-1] is not None else None


def _declared_by_teacher(teacher) -> dict | None:
    return _declared(getattr(teacher, "model", None))
