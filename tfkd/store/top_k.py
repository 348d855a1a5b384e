"""The k largest logits and the mass of the others, and logits from them again."""

from __future__ import annotations

import numpy as np

VALUES, INDICES, REST = "logits.values", "logits.indices", "logits.rest"


def compress(logits: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Return the `k` largest of `logits` `[..., classes]`, their places, and the others' mass.

    The mass of the others is kept as the log of the sum of their exponentials.

    >>> kept = compress(np.log(np.array([0.1, 0.6, 0.1, 0.2])), 2)
    >>> kept["logits.indices"].tolist(), np.exp(kept["logits.rest"]).round(3)
    ([1, 3], np.float32(0.2))
    """
    logits = logits.astype("float32")
    order = np.argsort(-logits, axis=-1, kind="stable")
    places = order[..., :k].astype("int32")
    others = np.take_along_axis(logits, order[..., k:], -1)
    return {
        VALUES: np.take_along_axis(logits, places, -1),
        INDICES: places,
        REST: _log_sum_exp(others),
    }


def expand(values: np.ndarray, indices: np.ndarray, rest: np.ndarray, classes: int) -> np.ndarray:
    """Return logits `[..., classes]`, float32: the stored ones, and one value for all others.

    Their mass at temperature 1 is that of the true ones. At any temperature `T >= 1` the total
    variation distance to the teacher's softened distribution is at most the mass `m` that the
    others have in the result, and a cross entropy with softened student logits `z / T` differs by
    at most `m * (max(z) - min(z)) / T`.

    Args:
        values: The k greatest logits `[..., k]`.
        indices: The classes they belong to `[..., k]`.
        rest: The log of the summed exponentials of all others `[...]`.
        classes: Number of classes.

    >>> expand(np.log([0.6, 0.2]), np.array([1, 3]), np.log(0.2), 4).round(2).tolist()
    [-2.299999952316284, -0.5099999904632568, -2.299999952316284, -1.6100000143051147]
    """
    others = max(classes - indices.shape[-1], 1)
    fill = (np.asarray(rest, "float32") - np.log(np.float32(others)))[..., None]
    logits = np.broadcast_to(fill, (*indices.shape[:-1], classes)).astype("float32")
    np.put_along_axis(logits, indices.astype("int64"), values.astype("float32"), -1)
    return logits


def _log_sum_exp(logits: np.ndarray) -> np.ndarray:
    most = logits.max(axis=-1, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(most), most, 0.0)
    with np.errstate(divide="ignore"):
        total = np.log(np.exp(logits - shift).sum(-1)) + shift[..., 0]
    return total.astype("float32")
