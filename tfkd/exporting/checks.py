"""What an exported file is checked on: micro-batches of real or random inputs, with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UserError
from ..text import TextEncoder
from ..text.batching import bucket, micro_batches, pad

SENTENCES = (
    "A film I will not forget.",
    "Two hours of my life that nobody gives back.",
    "The actors are good, the story is not, and the ending saves nothing.",
    "Not bad at all!",
    "no",
    "7/10 - could have been shorter ...",
    "这家酒店的房间很干净，服务也不错。",
    "It begins slowly, and then it never lets you go. " * 40,
)
_MOST = 32
_RANDOM = 32


@dataclass(frozen=True)
class Checks:
    """Micro-batches of inputs by name, and the label of each example or None, in their order."""

    batches: list[dict[str, np.ndarray]]
    labels: np.ndarray | None = None


@dataclass(frozen=True)
class Wanted:
    """What to check on: exactly one of texts (with labels or None), arrays, or nothing."""

    texts: list[str] | None = None
    labels: np.ndarray | None = None
    arrays: dict[str, np.ndarray] | None = None

    @property
    def example(self) -> Any:
        """The arrays as given, to learn a subclassed model's inputs from."""
        return self.arrays[""] if self.arrays and "" in self.arrays else self.arrays


def wanted(check, encoder: TextEncoder | None, names: Sequence[str] | None) -> Wanted:
    """Read the argument `check` of `tfkd.export`.

    Raises:
        UserError: texts without an encoder, an unknown label, nothing to check on.
    """
    if check is None:
        return Wanted(texts=list(SENTENCES)) if encoder else Wanted()
    if isinstance(check, Mapping):
        return Wanted(arrays=_arrays(check))
    if hasattr(check, "shape") and np.asarray(check).dtype.kind not in "UO":
        return Wanted(arrays=_arrays({"": check}))
    pairs = [each if isinstance(each, (tuple, list)) else (each, None) for each in check]
    if encoder is None:
        raise UserError("texts to check on need the encoder that reads them: give `encoder`.")
    if not pairs or not all(len(p) == 2 and isinstance(p[0], str) and p[0].strip() for p in pairs):
        raise UserError("`check` is a list of texts or of (text, label), not empty, none blank.")
    texts = [text for text, _ in pairs]
    if all(label is None for _, label in pairs):
        return Wanted(texts=texts)
    return Wanted(texts=texts, labels=np.array([_label(each, names) for _, each in pairs]))


def _arrays(check: Mapping) -> dict[str, np.ndarray]:
    arrays = {name: np.asarray(each) for name, each in check.items()}
    sizes = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise UserError(
            f"the arrays to check on have {', '.join(map(str, sorted(sizes))) or 'no'} rows: "
            "give all the same number, at least one."
        )
    return arrays


def _label(label, names: Sequence[str] | None) -> int:
    if isinstance(label, str) and names and label in names:
        return list(names).index(label)
    if isinstance(label, (int, np.integer)) and (names is None or 0 <= label < len(names)):
        return int(label)
    among = f"one of {', '.join(map(str, names))}, or its number" if names else "a class number"
    raise UserError(f"label {label!r} among the texts to check on: expected {among}.")


def drawn(want: Wanted, count: int, seed: int) -> Wanted:
    """At most `count` of the texts or of the rows, drawn by `seed`."""
    texts, arrays = want.texts or [], want.arrays or {}
    size = len(texts) or len(next(iter(arrays.values()), ()))
    rows = np.random.default_rng(seed).permutation(size)[:count]
    if want.texts is not None:
        return Wanted(texts=[texts[row] for row in rows])
    return Wanted(arrays={name: array[rows] for name, array in arrays.items()})


def checks(
    want: Wanted, inputs: dict, encoder: TextEncoder | None, vocabulary: int, at_once: int = _MOST
) -> Checks:
    """The micro-batches for a model with `inputs`, name to `(shape, dtype)` with fixed sizes.

    `vocabulary` bounds random ids. Of texts, the shortest come first. A batch whose size is not
    fixed holds `at_once`.
    """
    batch = next(iter(inputs.values()))[0][0] or at_once
    if want.texts is not None and encoder is not None:
        return _texts(want, inputs, encoder, batch)
    arrays = want.arrays or _random(inputs, vocabulary)
    if list(arrays) == [""]:
        arrays = dict(zip(inputs, arrays.values(), strict=False))
    if set(arrays) != set(inputs):
        raise UserError(
            f"`check` holds {', '.join(arrays)}; the model takes {', '.join(inputs)}: "
            "give one array for each."
        )
    rows = len(next(iter(arrays.values())))
    typed = {name: np.asarray(arrays[name], inputs[name][1]) for name in inputs}
    starts = range(0, rows, batch)
    return Checks([{n: a[i : i + batch] for n, a in typed.items()} for i in starts])


def _texts(want: Wanted, inputs: dict, encoder: TextEncoder, batch: int) -> Checks:
    ((name, (shape, dtype)),) = inputs.items()
    encoded = encoder.encode_many(want.texts or [])
    order = list(micro_batches(encoded, batch))
    batches = []
    for rows in order:
        ids = [encoded[i] for i in rows]
        length = shape[1] or bucket(max(map(len, ids)), encoder.max_length)
        batches.append({name: pad(ids, length, dtype)})
    return Checks(batches, None if want.labels is None else want.labels[np.concatenate(order)])


def _random(inputs: dict, vocabulary: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    out = {}
    for name, (shape, dtype) in inputs.items():
        size = (_RANDOM, *(each or 16 for each in shape[1:]))
        if np.issubdtype(np.dtype(dtype), np.floating):
            out[name] = rng.normal(size=size).astype(dtype)
        elif "mask" in name or dtype == "bool":
            out[name] = np.ones(size, dtype)
        else:
            out[name] = rng.integers(0, vocabulary, size).astype(dtype)
    return out
