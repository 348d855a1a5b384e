"""Smaller Hugging Face TensorFlow models: a smaller config, weights by name."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...errors import UserError
from .cutting import VOCABULARY, Kept, cut
from .layer_choice import choose_layers
from .writers import OTHER_WRITER

# Of a layer, or of what is within one: h_._3/attn/c_attn, ffns_._3.
_NUMBER = re.compile(r"(?<=_\._)\d+")


def transformers_student(
    teacher: Any, layers: int | Sequence[int] | None, width: int | None, kept: Kept
) -> Any:
    """Make a model of the same class with fewer layers or tokens."""
    if getattr(teacher.config, "is_encoder_decoder", False):
        raise UserError(OTHER_WRITER)
    if width is not None:
        raise UserError(
            f"width={width}: a Hugging Face TensorFlow model keeps its width; read the folder as "
            "hub:PATH to make it narrower."
        )
    # From a config, and never called.
    if not teacher.built:
        teacher.build_in_name_scope()
    config = copy.deepcopy(teacher.config)
    name = "n_layers" if hasattr(config, "n_layers") else "num_hidden_layers"
    count = getattr(config, name)
    keep = choose_layers(layers, count)
    if len(keep) != count:
        _set_count(teacher, config, name, len(keep))
    pieces = kept.get(VOCABULARY, np.arange(config.vocab_size))
    sizes = {VOCABULARY: (config.vocab_size, len(pieces))}
    config.vocab_size = len(pieces)
    small = type(teacher)(config)
    small.build_in_name_scope()
    theirs = {_plain(weight.name): weight for weight in teacher.weights}
    ours = {_plain(weight.name): weight for weight in small.weights}
    blocks = _blocks(theirs, count)
    if not blocks and ours.keys() != theirs.keys():
        raise _unknown_layers(teacher)
    for own, weight in ours.items():
        value = theirs[_name_before(own, blocks, keep)].numpy()
        weight.assign(cut(value, weight.shape, sizes, {VOCABULARY: pieces}))
    return small


def _set_count(teacher: Any, config: Any, name: str, count: int) -> None:
    """Set how many layers a config has.

    Raises:
        UserError: It counts them otherwise, as a Funnel's by blocks.
    """
    try:
        setattr(config, name, count)
    except NotImplementedError:
        raise _unknown_layers(teacher) from None


def _unknown_layers(teacher: Any) -> UserError:
    return UserError(
        f"shrink cannot tell the layers of a {type(teacher).__name__} from each other: leave "
        "layers out, or take a student that tfkd makes, such as transformer:small."
    )


def _blocks(names: Iterable[str], count: int) -> set[str]:
    """Return what stands before the number of a layer in the names of weights."""
    numbers: dict[str, set[str]] = {}
    for name in names:
        for match in _NUMBER.finditer(name):
            numbers.setdefault(name[: match.start()], set()).add(match[0])
    return {before for before, found in numbers.items() if len(found) == count}


def _name_before(name: str, blocks: set[str], keep: tuple[int, ...]) -> str:
    """Return what a weight of the smaller model is called in the larger one.

    >>> _name_before("h_._1/mlp/weight", {"h_._"}, (0, 3)), _name_before("wte/weight", set(), ())
    ('h_._3/mlp/weight', 'wte/weight')
    """
    for match in _NUMBER.finditer(name):
        before, number, rest = name[: match.start()], int(match[0]), name[match.end() :]
        if before in blocks:
            return f"{before}{keep[number]}{rest}"
    return name


def _plain(name: str) -> str:
    """Return a weight's name without that of its model, which is numbered."""
    return name.partition("/")[2]
