"""The inputs of a model: stable names, shapes and dtypes, and how it is given them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import UserError
from ..models.keras_internals import input_structure

Shape = tuple[int | None, ...]
Inputs = Mapping[str, tuple[Shape, Any]]
"""Shape, with `None` for a free size, and dtype by name."""

_UNNAMED = re.compile(r"(keras_tensor|input_layer)(_\d+)?")
_ODD = re.compile(r"[^A-Za-z0-9_.-]")
"What a signature cannot have in the name of an input."
_WIDE = ("float16", "bfloat16", "float64")
"Dtypes that a file takes as float32: what the student computes in is not what its callers have."


def count_inputs(student: Any) -> int | None:
    """Return the number of a model's inputs, None of a model that does not say them."""
    inputs = getattr(student, "inputs", None)
    return len(inputs) if isinstance(inputs, (list, tuple)) and inputs else None


def inputs_of_model(student: Any) -> tuple[Inputs, str]:
    """Return the inputs of a functional or sequential model, and their structure.

    Raises:
        UserError: They are nested.
    """
    structure = input_structure(student)
    if isinstance(structure, Mapping):
        kind, names, tensors = "dict", list(structure), list(structure.values())
        _check_names(names)
    elif isinstance(structure, (list, tuple)) and len(structure) > 1:
        kind, tensors = "list", list(structure)
        names = stable_names([getattr(tensor, "name", "") for tensor in tensors])
    else:
        one = structure[0] if isinstance(structure, (list, tuple)) else structure
        kind, tensors = "tensor", [one]
        names = stable_names([getattr(one, "name", "")])
    if not all(hasattr(tensor, "shape") for tensor in tensors):
        raise UserError(f"the inputs of {student.name!r} are nested: give it a flat dict of them.")
    shapes = [(tuple(tensor.shape), _dtype(tensor.dtype)) for tensor in tensors]
    return dict(zip(names, shapes, strict=True)), kind


def inputs_of_example(example: Any) -> tuple[Inputs, str]:
    """Return the inputs of a model that is called with `example`, and their structure.

    Args:
        example: An array, a list or tuple of arrays, or a dict of them.
    """
    if isinstance(example, Mapping):
        kind, arrays = "dict", dict(example)
        _check_names(list(arrays))
    elif isinstance(example, (list, tuple)):
        names = stable_names([""] * len(example))
        kind, arrays = "list", dict(zip(names, example, strict=True))
    else:
        kind, arrays = "tensor", {stable_names([""])[0]: example}
    inputs = {
        name: ((None, *np.shape(array)[1:]), _dtype(np.asarray(array).dtype))
        for name, array in arrays.items()
    }
    return inputs, kind


def stable_names(names: Sequence[str]) -> list[str]:
    """Return names that no other process gives otherwise: numbers for those that Keras made up.

    >>> stable_names(["my image", "keras_tensor_135", "input_layer"])
    ['my_image', 'input', 'input_1']
    """
    names = [_ODD.sub("_", name) for name in names]
    given = {name for name in names if name and not _UNNAMED.fullmatch(name)}
    made = (f"input_{i}" if i else "input" for i in range(2 * len(names) + 1))
    free = (name for name in made if name not in given)
    return [name if name in given else next(free) for name in names]


def _check_names(names: Sequence[str]) -> None:
    """Refuse keys by which a model is called and which no file can have.

    Raises:
        UserError: There is one.
    """
    for name in names:
        if not isinstance(name, str) or _ODD.search(name):
            raise UserError(
                f"an input is called {name!r}, which no file can have: rename it with letters "
                "without accents, digits, `_`, `-` and `.`."
            )


def _dtype(dtype: Any) -> str:
    return "float32" if str(dtype) in _WIDE else str(dtype)
