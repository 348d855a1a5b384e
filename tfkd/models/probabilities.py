"""Models that end in softmax or sigmoid: recognised where sure, refused with the cure where not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UserError
from .keras_internals import attached_logits, layer_behind

READINGS = ("auto", "logits", "softmax", "sigmoid")


def check_reading(reading: str, argument: str) -> None:
    """Refuse an unknown word for what a model returns."""
    if reading not in READINGS:
        raise UserError(f"{argument}={reading!r}: write one of {', '.join(map(repr, READINGS))}.")


def to_logits(tensor: Any, reading: str = "auto") -> tf.Tensor:
    """Return the logits of what a model returned.

    `"auto"` takes the tensor before the softmax or sigmoid where Keras hands it on, exactly;
    `"softmax"` and `"sigmoid"` invert probabilities by a logarithm, since
    `softmax(log p) = p` and `sigmoid(log p - log(1 - p)) = p`.

    >>> to_logits(tf.constant([[0.5, 0.5]]), "sigmoid").numpy().tolist()
    [[0.0, 0.0]]
    """
    hidden = attached_logits(tensor)
    if reading == "auto" and hidden is not None:
        return hidden
    tensor = tf.convert_to_tensor(tensor)
    if reading in ("auto", "logits"):
        return tensor
    tensor = tf.cast(tensor, tf.float32)
    log_p = tf.math.log(tf.maximum(tensor, 1e-30))
    if reading == "softmax":
        return log_p
    return log_p - tf.math.log(tf.maximum(1.0 - tensor, 1e-7))


def check_probabilities(
    value: Any, *, whose: str, form: str, reading: str, known_linear: bool
) -> None:
    """Refuse one example output that is a probability where logits are meant.

    Args:
        value: The tensor as the model returned it.
        whose: `"student"` or `"teacher"`.
        form: The form of the losses.
        reading: What the user says that the model returns.
        known_linear: Whether the model is known to end without an activation.
    """
    hidden = attached_logits(value)
    if hidden is not None and reading == "auto":
        _check_activation(np.asarray(value), np.asarray(hidden), whose, form)
    if hidden is not None or reading != "auto" or known_linear:
        return
    kind = _looks_like(np.asarray(tf.cast(value, tf.float32)), form)
    if kind:
        raise UserError(
            f"the {whose}'s output looks like probabilities ({kind}): return logits (no final "
            f'activation), or write {whose}_outputs="{kind}" if they are, '
            f'{whose}_outputs="logits" if they are not.'
        )


def _check_activation(value: Any, hidden: Any, whose: str, form: str) -> None:
    if value.shape[-1] == 1 or form not in ("multiclass", "multilabel"):
        return
    wanted = {"multiclass": "softmax", "multilabel": "sigmoid"}[form]
    apply = {"multiclass": tf.nn.sigmoid, "multilabel": tf.nn.softmax}[form]
    if np.allclose(value, apply(tf.constant(hidden)), atol=1e-6):
        other = {"multiclass": "multilabel", "multilabel": "multiclass"}[form]
        raise UserError(
            f"the {whose} does not end in {wanted}, which form={form!r} means: write "
            f'form="{other}" at the losses, or let the {whose} return logits.'
        )


def _looks_like(values: np.ndarray, form: str) -> str | None:
    if not np.isfinite(values).all() or values.size == 0:
        return None
    inside = (values >= 0).all() and (values <= 1).all()
    if form == "multiclass" and values.shape[-1] > 1 and inside:
        return "softmax" if np.allclose(values.sum(-1), 1.0, atol=1e-2) else None
    return "sigmoid" if inside and form in ("binary", "multilabel") and values.any() else None


def ends_linear(model: Any) -> bool:
    """Return whether the last layer of a functional model is known to apply no activation."""
    layer = model
    while getattr(layer, "layers", None):
        layer = _last_layer(layer)
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", "") == "linear"


def declared_output(model: Any) -> Any:
    """Return the symbolic output of a functional or sequential model; else `None`."""
    outputs = getattr(model, "outputs", None)
    if not outputs or len(outputs) > 1:
        try:
            # With the names; of a nested model perhaps a later call's.
            return model.output
        except (AttributeError, ValueError, RuntimeError):
            return None
    return outputs[0]


def _last_layer(model: Any) -> Any:
    output = declared_output(model)
    if isinstance(output, Mapping):
        output = output.get("logits", next(iter(output.values())))
    layer = layer_behind(tf.nest.flatten(output)[0])
    return None if layer is model else layer
