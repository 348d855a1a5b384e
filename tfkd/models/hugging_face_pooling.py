"""How a Hugging Face folder of a sentence encoder makes one vector of those of its tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..progress import logger

MEAN, FIRST, MAX = "mean", "first", "max"
_MODES = {
    "pooling_mode_cls_token": FIRST,
    "pooling_mode_mean_tokens": MEAN,
    # The length of the text is lost where vectors get the length 1.
    "pooling_mode_mean_sqrt_len_tokens": MEAN,
    "pooling_mode_max_tokens": MAX,
}
_KNOWN = ("Transformer", "Pooling", "Normalize")


def read_pooling(path: Path) -> str:
    """Return how the vectors of tokens become one: "mean", "first" or "max".

    `modules.json` of sentence-transformers names the folder that says it; without one the mean is
    taken, and that is logged.

    Raises:
        UserError: Steps that are not known, such as a further layer.
    """
    modules = _read(path / "modules.json")
    folder = path / "1_Pooling"
    for module in modules if isinstance(modules, list) else ():
        kind, place = str(module.get("type")).rpartition(".")[2], str(module.get("path", ""))
        if kind not in _KNOWN:
            raise UserError(
                f"{path} has a step {kind} after its encoder ({place}), which is not read: give "
                "the whole model as keras:PATH, or a function of texts in Python."
            )
        folder = path / place if kind == "Pooling" else folder
    settings = _read(folder / "config.json")
    if not isinstance(settings, dict):
        logger.info(f"{path} does not say how it makes one vector of a text: the mean is taken.")
        return MEAN
    modes = [name for name, value in settings.items() if name.startswith("pooling_mode_") and value]
    if len(modes) != 1 or modes[0] not in _MODES:
        raise UserError(
            f"{folder / 'config.json'} asks for {' and '.join(modes) or 'no pooling'}: one of "
            f"{', '.join(_MODES)} can be read."
        )
    return _MODES[modes[0]]


def most_tokens_of(path: Path) -> int | None:
    """Return how many tokens of a text a sentence encoder was made to read; None without a word."""
    settings = _read(path / "sentence_bert_config.json")
    most = settings.get("max_seq_length") if isinstance(settings, dict) else None
    return most if isinstance(most, int) and most > 0 else None


def pool_tokens(states: Any, mask: Any, how: str) -> Any:
    """Return one vector of length 1 for each text, within a Keras graph.

    Args:
        states: Vectors of tokens, `[batch, length, width]`.
        mask: 1 at tokens, 0 at padding.
        how: One of "mean", "first" and "max".
    """
    from keras import ops

    there = ops.expand_dims(ops.cast(mask, states.dtype), -1)
    if how == FIRST:
        vectors = states[:, 0]
    elif how == MAX:
        vectors = ops.max(states - 1e9 * (1.0 - there), axis=1)
    else:
        vectors = ops.sum(states * there, axis=1) / ops.maximum(ops.sum(there, axis=1), 1e-9)
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-12))


def pool_arrays(states: np.ndarray, mask: np.ndarray, how: str) -> np.ndarray:
    """Return one vector of length 1 for each text, of arrays as `pool_tokens` takes tensors.

    >>> states = np.array([[[3.0, 0.0], [0.0, 4.0], [9.0, 9.0]]])
    >>> pool_arrays(states, np.array([[1, 1, 0]]), "max").tolist()
    [[0.6, 0.8]]
    """
    there = np.asarray(mask, states.dtype)[..., None]
    if how == FIRST:
        vectors = states[:, 0]
    elif how == MAX:
        vectors = np.where(there > 0, states, -np.inf).max(axis=1)
    else:
        vectors = (states * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1e-9)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _read(file: Path) -> Any:
    """Return the JSON of a file, None where there is none.

    Raises:
        UserError: It is no JSON.
    """
    if not file.is_file():
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file} is not JSON ({error}): copy it again.") from error
