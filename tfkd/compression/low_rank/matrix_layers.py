"""Layers whose weights are one matrix, and the two layers of its factors."""

from __future__ import annotations

import string
from abc import ABC, abstractmethod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .ranks import Shape


class MatrixLayer(ABC):
    """A layer seen as `x W`, which becomes `NAME_down`, `x A`, and `NAME`, the rest.

    Args:
        layer: A built layer for which `fits` is true.
    """

    is_table = False

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.config: dict[str, Any] = layer.get_config()

    @staticmethod
    @abstractmethod
    def fits(layer: Any) -> bool:
        """Return whether a layer is of this kind, and nothing about it forbids to split it."""

    @abstractmethod
    def pair(self, rank: int) -> tuple[Any, Any]:
        """Return the two layers for a rank, not built yet."""

    @property
    def shape(self) -> Shape:
        """Rows and columns of the matrix."""
        whole = tuple(self.layer.kernel.shape)
        return int(np.prod(whole[:-1])), int(whole[-1])

    @property
    def matrix(self) -> np.ndarray:
        """The weights, `[rows, columns]`."""
        return np.asarray(self.layer.weights[0], "float32").reshape(self.shape)

    def rows(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return what is multiplied with the matrix, `[..., rows]`, of what the layer is given."""
        return inputs

    def set_weights(self, pair: tuple[Any, Any], left: np.ndarray, right: np.ndarray) -> None:
        """Give the two layers the factors, and the second one all else that the layer has.

        Args:
            pair: What `pair` returned, built.
            left: `[rows, rank]`.
            right: `[rank, columns]`.
        """
        for layer, factor, others in zip(pair, (left, right), ([], self._others()), strict=True):
            layer.set_weights([factor.reshape(layer.weights[0].shape), *others])

    def _others(self) -> list[np.ndarray]:
        return self.layer.get_weights()[1:]

    def _named_down(self, **changes: Any) -> dict[str, Any]:
        return self.config | changes | {"name": f"{self.layer.name}_down"}


class DenseMatrix(MatrixLayer):
    """A `Dense`."""

    @staticmethod
    def fits(layer: Any) -> bool:
        """Return whether a layer is a `Dense` that may be split."""
        return type(layer) is keras.layers.Dense and has_free_kernel(layer)

    def pair(self, rank: int) -> tuple[Any, Any]:
        """Return two dense layers, only the second with a bias and an activation."""
        down = self._named_down(units=rank, **PLAIN)
        return keras.layers.Dense.from_config(down), keras.layers.Dense.from_config(self.config)


class EinsumMatrix(MatrixLayer):
    """An `EinsumDense` that sums over the last axes of its input and puts others in their place."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        found = read_equation(layer.equation)
        if found is None:
            raise ValueError(layer.equation)
        self.batch, self.sums, self.results = found

    @staticmethod
    def fits(layer: Any) -> bool:
        """Return whether a layer is an `EinsumDense` that is a product of matrices."""
        einsum = type(layer) is keras.layers.EinsumDense and has_free_kernel(layer)
        return einsum and read_equation(layer.equation) is not None

    @property
    def shape(self) -> Shape:
        """Rows and columns: the axes that are summed, and those that are new."""
        whole, summed = tuple(self.layer.kernel.shape), len(self.sums)
        return int(np.prod(whole[:summed])), int(np.prod(whole[summed:]))

    def rows(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the inputs with the axes that are summed as one."""
        return tf.reshape(inputs, [*inputs.shape[: -len(self.sums)], self.shape[0]])

    def pair(self, rank: int) -> tuple[Any, Any]:
        """Return two einsums, the first into one new axis, the second from there."""
        used = self.batch + self.sums + self.results
        middle = next(letter for letter in string.ascii_letters if letter not in used)
        whole = tuple(self.layer.partial_output_shape)
        down = self._named_down(
            equation=f"{self.batch}{self.sums},{self.sums}{middle}->{self.batch}{middle}",
            output_shape=(*whole[: len(whole) - len(self.results)], rank),
            bias_axes=None,
            activation=None,
            activity_regularizer=None,
        )
        up = self.config | {
            "equation": f"{self.batch}{middle},{middle}{self.results}->{self.batch}{self.results}"
        }
        return keras.layers.EinsumDense.from_config(down), keras.layers.EinsumDense.from_config(up)


class TableMatrix(MatrixLayer):
    """An `Embedding`: the id of a row stands for a vector with one 1."""

    is_table = True

    @staticmethod
    def fits(layer: Any) -> bool:
        """Return whether a layer is an `Embedding` that may be split."""
        plain = type(layer) is keras.layers.Embedding and layer.embeddings_constraint is None
        return plain and is_unchanged(layer)

    @property
    def shape(self) -> Shape:
        """Rows of the table, and its width."""
        return self.layer.input_dim, self.layer.output_dim

    def pair(self, rank: int) -> tuple[Any, Any]:
        """Return a narrow table, and a dense layer to the width of before."""
        narrow = self._named_down(output_dim=rank, activity_regularizer=None)
        down = keras.layers.Embedding.from_config(narrow)
        up = keras.layers.Dense(
            self.layer.output_dim,
            use_bias=False,
            activity_regularizer=self.layer.activity_regularizer,
            name=self.layer.name,
            dtype=self.layer.dtype_policy,
            trainable=self.layer.trainable,
        )
        return down, up


# What the first of two layers is without: of its outputs nothing was asked before.
PLAIN = {"use_bias": False, "activation": None, "activity_regularizer": None}


def read_equation(equation: str) -> tuple[str, str, str] | None:
    """Return the letters of an einsum that are kept, summed and new; None if it is no product.

    >>> read_equation("abc,cde->abde"), read_equation("...x,xy->...y"), read_equation("abc,bd->adc")
    (('ab', 'c', 'de'), ('...', 'x', 'y'), None)
    """
    inputs, _, rest = equation.replace(" ", "").partition(",")
    kernel, _, outputs = rest.partition("->")
    sums = "".join(letter for letter in kernel if letter in inputs)
    results = "".join(letter for letter in kernel if letter not in inputs)
    batch = inputs.removesuffix(sums)
    plain = kernel == sums + results and inputs == batch + sums and outputs == batch + results
    return (batch, sums, results) if plain and sums and results else None


def has_free_kernel(layer: Any) -> bool:
    """Return whether a layer's kernel may become a product."""
    return layer.kernel_constraint is None and is_unchanged(layer)


def is_unchanged(layer: Any) -> bool:
    """Return whether a layer's weights are those that its class makes, in floats."""
    return layer.quantization_mode is None and not layer.lora_enabled
