"""Smaller Hugging Face TensorFlow models: a smaller config, weights by name."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import UserError
from .cutting import VOCABULARY, Kept, cut
from .layer_choice import choose_layers
from .writers import OTHER_WRITER


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
    keep = choose_layers(layers, getattr(config, name))
    setattr(config, name, len(keep))
    pieces = kept.get(VOCABULARY, np.arange(config.vocab_size))
    sizes = {VOCABULARY: (config.vocab_size, len(pieces))}
    config.vocab_size = len(pieces)
    small = type(teacher)(config)
    small.build_in_name_scope()
    theirs = {_plain(weight.name): weight for weight in teacher.weights}
    for weight in small.weights:
        own = re.sub(
            r"(layer_\._)(\d+)",
            lambda match: f"{match[1]}{keep[int(match[2])]}",
            _plain(weight.name),
        )
        weight.assign(cut(theirs[own].numpy(), weight.shape, sizes, {VOCABULARY: pieces}))
    return small


def _plain(name: str) -> str:
    """Return a weight's name without that of its model, which is numbered."""
    return name.partition("/")[2]
