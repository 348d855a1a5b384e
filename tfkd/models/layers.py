"""Where in a model its hidden states, attentions and embeddings are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ..errors import UserError
from . import attention

FLAGS = {
    "hidden_states": "output_hidden_states",
    "embeddings": "output_hidden_states",
    "attentions": "output_attentions",
}
_BLOCK, _EMBEDDINGS = re.compile(r"block_(\d+)"), "embeddings"
Found = list[tuple[Any, str]]  # a layer, and what of it is read


def returns(model, name: str) -> bool:
    """Whether a model returns an output by itself: Hugging Face's, when asked; or in its dict."""
    if FLAGS.get(name) in _arguments(model):
        return True
    structure = getattr(model, "_outputs_struct", None)
    return isinstance(structure, Mapping) and name in structure


def flags(model, reads: tuple[str, ...]) -> dict[str, bool]:
    """What a Hugging Face model is called with to return what is read."""
    known = _arguments(model)
    return {FLAGS[n]: True for n in reads if n in FLAGS and FLAGS[n] in known}


def places(model, name: str, given) -> Found:
    """The layers of an output, by names or numbers; by itself where `given` is `None`.

    Raises:
        UserError: no such layer, with near names; numbers beyond those found.
    """
    if isinstance(given, (str, int)):
        given = [given]
    named = given and all(isinstance(each, str) for each in given)
    of = "output" if name in ("hidden_states", "embeddings") else "attention"
    if named:
        return [(_by_name(model, each, of), of) for each in given]
    found = _FINDERS[of](model)
    if not found and name in ("queries", "keys", "values"):
        found = _projections(model, name)
    if name == "embeddings":
        found = found[:1] if found else _embedding(model)
    if not found:
        raise UserError(
            f"no {name} were found in the model {model.name!r}: name its layers, "
            f"tfkd.tap(model, {name}=[...]), of {_shown(layer.name for _, layer in walk(model))}."
        )
    return found if given is None else [_at(found, number, name) for number in given]


def walk(model, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every layer inside a model, at any depth, with its path."""
    for layer in model._flatten_layers(recursive=False, include_self=False):
        own = f"{path}{layer.name}"
        yield own, layer
        yield from walk(layer, f"{own}/")


def _attentions(model) -> Found:
    seen = {id(each): each for _, each in walk(model) if attention.is_attention(each)}
    return [(each, "attention") for each in seen.values()]


def _projections(model, name: str) -> Found:
    made = (attention.projection(each, name) for _, each in walk(model))
    return [(layer, f"heads:{heads}") for layer, heads in filter(None, made)]


def _hidden_states(model) -> Found:
    """The embeddings' output, then that of each block around an attention."""
    blocks = list({id(each): each for each in _blocks(model)}.values())
    if blocks:
        return [(blocks[0], "input"), *((each, "output") for each in blocks)]
    by_name = {layer.name: layer for _, layer in walk(model)}
    numbers = sorted(int(found[1]) for name in by_name if (found := _BLOCK.fullmatch(name)))
    names = [_EMBEDDINGS, *(f"block_{number}" for number in numbers)]
    return [(by_name[n], "output") for n in names] if numbers and _EMBEDDINGS in by_name else []


def _blocks(parent) -> Iterator[Any]:
    """Layers that hold an attention and are no graph of layers themselves."""
    inside = list(parent._flatten_layers(recursive=False, include_self=False))
    if not _is_graph(parent) and any(attention.is_attention(each) for each in inside):
        yield parent
        return
    for each in inside:
        yield from _blocks(each)


def _is_graph(layer) -> bool:
    return any(each.__name__ in ("Functional", "Sequential") for each in type(layer).__mro__)


def _embedding(model) -> Found:
    return [(each, "output") for _, each in walk(model) if type(each).__name__ == "Embedding"][:1]


def _by_name(model, name: str, of: str) -> Any:
    known = dict(walk(model))
    found = {id(e): e for path, e in known.items() if f"/{path}".endswith(f"/{name}")}
    if len(found) == 1:
        layer = next(iter(found.values()))
        if of == "attention" and not attention.is_attention(layer):
            raise UserError(f"the layer {name!r} is a {type(layer).__name__} and no attention.")
        return layer
    paths = [path for path, each in known.items() if id(each) in found]
    if paths:
        raise UserError(f"{len(paths)} layers are called {name!r}: write one of {_shown(paths)}.")
    near = get_close_matches(name, [*known, *(e.name for e in known.values())], 3, 0.4)
    hint = f"did you mean {_shown(near)}?" if near else f"its layers are {_shown(known)}."
    raise UserError(f"the model {model.name!r} has no layer {name!r}: {hint}")


def _at(found: Found, number: int, name: str) -> tuple[Any, str]:
    if not -len(found) <= number < len(found):
        raise UserError(
            f"the model has {len(found)} {name}, and {number} was asked for: write 0 to "
            f"{len(found) - 1}, or -1 for the last."
        )
    return found[number]


def _arguments(model) -> frozenset[str]:
    try:
        return frozenset(inspect.signature(model.call).parameters)
    except (AttributeError, TypeError, ValueError):
        return frozenset()


def _shown(names) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


_FINDERS = {"output": _hidden_states, "attention": _attentions}
