"""Convolutions as matrices: of all numbers below a window to the filters."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from .matrix_layers import PLAIN, MatrixLayer, has_free_kernel


class ConvolutionMatrix(MatrixLayer):
    """A `Conv1D` or `Conv2D`: a thin one of the same window, and one of windows of 1."""

    @staticmethod
    def fits(layer: Any) -> bool:
        """Return whether a layer is a convolution over all channels that may be split."""
        plain = type(layer) in (keras.layers.Conv1D, keras.layers.Conv2D)
        return (
            plain
            and layer.groups == 1
            and layer.data_format == "channels_last"
            and has_free_kernel(layer)
        )

    def rows(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the numbers below each window, in the order of the kernel's."""
        layer, flat = self.layer, len(self.layer.kernel_size) == 1
        padding = layer.padding
        if padding == "causal":
            before = layer.dilation_rate[0] * (layer.kernel_size[0] - 1)
            inputs, padding = tf.pad(inputs, [[0, 0], [before, 0], [0, 0]]), "valid"
        sizes, strides, rates = (
            [1, *([1] if flat else []), *each, 1]
            for each in (layer.kernel_size, layer.strides, layer.dilation_rate)
        )
        # A text is a picture of one line.
        pictures = inputs[:, None] if flat else inputs
        found = tf.image.extract_patches(pictures, sizes, strides, rates, padding.upper())
        return found[:, 0] if flat else found

    def pair(self, rank: int) -> tuple[Any, Any]:
        """Return a convolution of the same windows, and one that mixes its filters."""
        kind, once = type(self.layer), [1] * len(self.layer.kernel_size)
        up = self.config | {"kernel_size": once, "strides": once, "dilation_rate": once}
        down = self._named_down(filters=rank, **PLAIN)
        return kind.from_config(down), kind.from_config(up | {"padding": "valid"})
