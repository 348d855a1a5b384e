"""`tap`: what happens inside a model, read in its one forward pass.

A tapped layer's method hands on what passes through it, in the thread in which a pass is being
read; at all other times it does what it did before. The model itself stays as it is: its
variables, its outputs, its saved file.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import Outputs
from . import attention_layers, layers
from .keras_internals import list_layers
from .outputs import as_outputs, call_model

INSIDE = ("hidden_states", "attentions", "embeddings", *attention_layers.OF_ATTENTION)
_READING = threading.local()
# By layer and method: the arguments, and what was returned, of each call.
Calls = dict[tuple[int, str], list[tuple[tuple, dict, Any]]]


class TapPoint(NamedTuple):
    """What a tap reads of one layer: its `"output"`, its first `"input"`, or its attention."""

    layer: Any
    of: str = "output"

    @property
    def method(self) -> str:
        """The method that what is read passes through."""
        return attention_layers.METHOD if self.of == "attention" else "call"


class Tapped:
    """A model whose inside is read: a student or a teacher of a `Distiller`.

    `model` is the model itself, `places` where each output comes from.
    """

    model: Any

    def __init__(self, model: Any, **where: Any) -> None:
        if isinstance(model, Tapped):
            model, where = model.model, {**model.where, **where}
        self.model, self.where = model, where
        self.places: dict[str, tuple[TapPoint, ...]] = {}
        self._unfound: dict[str, UserError] = {}
        for name, chosen in where.items():
            self._place(name, chosen)

    @functools.cached_property
    def jit(self) -> bool:
        """Whether XLA can compile the model."""
        # A `TextVectorization` inside tells it, and the model around it does not.
        parts = [self.model, *list_layers(self.model, recursive=True)]
        return all(getattr(each, "supports_jit", True) for each in parts)

    def __call__(
        self, inputs: Any, reads: tuple[str, ...] = ("logits",), training: bool = False
    ) -> Outputs:
        """Return the outputs by name."""
        return as_outputs(self.raw(inputs, reads, training))

    def raw(self, inputs: Any, reads: tuple[str, ...] = ("logits",), training: bool = False) -> Any:
        """Return what the model returns, and in addition to it what is read inside."""
        inside = [name for name in reads if name in INSIDE and self._is_read(name)]
        flags = layers.output_flags(self.model, reads)
        if not inside:
            value = call_model(self.model, inputs, training, **flags)
            return self._name_outputs(value, reads) if len(reads) > 1 else value
        with _reading() as calls:
            value = call_model(self.model, inputs, training, **flags)
        value = self._name_outputs(value, reads)
        return {
            **value,
            **{name: self._read(name, calls) for name in inside if value.get(name) is None},
        }

    def _name_outputs(self, value: Any, reads: tuple[str, ...]) -> dict:
        """Name the outputs; raise `UserError` for one that neither taps nor model provide."""
        own = dict(value) if isinstance(value, Mapping) else {"logits": _first(value)}
        if "embeddings" in reads and own.get("embeddings") is None and own.get("hidden_states"):
            own["embeddings"] = own["hidden_states"][0]
        for name in reads:
            if own.get(name) is None and name in self._unfound:
                raise self._unfound[name]
        return own

    def _is_read(self, name: str) -> bool:
        """Return whether taps read an output; the model may return it by itself."""
        known = name in self.places or name in self._unfound
        if not known and not layers.returns_itself(self.model, name):
            try:
                self._place(name, None)
            except UserError as error:
                self._unfound[name] = error
        return name in self.places

    def _place(self, name: str, chosen: Any) -> None:
        if name not in INSIDE:
            raise UserError(f"a tap reads {', '.join(INSIDE)}, and not {name!r}.")
        places = tuple(TapPoint(*layer) for layer in layers.find_layers(self.model, name, chosen))
        for place in places:
            _watch(place.layer, place.method)
        self.places[name] = places

    def _read(self, name: str, calls: Calls) -> Any:
        tensors = []
        for place in self.places[name]:
            own = calls.get((id(place.layer), place.method), ())
            if not own:
                raise UserError(
                    f"the layer {place.layer.name!r} did not run in the model's forward pass: tap "
                    "one that does."
                )
            tensors += [_read_call(name, place, *call) for call in own]
        return tensors[0] if name == "embeddings" else tuple(tensors)


def tap(model: Any, **where: Any) -> Tapped:
    """Read hidden states, attentions and embeddings of a model in its one forward pass.

    Works for Keras 3 functional, nested and subclassed models, KerasHub's, Hugging Face's
    TensorFlow models, and any tf_keras model: layers are found by name, at any depth.

    Args:
        model: A Keras model of either flavour.
        **where: For `hidden_states`, `attentions` (or `queries`, `keys`, `values`,
            `attention_scores`) and `embeddings`: names of layers, or their numbers among those
            that tfkd finds by itself; without an argument, all that it finds. Of
            `hidden_states`, number 0 is the embeddings' output and 1 the first layer's, as in
            Hugging Face.

    Returns:
        A `Tapped`: give it to `Distiller` as student or teacher, or call it,
        `tapped(inputs, reads=("logits", "hidden_states"))`.

    Raises:
        UserError: no such layer, with the names that are near.

    >>> import keras
    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dense(3, name="inner"), keras.layers.Dense(2)]
    ... )
    >>> tapped = tap(model, hidden_states=["inner"])
    >>> outputs = tapped(tf.ones((5, 4)), reads=("logits", "hidden_states"))
    >>> outputs["hidden_states"][0].shape
    TensorShape([5, 3])
    """
    return Tapped(model, **where)


def as_tapped(model: Any) -> Tapped:
    """Return the model with taps, which are found when an output is asked for."""
    return model if isinstance(model, Tapped) else Tapped(model)


@contextmanager
def _reading() -> Iterator[Calls]:
    """Collect the calls of watched layers in this thread, within the block."""
    before = getattr(_READING, "calls", None)
    calls: Calls = {}
    _READING.calls = calls
    try:
        yield calls
    finally:
        _READING.calls = before


def _watch(layer: Any, method: str) -> None:
    """Hand on what passes through a layer's method; once for each layer."""
    original = getattr(layer, method)
    if getattr(original, "is_tapped", False):
        return

    @functools.wraps(original)
    def watched(*args: Any, **options: Any) -> Any:
        value = original(*args, **options)
        calls = getattr(_READING, "calls", None)
        if calls is not None:
            calls.setdefault((id(layer), method), []).append((args, options, value))
        return value

    watched.__dict__["is_tapped"] = True
    setattr(layer, method, watched)


def _read_call(name: str, place: TapPoint, args: tuple, options: dict, value: Any) -> tf.Tensor:
    if place.of.startswith("heads:"):
        return attention_layers.split_heads(_first(value), int(place.of.partition(":")[2]))
    if place.of == "attention":
        return attention_layers.read_call(name, place.layer, args, options, value)
    if place.of == "input":
        return _first(args[0] if args else next(iter(options.values())))
    return _first(value)


def _first(value: Any) -> Any:
    """Return the tensor of what a layer returns: a tuple's first, or of a dict its only one."""
    if isinstance(value, Mapping):
        value = value.get("logits", next(iter(value.values())))
    return value[0] if isinstance(value, (tuple, list)) else value
