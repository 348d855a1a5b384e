"""Compressions for the tests of runs, of the student `text_cnn`."""

from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from tfkd import UserError
from tfkd.compression import Compression
from tfkd.models.weight_rules import WeightRule

KINDS = {"narrow": ("compression_toys", "Narrow"), "thin": ("compression_toys", "Thin")}


@dataclass(frozen=True)
class Narrow(Compression):
    """Keep half of each convolution's filters, those that matter most; several times."""

    name: ClassVar[str] = "narrow"
    rate: ClassVar[float] = 0.5
    times: int = 1

    @classmethod
    def from_text(cls, text):
        """`narrow:2` for a quarter of the filters."""
        return cls(int(text or 1))

    def check(self, model):
        """There has to be a convolution."""
        if not _convolutions(model):
            raise UserError(f"narrow cuts convolutions, and {model.name} has none: leave it out.")

    def parts(self):
        """So many halvings."""
        return [Narrow()] * self.times

    def apply(self, model, evidence):
        """Rebuild the model with half of the filters, by gradient times weight."""
        variables = model.trainable_variables
        scores = {v.path: np.zeros(v.shape, "float32") for v in variables}
        assert len(list(evidence.inputs()))
        for gradients in evidence.gradients(model):
            for v, gradient in zip(variables, gradients, strict=True):
                scores[v.path] += np.asarray(gradient)
        kept = {}
        for layer in _convolutions(model):
            products = np.abs(scores[layer.kernel.path] * np.asarray(layer.kernel)).sum((0, 1))
            kept[layer.name] = np.sort(np.argsort(-products)[: max(1, layer.filters // 2)])

        def clone(layer):
            config = layer.get_config()
            if layer.name in kept:
                config["filters"] = len(kept[layer.name])
            return type(layer).from_config(config)

        small = keras.models.clone_model(model, clone_function=clone)
        places, start = [], 0
        for layer in _convolutions(model):
            places += [start + kept[layer.name]]
            start += layer.filters
            kernel, bias = layer.get_weights()
            rows = kept[layer.name]
            small.get_layer(layer.name).set_weights([kernel[..., rows], bias[rows]])
        small.get_layer("token_embedding").set_weights(
            model.get_layer("token_embedding").get_weights()
        )
        kernel, bias = model.get_layer("logits").get_weights()
        small.get_layer("logits").set_weights([kernel[np.concatenate(places)], bias])
        return small


@dataclass(frozen=True)
class Thin(Compression):
    """Set half of the table to zero, where it stays; `thin:last` for a file of int4, at the end."""

    name: ClassVar[str] = "thin"
    final: bool = False

    @classmethod
    def from_text(cls, text):
        """Any text."""
        return cls(text == "last")

    @property
    def quantize(self):
        """The file that has to be written."""
        return "int4" if self.final else ""

    def check(self, model):
        """All is well."""

    def rule(self, model, steps):
        """Zeros, from the first update on."""
        table = model.get_layer("token_embedding").embeddings
        return _Masked(table, np.abs(table) > np.median(np.abs(table)))

    def hold(self, model):
        """What is zero stays zero."""
        table = model.get_layer("token_embedding").embeddings
        return _Masked(table, np.asarray(table) != 0)


class _Masked(WeightRule):
    def __init__(self, variable, mask):
        super().__init__([variable])
        self.mask = tf.constant(mask, "float32")

    def keep(self, before, step):
        return [self.variables[0].value * self.mask]


def _convolutions(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Conv1D)]
