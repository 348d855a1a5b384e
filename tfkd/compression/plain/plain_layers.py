"""Makes plain layers that have weights from the start, and names that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

_OF_DENSE = (
    *("kernel_initializer", "bias_initializer"),
    *("kernel_regularizer", "bias_regularizer", "activity_regularizer"),
)


class PlainLayers:
    """Makes the layers of one model."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._reserved: set[str] = set()
        self._shared: dict[Any, tuple[Any, Any]] = {}

    def name(self, wanted: str) -> str:
        """Return a name that no other layer has, the wanted one if it is free.

        >>> maker = PlainLayers()
        >>> maker.name("dropout"), maker.name("dropout"), maker.name("dropout")
        ('dropout', 'dropout_1', 'dropout_2')
        """
        name, number = wanted, 0
        while name in self._names or name in self._reserved:
            number += 1
            name = f"{wanted}_{number}"
        self._names.add(name)
        return name

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names for layers that come later, from others that would have them."""
        self._reserved.update(names)

    def release(self, name: str) -> None:
        """Let the next layer have a name that was reserved for it."""
        self._reserved.discard(name)

    def once(self, of: Any, kind: str, make: Callable[[], Any]) -> Any:
        """Return what is made only once for a tensor or a layer.

        Args:
            of: The tensor or the layer.
            kind: What is made of it.
            make: Makes it.
        """
        key = (id(of), kind)
        if key not in self._shared:
            # It is kept, so that nothing else gets its id.
            self._shared[key] = (of, make())
        return self._shared[key][1]

    def dense(
        self, name: str, kernel: np.ndarray, bias: np.ndarray | None, like: Any = None, **own: Any
    ) -> keras.layers.Layer:
        """Make a dense layer.

        Args:
            name: What it is called.
            kernel: `[inputs, units]`.
            bias: `[units]`; None for none.
            like: The layer whose precision, regularisers and so on it has.
            **own: Other arguments of the layer.
        """
        settings = {**_settings(like, _OF_DENSE), **own, "use_bias": bias is not None}
        layer = keras.layers.Dense(kernel.shape[1], name=self.name(name), **settings)
        layer.build((None, kernel.shape[0]))
        layer.set_weights([kernel] if bias is None else [kernel, bias])
        return layer

    def embedding(
        self, name: str, table: np.ndarray, like: Any = None, **own: Any
    ) -> keras.layers.Layer:
        """Make an embedding.

        Args:
            name: What it is called.
            table: `[rows, width]`.
            like: The layer whose precision and so on it has.
            **own: Other arguments of the layer.
        """
        settings = {**_settings(like), **own}
        layer = keras.layers.Embedding(*table.shape, name=self.name(name), **settings)
        layer.build((None,))
        layer.set_weights([table])
        return layer

    def norm(self, name: str, weights: Sequence[np.ndarray], epsilon: float) -> keras.layers.Layer:
        """Make a layer norm.

        Args:
            name: What it is called.
            weights: Its scale and its shift.
            epsilon: What is added to the variance.
        """
        layer = keras.layers.LayerNormalization(epsilon=epsilon, name=self.name(name))
        layer.build((None, len(weights[0])))
        layer.set_weights(list(weights))
        return layer

    def copy(self, layer: Any, name: str | None = None, shape: Any = None) -> Any:
        """Make the same layer or operation.

        Args:
            layer: The layer or operation.
            name: What the copy is called; as the original by default.
            shape: Of what it is called on: where given, it gets the weights too.
        """
        config = dict(layer.get_config())
        if "name" in config:
            config["name"] = self.name(name or layer.name)
        copied = type(layer).from_config(config)
        if shape is not None:
            copied.build(shape)
            copied.set_weights(layer.get_weights())
        return copied

    def dropout(self, name: str, rate: float, like: Any = None) -> Callable[[Any], Any]:
        """Make a dropout, or nothing where the rate is 0."""
        if not rate:
            return lambda tensor: tensor
        drop: Callable[[Any], Any] = keras.layers.Dropout(
            rate, name=self.name(name), **_settings(like)
        )
        return drop

    def add(self, name: str, like: Any = None) -> keras.layers.Layer:
        """Make an addition, which taps find by its name."""
        return keras.layers.Add(name=self.name(name), **_settings(like))


def as_array(weight: Any) -> np.ndarray:
    """Return the values of a variable, or of what a layer computes in its place."""
    return np.asarray(keras.ops.convert_to_tensor(weight))


def _settings(like: Any, names: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return the arguments that a layer has in common with the one that it is in place of."""
    if like is None:
        return {}
    found = {name: getattr(like, name, None) for name in names}
    found |= {"dtype": like.dtype_policy, "trainable": like.trainable}
    return {name: value for name, value in found.items() if value is not None}
