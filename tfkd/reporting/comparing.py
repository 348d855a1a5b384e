"""`compare`: models side by side on the same examples, from arrays or a `tf.data.Dataset`."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import tasks
from ..errors import UserError, first_line
from ..files import gzip_size
from ..runtime.zeros_in_files import share_of_zeros_in_file
from ..tasks import Arrays
from .column_parts import ColumnParts, score_parts
from .report import Report
from .scoring import TestSet, stored_run
from .speed import time_model

BATCH = 32
TIMED = 64
"""Examples that are timed."""
Batch = tuple[Any, np.ndarray]
"""Inputs and labels."""


def compare(
    *,
    student: Any,
    data: Any,
    teacher: Any = None,
    baseline: Any = None,
    exported: str | os.PathLike | None = None,
    title: str = "comparison",
    form: str = "multiclass",
    by: Mapping[str, Any] | None = None,
) -> Report:
    """Score and time models on labelled examples: of one class, of several labels, or a number.

    Args:
        student: A Keras model that returns logits `[batch, classes]`, or a dict with `logits`.
        data: `(x, y)` arrays, or a `tf.data.Dataset` of such batches; `x` may be
            `{"student": ..., "teacher": ...}` where the models read different inputs. `y` are
            class ids; examples with -100 are not scored. With `form="multilabel"` they are rows of
            0 and 1, with `form="regression"` numbers.
        teacher: A model or a callable `(inputs, reads) -> outputs`.
        baseline: The same student trained without the teacher, to tell whether that one helped.
        exported: A `.tflite` that `tfkd.export` wrote.
        title: The heading of the table.
        form: What the logits are: `multiclass`, `binary` (one logit, labels 0 and 1), `multilabel`
            (answers are the labels above 0.5) or `regression`.
        by: A name with a value for each example, such as `{"domain": domains}`: the report then
            has the headline of each model on the examples of each value, too.

    Raises:
        UserError: Data without labels, or outputs that are not `[batch, classes]`.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> report = compare(student=model, data=(np.ones((8, 4), "float32"), np.zeros(8, "int32")))
    >>> [row.name for row in report.rows], report["student"].parameters
    (['student'], 10)
    """
    task = tasks.find_form("multiclass" if form == "binary" else form)
    batches = _read_batches(data)
    labels = np.concatenate([y for _, y in batches])
    models = {"teacher": teacher, "baseline": baseline, "student": student}
    models = {name: model for name, model in models.items() if model is not None}
    runs = {name: _run_keras(model) for name, model in models.items()}
    if exported is not None:
        runs["exported"] = _run_file(exported)
    logits = {
        name: _by_class(_run_all(run, batches, name), name, form) for name, run in runs.items()
    }
    examples = task.labelled_examples(labels)
    if not any(map(task.is_labelled, examples)):
        raise UserError("none of the examples has a label: give labels to score against.")
    _check_widths(task, logits, labels)
    schemas = {
        name: task.complete_schema(
            task.schema(tuple(str(i) for i in range(array.shape[1]))), examples
        )
        for name, array in logits.items()
    }
    test = TestSet(task, schemas["student"], examples)
    rows: list[list[Arrays]] = [[{}] for _ in examples]
    answers = {
        name: task.answers(stored_run({"logits": array}), rows, schemas[name])
        for name, array in logits.items()
    }
    lines = []
    for name, run in runs.items():
        row = test.row(name, answers[name], answers.get("teacher") if name != "teacher" else None)
        costs = {**_size(models.get(name), exported), **_time(run, batches, name)}
        lines.append(dataclasses.replace(row, **costs))
    words = test.warnings(lines[0].scores, answers["teacher"]) if "teacher" in runs else []
    words += test.verdict(answers["student"], answers.get("baseline"))
    report = test.report(title, lines, words=words)
    return report if by is None else dataclasses.replace(report, parts=_parts(test, answers, by))


def _parts(test: TestSet, answers: Mapping[str, Any], by: Mapping[str, Any]) -> ColumnParts:
    """Return the headline on parts of the examples.

    Raises:
        UserError: Not one name with its values, or another number of values than of examples.
    """
    if not isinstance(by, Mapping) or len(by) != 1:
        raise UserError(f'by is {by!r:.60}: give one name with its values, {{"domain": domains}}.')
    ((name, values),) = by.items()
    listed = np.asarray(values, object).tolist()
    return score_parts(test.task, test.examples, answers, by=str(name), values=listed)


def _read_batches(data: Any) -> list[Batch]:
    """Return inputs and class ids in NumPy, 32 examples each where arrays came."""
    import tensorflow as tf

    if not isinstance(data, tf.data.Dataset):
        if not (isinstance(data, (tuple, list)) and len(data) == 2):
            raise UserError("data to compare on: give (x, y), or a tf.data.Dataset of (x, y).")
        try:
            data = tf.data.Dataset.from_tensor_slices(tuple(data)).batch(BATCH)
        except (ValueError, tf.errors.OpError) as error:
            raise UserError(
                f"data to compare on: x and y do not go together ({first_line(error)})."
            ) from error
    elements = list(data.as_numpy_iterator())
    if not elements or not all(isinstance(e, tuple) and len(e) >= 2 for e in elements):
        raise UserError("the data to compare on need labels: give (x, y) batches, at least one.")
    return [(element[0], np.asarray(element[1])) for element in elements]


def _check_widths(task: tasks.Task, logits: dict[str, np.ndarray], labels: np.ndarray) -> None:
    """Refuse a model with another number of logits than the labels have.

    Raises:
        UserError: There is one.
    """
    if task.form == "multiclass":
        return
    wanted = labels.shape[1] if task.form == "multilabel" else 1
    for name, array in logits.items():
        if array.shape[1] != wanted:
            raise UserError(
                f"{name} returns {array.shape[1]} logits, and {wanted} are needed for labels "
                f"{list(labels.shape)} of the form {task.form!r}."
            )


def _by_class(logits: np.ndarray, name: str, form: str) -> np.ndarray:
    """Return a logit for each class; of one sigmoid those of both outcomes.

    Raises:
        UserError: One logit that nobody calls `binary`, or several that somebody does.
    """
    count = logits.shape[1]
    if form == "multiclass" and count == 1:
        raise UserError(
            f"{name} returns one logit for each example, of which the largest is always the "
            "first: write form='binary', or form='regression' for numbers."
        )
    if form == "binary" and count != 1:
        raise UserError(f"{name} returns {count} logits, and form='binary' means one.")
    return np.concatenate([np.zeros_like(logits), logits], axis=1) if form == "binary" else logits


def _inputs_of(x: Any, name: str) -> Any:
    """Return what the model of this name reads of `x`."""
    if isinstance(x, dict) and "student" in x and set(x) <= {"student", "teacher", "targets"}:
        return x.get("teacher", x["student"]) if name == "teacher" else x["student"]
    return x


def _run_keras(model: Any) -> Callable[[Any], np.ndarray]:
    import tensorflow as tf

    from ..models.callables import as_teacher

    teacher = as_teacher(model)
    # One trace for all lengths of text, not one for each.
    graph = tf.function(
        lambda x: teacher(x, ("logits",))["logits"], autograph=False, reduce_retracing=True
    )
    return lambda x: graph(tf.nest.map_structure(tf.convert_to_tensor, x)).numpy()


def _run_file(path: str | os.PathLike) -> Callable[[Any], np.ndarray]:
    from ..runtime.interpreter import LiteRT
    from ..runtime.row_feeding import CLIENT

    model = LiteRT(Path(path))
    if set(model.inputs) == set(CLIENT):
        raise UserError(
            f"{path} is a file for MediaPipe, which returns probabilities: compare the one that "
            "was exported without `client`."
        )
    # Examples in a batch, 0 where the file takes any number of them.
    fixed = next(iter(model.inputs.values()))[0][0]

    def run(x: Any) -> np.ndarray:
        named = x if isinstance(x, dict) else {next(iter(model.inputs)): x}
        arrays: dict[str, np.ndarray] = {
            k: np.asarray(named[k], dtype) for k, (_, dtype) in model.inputs.items()
        }
        count = len(next(iter(arrays.values())))
        size = fixed or count
        parts = [
            model.logits({k: _fill(a[at : at + size], size) for k, a in arrays.items()})
            for at in range(0, count, size)
        ]
        return np.concatenate(parts)[:count]

    return run


def _fill(rows: np.ndarray, size: int) -> np.ndarray:
    """Repeat the last row until there are `size`."""
    return np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])


def _run_all(run: Callable[[Any], np.ndarray], batches: list[Batch], name: str) -> np.ndarray:
    """Return a model's logits for all batches, `[examples, classes]`."""
    parts = [np.asarray(run(_inputs_of(x, name)), "float32") for x, _ in batches]
    logits = np.concatenate(parts)
    if logits.ndim != 2:
        raise UserError(f"{name} returns logits {logits.shape}: expected [batch, classes].")
    return logits


def _size(model: Any, exported: str | os.PathLike | None) -> dict[str, Any]:
    """Return the number of parameters and the megabytes of a model, or of a file."""
    if model is None and exported is not None:
        return size_of_file(Path(exported))
    count = getattr(model, "count_params", None)
    parameters = int(count()) if count else None
    size = {"parameters": parameters, "megabytes": 4e-6 * parameters if parameters else None}
    from ..models.zeros import share_of_zeros

    return {**size, "zeros": share_of_zeros(model)} if parameters else size


def size_of_file(path: Path) -> dict[str, Any]:
    """Return the megabytes of a `.tflite`, those once it is packed, and its share of zeros."""
    return {
        "zeros": share_of_zeros_in_file(path),
        "megabytes": path.stat().st_size / 1e6,
        "packed_megabytes": gzip_size(path) / 1e6,
    }


def _time(run: Callable[[Any], np.ndarray], batches: list[Batch], name: str) -> dict[str, float]:
    """Return latency and throughput of a model on the first examples."""
    import tensorflow as tf

    inputs = [_inputs_of(x, name) for x, _ in batches]
    ones: list[Any] = []
    for x in inputs:
        rows = len(tf.nest.flatten(x)[0])
        ones += [tf.nest.map_structure(lambda a, i=i: a[i : i + 1], x) for i in range(rows)]
        if len(ones) >= TIMED:
            break
    enough = inputs[: -(-TIMED // BATCH)]
    count = sum(len(tf.nest.flatten(x)[0]) for x in enough)
    return time_model(run, ones=ones[:TIMED], batches=enough, count=count)
