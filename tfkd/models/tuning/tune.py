"""Begin to train few weights of a model, and make it plain again afterwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from ...errors import UserError
from ..freezing import TrainableFlags, freeze
from ..keras_internals import list_layers
from .insertion import add_adapters, add_prompt
from .lora import LowRankUpdates
from .transformer_parts import TransformerParts, find_parts, need_blocks
from .ways import ADAPTER, ALL, BITFIT, LORA, PROMPT, TOP, Way, parse_way

_BIASES = ("bias", "beta")


class Tuning:
    """A model while few of its weights are trained; `tune` makes it.

    Attributes:
        model: What to train. For `adapter` and `prompt` it is another model than the given one,
            with its layers.
        way: How it is trained.
    """

    def __init__(self, model: Any, way: Way, flags: TrainableFlags) -> None:
        self.model = model
        self.way = way
        self._flags = flags
        self._updates: LowRankUpdates | None = None

    @property
    def trained(self) -> int:
        """How many weights are trained."""
        return sum(math.prod(each.shape) for each in self.model.trainable_variables)

    @property
    def total(self) -> int:
        """How many weights there are, those that were added among them."""
        return int(self.model.count_params())

    def finish(self) -> Any:
        """Return the model, trained, with what was added merged, and its flags of before.

        Its file needs no tfkd: LoRA is part of the kernels, and adapters are layers of Keras.
        """
        if self._updates is not None:
            self._updates.merge()
            self._updates = None
        self._flags.restore()
        return self.model

    def begin(self, seed: int) -> None:
        """Add what the way adds, and freeze all that it does not train."""
        parts = find_parts(self.model)
        chosen = _of_layers(parts.head)
        if self.way.name == TOP:
            chosen += _of_layers(_top(self.model, parts, self.way))
        elif self.way.name == BITFIT:
            chosen += [each for each in self.model.variables if each.name in _BIASES]
        elif self.way.name == LORA:
            self._updates = LowRankUpdates(self.model, parts, way=self.way, seed=seed)
            chosen += self._updates.variables
        elif self.way.name == ADAPTER:
            need_blocks(self.model, parts, str(self.way))
            self.model, added = add_adapters(self.model, parts.ends, units=self.way.size, seed=seed)
            # Houlsby et al. train the norms too.
            chosen += _of_layers([*added, *_norms(self.model)])
        elif self.way.name == PROMPT:
            need_blocks(self.model, parts, str(self.way))
            self.model, added = add_prompt(self.model, parts.ends, count=self.way.size, seed=seed)
            chosen += _of_layers(added)
        _train_only(self.model, chosen)


def tune(model: Any, way: str | Way = ALL, *, frozen: Sequence[str] = (), seed: int = 0) -> Tuning:
    """Choose the weights of a model that the next training trains, or add some.

    Args:
        model: A Keras 3 model; also a tf_keras model, for all weights. Its layers and their flags
            are changed until `finish`.
        way: Such as `"head"`, `"top:2"`, `"bitfit"`, `"lora:8"`, `"adapter:64"`, `"prompt:20"`.
        frozen: For `all`: names of layers that are not trained.
        seed: Of the weights that are added.

    Returns:
        What to train as `.model`, before it is compiled; `.finish()` ends it.

    Raises:
        UserError: An unknown way, or one that is not for this model.
    """
    way = parse_way(way) if isinstance(way, str) else way
    tuning = Tuning(model, way, TrainableFlags(model))
    if way.name == ALL:
        freeze(model, frozen)
        return tuning
    if frozen:
        raise UserError(
            f"tune is {str(way)!r} and {', '.join(frozen)} frozen: the first says already what is "
            "trained, so leave one of them out."
        )
    if not isinstance(model, keras.Model):
        raise UserError(
            f"tune is {str(way)!r}, and {model.name!r} is no Keras 3 model: load it by KerasHub, "
            "hub:FOLDER, or write all."
        )
    try:
        tuning.begin(seed)
    except UserError:
        tuning.finish()
        raise
    return tuning


def _top(model: Any, parts: TransformerParts, way: Way) -> list[Any]:
    """Return the layers of the last blocks.

    Raises:
        UserError: The model has fewer.
    """
    need_blocks(model, parts, str(way))
    if way.size > len(parts.blocks):
        raise UserError(
            f"{way}: the model {model.name!r} has {len(parts.blocks)} blocks: write "
            f"top:{len(parts.blocks)} at most."
        )
    return [layer for block in parts.blocks[-way.size :] for layer in block]


def _of_layers(layers: Sequence[Any]) -> list[Any]:
    return [variable for layer in layers for variable in layer.trainable_variables]


def _norms(model: Any) -> list[Any]:
    found = list_layers(model, recursive=True)
    return [layer for layer in found if isinstance(layer, keras.layers.LayerNormalization)]


def _train_only(model: Any, chosen: Sequence[Any]) -> None:
    """Freeze all variables but these, of which those that were frozen before stay so.

    Raises:
        UserError: Nothing is left to train.
    """
    kept = {id(variable) for variable in chosen}
    for layer in list_layers(model, recursive=True):
        variables = layer.trainable_variables
        if variables and not list_layers(layer) and not any(id(v) in kept for v in variables):
            # The layer too: a batch norm goes on counting otherwise.
            layer.trainable = False
    for variable in model.trainable_variables:
        if id(variable) not in kept:
            variable.trainable = False
    if not model.trainable_variables:
        raise UserError(f"all layers of {model.name!r} that would be trained are frozen.")
