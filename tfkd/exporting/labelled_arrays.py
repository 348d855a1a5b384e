"""Arrays to check an export on, with or without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import UserError
from .check_data import CheckData, TaskContext
from .labelled_texts import label_id

NO_LABEL = -1
_BEYOND = 2**31
"No class has such a number."
FORMS = (
    "give an array, a list or dict of one array for each input, any of these with labels as "
    "(inputs, labels), a list of (input, label), or a tf.data.Dataset of batches"
)


def parse_arrays(values: Any, inputs: int | None) -> CheckData:
    """Read the inputs of a model: one array, or a list, tuple or dict of them."""
    by_place = not isinstance(values, Mapping)
    if isinstance(values, Mapping):
        arrays = dict(values)
    elif isinstance(values, (list, tuple)) and are_arrays(values) and inputs != 1:
        arrays = {str(place): array for place, array in enumerate(values)}
    else:
        arrays = {"": values}
    try:
        arrays = {name: np.asarray(array) for name, array in arrays.items()}
    except ValueError as error:
        raise UserError(f"`check` holds rows of different sizes: {FORMS}.") from error
    if any(array.dtype.kind not in "biuf" for array in arrays.values()):
        raise UserError(f"`check` holds what is no number: {FORMS}.")
    sizes = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise UserError(
            f"the arrays to check on have {', '.join(map(str, sorted(sizes))) or 'no'} rows: "
            "give all the same number, at least one."
        )
    return CheckData(arrays=arrays, by_place=by_place)


def parse_rows(values: list[Any], context: TaskContext) -> CheckData:
    """Read a list of single inputs, or of `(input, label)`."""
    pairs = [value for value in values if isinstance(value, tuple) and len(value) == 2]
    if not values or len(pairs) not in (0, len(values)):
        raise UserError(f"`check` is empty, or only some of it are (input, label): {FORMS}.")
    if not pairs:
        return parse_arrays(_stack(values), 1)
    rows, labels = zip(*pairs, strict=True)
    if all(isinstance(row, Mapping) for row in rows):
        inputs: Any = {name: _stack([row[name] for row in rows]) for name in rows[0]}
    else:
        inputs = _stack(rows)
    return add_labels(parse_arrays(inputs, 1), list(labels), context)


def add_labels(data: CheckData, labels: Any, context: TaskContext) -> CheckData:
    """Return arrays with the class of each of their rows.

    Raises:
        UserError: Another number of labels, or labels that are no classes.
    """
    labels = same_number(labels, len(next(iter((data.arrays or {}).values()))))
    if context.form in ("multiclass", "binary"):
        labels = _label_ids(labels, context.schema.labels)
    return CheckData(arrays=data.arrays, by_place=data.by_place, labels=np.asarray(labels))


def _label_ids(labels: Any, names: Sequence[str]) -> np.ndarray:
    """Return labels as class ids `[rows]` or `[rows, positions]`, -1 where there is none."""
    array = np.asarray(labels)
    if array.dtype.kind in "UO":
        return np.array([label_id(label, names) for label in labels], "int64")
    if array.ndim > 1 and array.shape[-1] == 1:
        array = array[..., 0]
    # NaN and infinity are below nothing.
    whole = (np.abs(array) < _BEYOND).all() and np.array_equal(array, np.round(array))
    if array.dtype.kind not in "biu" and not whole:
        raise UserError(
            "the labels to check on are no class numbers: give whole numbers from 0, or class "
            "names with `labels`; of other targets leave the labels out."
        )
    if not np.isin(array[array < 0], (-1, -100)).all():
        raise UserError(
            f"the label {int(array.min())} is among those to check on: give class numbers from 0, "
            "or -1 where there is none."
        )
    # -100 is what Hugging Face has where there is no label.
    return np.where(array < 0, NO_LABEL, array).astype("int64")


def check_labels_fit(
    labels: np.ndarray | None, shape: Sequence[int | None], context: TaskContext
) -> None:
    """Refuse labels of arrays that are no classes of the student's outputs.

    Args:
        labels: The labels, if any.
        shape: That of the outputs that answer.
        context: What the outputs are.

    Raises:
        UserError: They are not.
    """
    if labels is None:
        return
    *sizes, classes = shape
    if context.form not in ("multiclass", "binary"):
        wanted = classes if context.form == "multilabel" else 1
        if labels.size != len(labels) * (wanted or 0) or labels.ndim > 2:
            raise UserError(
                f"labels to check on of shape {list(labels.shape)} came for a student of "
                f"{classes} outputs with form={context.form!r}: give {wanted} for each row."
            )
        return
    if labels.ndim != len(sizes):
        raise UserError(
            f"labels to check on of shape {list(labels.shape)} came for logits "
            f"{[None, *sizes[1:], classes]}: give one class number for each row, not one-hot rows."
        )
    classes = 2 if context.binary else classes
    if classes is not None and labels.max(initial=0) >= classes:
        raise UserError(
            f"the label {labels.max()} is among those to check on, and the student has {classes} "
            f"classes: give numbers from 0 to {classes - 1}."
        )


def same_number(labels: Any, rows: int) -> Any:
    """Return the labels, if there is one for each row.

    Raises:
        UserError: There is not.
    """
    if np.ndim(labels) == 0 or len(labels) != rows:
        count = len(labels) if np.ndim(labels) else 1
        raise UserError(f"{count} labels came for {rows} rows to check on: give one for each row.")
    return labels


def _stack(rows: Sequence[Any]) -> np.ndarray:
    try:
        return np.stack([np.asarray(row) for row in rows])
    except ValueError as error:
        raise UserError(f"`check` holds rows of different sizes: {FORMS}.") from error


def are_arrays(values: Sequence[Any]) -> bool:
    """Return whether values are several arrays, each with a row for each example."""
    return len(values) > 1 and all(
        hasattr(value, "shape") and np.ndim(value) > 0 for value in values
    )
