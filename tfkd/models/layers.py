"""Where in a model its hidden states, attentions and embeddings are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ..errors import UserError
from . import attention_layers
from .keras_internals import list_layers, output_structure

FLAGS = {
    "hidden_states": "output_hidden_states",
    "embeddings": "output_hidden_states",
    "attentions": "output_attentions",
}
_NAMED = (
    (re.compile(r"block_(\d+)"), "embeddings"),
    # Of encoders that were taken apart.
    (re.compile(r"transformer_layer_(\d+)"), "embeddings_dropout"),
    # Of students that write, what stands behind the source.
    (re.compile(r"decoder_(\d+)"), "decoder_embeddings"),
)
"""How students call their blocks, and what is in front of the first one."""
_OWN = re.compile(r"(decoder_\d+_self|(block|transformer_layer)_\d+_attention)_weights")
"""How they call the attentions of a text to itself, one a block."""
# A layer, and what of it is read.
Found = list[tuple[Any, str]]


def returns_itself(model: Any, name: str) -> bool:
    """Return whether a model returns an output itself: when asked, as Hugging Face's, or always."""
    if FLAGS.get(name) in _arguments(model):
        return True
    structure = output_structure(model)
    return isinstance(structure, Mapping) and name in structure


def output_flags(model: Any, reads: tuple[str, ...]) -> dict[str, bool]:
    """Return the arguments that make a Hugging Face model return what is read."""
    known = _arguments(model)
    return {FLAGS[n]: True for n in reads if n in FLAGS and FLAGS[n] in known}


def find_layers(model: Any, name: str, chosen: Any) -> Found:
    """Find the layers of an output, by names or numbers, or all where `chosen` is `None`.

    Args:
        model: The model to look into.
        name: The output, such as `"hidden_states"` or `"attentions"`.
        chosen: One layer or several, by names or by numbers; all if `None`.

    Returns:
        The layers in the model's order, each with what of it is read.

    Raises:
        UserError: No such layer, with near names; numbers beyond those found.
    """
    if isinstance(chosen, (str, int)):
        chosen = [chosen]
    named = chosen and all(isinstance(layer, str) for layer in chosen)
    of = "output" if name in ("hidden_states", "embeddings") else "attention"
    if named and name == "attentions":
        pairs = ((_by_name(model, layer, "any"), layer) for layer in chosen)
        return [
            (found, "output")
            if attention_layers.gives_probabilities(found)
            else (_by_name(model, layer, of), of)
            for found, layer in pairs
        ]
    if named:
        return [(_by_name(model, layer, of), of) for layer in chosen]
    layers = _FINDERS[of](model)
    if not layers and name == "attentions":
        layers = [(layer, "output") for _, layer in walk(model) if _OWN.fullmatch(layer.name)]
    if not layers and name in ("queries", "keys", "values"):
        found = (attention_layers.find_projection(layer, name) for _, layer in walk(model))
        layers = [(each[0], f"heads:{each[1]}") for each in found if each is not None]
        layers = layers or _projections(model, name)
    if name == "embeddings":
        layers = layers[:1] if layers else _embedding(model)
    if not layers and chosen is not None:
        names = [each.name for _, each in walk(model) if type(each).__name__ != "InputLayer"]
        raise UserError(
            f"tap(..., {name}={chosen!r}): numbers count the {name} that are found without a name, "
            f"and {model.name!r} has none: name its layers, e.g. {name}={names[:1]!r}, of "
            f"{_list(names)}."
        )
    if not layers:
        raise UserError(
            f"no {name} were found in the model {model.name!r}: name its layers, "
            f"tfkd.tap(model, {name}=[...]), of {_list(layer.name for _, layer in walk(model))}."
        )
    return layers if chosen is None else [_by_number(layers, number, name) for number in chosen]


def walk(model: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every layer inside a model, at any depth, with its path."""
    for layer in list_layers(model):
        own = f"{path}{layer.name}"
        yield own, layer
        yield from walk(layer, f"{own}/")


def list_blocks(model: Any) -> list[Any]:
    """List the blocks of a transformer, each around an attention, in their order; else none."""
    return list({id(block): block for block in _blocks(model)}.values())


def find_states(model: Any) -> tuple[Any, list[Any]]:
    """Find the blocks of a transformer by where their hidden states are.

    Returns:
        The layer of the embeddings' output, or the first block where that reads it; and the layers
        whose outputs are those of the blocks, none where no block is found.
    """
    found = [layer for layer, _ in _hidden_states(model)]
    return (found[0], found[1:]) if found else (None, [])


def _attentions(model: Any) -> Found:
    seen = {id(layer): layer for _, layer in walk(model) if attention_layers.is_attention(layer)}
    return [(layer, "attention") for layer in seen.values()]


def _hidden_states(model: Any) -> Found:
    """Find the embeddings' output, then that of each block around an attention."""
    blocks = list_blocks(model)
    if blocks:
        return [(blocks[0], "input"), *((block, "output") for block in blocks)]
    by_name = {layer.name: layer for _, layer in walk(model)}
    for pattern, embeddings in _NAMED:
        found = [match for name in by_name if (match := pattern.fullmatch(name))]
        if found and embeddings in by_name:
            names = [match[0] for match in sorted(found, key=lambda match: int(match[1]))]
            return [(by_name[name], "output") for name in (embeddings, *names)]
    return []


def _blocks(parent: Any) -> Iterator[Any]:
    """Yield the layers that hold an attention and are no graph of layers themselves."""
    inside = list_layers(parent)
    if not is_graph(parent) and any(attention_layers.is_attention(layer) for layer in inside):
        yield parent
        return
    for layer in inside:
        yield from _blocks(layer)


def is_graph(layer: Any) -> bool:
    """Return whether a layer is a functional or sequential model, of Keras 3 or tf_keras."""
    return any(base.__name__ in ("Functional", "Sequential") for base in type(layer).__mro__)


def _projections(model: Any, name: str) -> Found:
    """Find the dense layers in front of those that split their units into heads."""
    by_name = {layer.name: layer for _, layer in walk(model)}
    end = {"queries": "_query", "keys": "_key", "values": "_value"}[name]
    return [
        (by_name[dense], f"heads:{layer.target_shape[1]}")
        for layer_name, layer in by_name.items()
        if (dense := layer_name.removesuffix("_heads")).endswith(end) and dense != layer_name
    ]


def _embedding(model: Any) -> Found:
    tables = (layer for _, layer in walk(model) if type(layer).__name__ == "Embedding")
    return [(layer, "output") for layer in tables][:1]


def _by_name(model: Any, name: str, of: str) -> Any:
    known = dict(walk(model))
    matching = {
        id(layer): layer for path, layer in known.items() if f"/{path}".endswith(f"/{name}")
    }
    if len(matching) == 1:
        layer = next(iter(matching.values()))
        if of == "attention" and not attention_layers.is_attention(layer):
            raise UserError(f"the layer {name!r} is a {type(layer).__name__} and no attention.")
        return layer
    paths = [path for path, layer in known.items() if id(layer) in matching]
    if paths:
        raise UserError(f"{len(paths)} layers are called {name!r}: write one of {_list(paths)}.")
    near = get_close_matches(name, [*known, *(layer.name for layer in known.values())], 3, 0.4)
    hint = f"did you mean {_list(near)}?" if near else f"its layers are {_list(known)}."
    raise UserError(f"the model {model.name!r} has no layer {name!r}: {hint}")


def _by_number(layers: Found, number: int, name: str) -> tuple[Any, str]:
    if not -len(layers) <= number < len(layers):
        raise UserError(
            f"the model has {len(layers)} {name}, and {number} was asked for: write 0 to "
            f"{len(layers) - 1}, or -1 for the last."
        )
    return layers[number]


def _arguments(model: Any) -> frozenset[str]:
    try:
        return frozenset(inspect.signature(model.call).parameters)
    except (AttributeError, TypeError, ValueError):
        return frozenset()


def _list(names: Iterable[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


_FINDERS = {"output": _hidden_states, "attention": _attentions}
