"""One forward pass of any model, its outputs by name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import Outputs
from ..losses._heads import heads_of, is_logits, name_in_head
from .probabilities import to_logits

# Of extractive question answering.
SPANS = ("start_logits", "end_logits")


def flavour(model: Any) -> str:
    """Return `"tf_keras"` for a model of the tf_keras package, else `"keras"`."""
    legacy = sys.modules.get("tf_keras")
    return "tf_keras" if legacy and isinstance(model, legacy.Model) else "keras"


def as_outputs(value: Any, whose: str = "model", reading: str = "auto") -> Outputs:
    """Name what a model returned: a dict with `logits`.

    `value` is a tensor, a mapping or a Hugging Face output with `logits` (or a single entry),
    or a list or tuple whose first tensor is the logits; `reading` as in `to_logits`. Of
    `start_logits` and `end_logits` `[batch, tokens]`, of extractive question answering, the logits
    are `[batch, 2, tokens]`: two classifications over the tokens. A model of several heads returns
    the logits of each as `HEAD.logits`.

    Args:
        value: What the model returned.
        whose: What to call the model in an error: `"teacher"`, `"student"`.
        reading: How to read the logits, as in `to_logits`.

    Returns:
        All outputs by name, `logits` among them.

    Raises:
        UserError: No logits in it.

    >>> sorted(as_outputs({"logits": tf.zeros((1, 2)), "pooled": tf.zeros((1, 8))}))
    ['logits', 'pooled']
    """
    outputs = _named(value, whose)
    read = {n: to_logits(outputs[n], reading) for n in outputs if is_logits(n)}
    return {**outputs, **read}


def _named(value: Any, whose: str) -> Outputs:
    if isinstance(value, Mapping):
        return _by_name({key: part for key, part in value.items() if part is not None}, whose)
    if isinstance(value, (list, tuple)) and value:
        return _named(value[0], whose)
    if value is None or isinstance(value, (str, bytes, list, tuple)):
        raise UserError(f"the {whose} returned {value!r}: return a tensor of logits.")
    return {"logits": value}


def _by_name(named: Outputs, whose: str) -> Outputs:
    if "logits" not in named and set(SPANS) <= set(named):
        named["logits"] = tf.stack([named[name] for name in SPANS], axis=1)
    if any(map(is_logits, named)):
        return named
    if len(named) == 1:
        named["logits"] = next(iter(named.values()))
    if "logits" not in named:
        raise UserError(
            f"the {whose} returned {', '.join(map(repr, named)) or 'nothing'} and no "
            "'logits': return a tensor, a dict with the key 'logits', or of several heads one "
            "with keys such as 'a.logits'."
        )
    return named


def raw_logits(value: Any, head: str = "") -> Any:
    """Return the tensor that `as_outputs` reads, as the model returned it.

    Args:
        value: What the model returned.
        head: Which head's logits, of a model that has several.

    Raises:
        UserError: The model has no such head.
    """
    named, name = _named(value, "model"), name_in_head(head, "logits")
    if name not in named:
        cure = "return it, or leave out the losses on this head"
        if not head:
            cure = f"say which head each loss is on, e.g. ForHead({heads_of(named)[0]!r}, ...)"
        raise UserError(
            f"the model returned {', '.join(map(repr, named))} and no {name!r}: {cure}."
        )
    return named[name]


def select_inputs(model: Any, inputs: Any) -> Any:
    """Keep the entries of a dict that a functional model has inputs for: others make it warn."""
    names = input_names(model)
    if not isinstance(inputs, Mapping) or not names or not set(names) & set(inputs):
        return inputs
    return {key: value for key, value in inputs.items() if key in names}


def input_names(model: Any) -> tuple[str, ...]:
    """Return the names of a functional model's inputs; empty for one that does not say them."""
    try:
        structure = model.input
    except (AttributeError, ValueError, RuntimeError):
        # A Sequential from a file has no `input` before its first call.
        structure = getattr(model, "inputs", None) or ()
    if isinstance(structure, Mapping):
        return tuple(structure)
    return tuple(getattr(tensor, "name", "").split(":")[0] for tensor in tf.nest.flatten(structure))


def call_model(model: Any, inputs: Any, training: bool, **options: Any) -> Any:
    """Call a model with the inputs that it knows, and return what it returns.

    Args:
        model: A Keras model of either version.
        inputs: A tensor, or a dict, whose unknown entries are left out.
        training: Whether dropout is on.
        **options: Further arguments of the call.
    """
    return model(select_inputs(model, inputs), training=training, **options)
