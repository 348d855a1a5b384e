"""The weights of a model that may become zero: kernels and tables, no biases and no norms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from ...models.keras_internals import list_layers

_CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
_CELLS = (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)


@dataclass(frozen=True)
class Kernel:
    """A weight, and along which of its axes the numbers of one sum lie; none of a table's do."""

    variable: Any
    inputs: tuple[int, ...] = ()


def find_kernels(model: Any, *, tables: bool = True) -> list[Kernel]:
    """Return the kernels of a Keras 3 model, those inside composite layers too, each once.

    Args:
        model: A built model.
        tables: Whether the tables of embeddings are among them.
    """
    found: dict[int, Kernel] = {}
    for layer in list_layers(model, recursive=True):
        for kernel in _kernels_of(layer, tables):
            # Neither sums with LoRA nor whole numbers of a quantised layer.
            is_own = isinstance(kernel.variable, keras.Variable)
            if is_own and keras.backend.is_float_dtype(kernel.variable.dtype):
                found.setdefault(id(kernel.variable), kernel)
    return list(found.values())


def _kernels_of(layer: Any, tables: bool) -> Iterator[Kernel]:
    if not layer.built:
        return
    if isinstance(layer, keras.layers.Dense):
        yield Kernel(layer.kernel, (0,))
    elif isinstance(layer, keras.layers.EinsumDense):
        yield Kernel(layer.kernel, _summed_axes(layer.equation))
    elif isinstance(layer, _CONVOLUTIONS):
        yield Kernel(layer.kernel, (len(layer.kernel.shape) - 2,))
    elif isinstance(layer, _CELLS):
        yield Kernel(layer.kernel, (0,))
        yield Kernel(layer.recurrent_kernel, (0,))
    elif isinstance(layer, keras.layers.Embedding) and tables:
        yield Kernel(layer.embeddings)


def _summed_axes(equation: str) -> tuple[int, ...]:
    """Return the axes of a kernel over which `EinsumDense` sums.

    >>> _summed_axes("abc,cde->abde"), _summed_axes("...de,def->...f")
    ((0,), (0, 1))
    """
    inputs, _, output = equation.replace(" ", "").partition("->")
    given, kernel = inputs.split(",")
    return tuple(axis for axis, name in enumerate(kernel) if name in given and name not in output)
