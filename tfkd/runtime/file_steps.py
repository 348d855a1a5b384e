"""A file's `encode` and `step` as what says which token may come next. No TensorFlow here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..text.batching import bucket, pad
from ..text.words import IDS
from .interpreter import LiteRT, LiteRTSignature

ENCODE, DECODE = "encode", "step"
"""Names of the signatures of a file that writes."""
TOKENS, POSITION, LOGITS = "tokens", "position", "logits"
MEMORY, CACHE = "memory_", "cache_"
"""How the names of arrays begin that each step reads, and of those that it also changes."""

Named = dict[str, np.ndarray]


@dataclass(frozen=True)
class ReadSoFar:
    """What the file remembers of the texts that are being written.

    Attributes:
        memory: What `encode` found in the sources.
        caches: What the last step returned.
        sources: Which source each text is of, `[texts]`.
        length: How many tokens were read.
    """

    memory: Named
    caches: Named
    sources: np.ndarray
    length: int = 0


class FileSteps:
    """A `NextTokens` of an exported file.

    Args:
        model: The file.
        settings: Its entry `decoding`.
        pad_id: What shorter sources are padded with.
        path: The file, to name it.

    Attributes:
        end_id: The token that ends a text.
        reads_source: Whether it writes from a source; else it goes on with a text.
    """

    def __init__(
        self, model: LiteRT, settings: Mapping[str, Any], pad_id: int, path: str | Path
    ) -> None:
        self.reads_source: bool = settings["encode"]
        self.end_id, self._start_id = settings["end_id"], settings["start_id"]
        self.encode = model.signature(ENCODE) if self.reads_source else None
        self.step_signature = model.signature(DECODE)
        self._pad_id, self._path = pad_id, path
        self._longest_source = settings.get("longest_source", 0)

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[ReadSoFar, np.ndarray]:
        """Read the sources; or the texts to go on with, all of one length, but for the last token.

        Args:
            rows: Arrays by name, as the task encodes its examples.
        """
        ids = [list(map(int, row[IDS])) for row in rows]
        if self.encode is not None:
            known = self._read_sources(self.encode, ids)
            memory = {name: known[name] for name in known if name.startswith(MEMORY)}
            progress = ReadSoFar(memory, self._caches(known, len(rows)), np.arange(len(rows)))
            return progress, np.full(len(rows), self._start_id, np.int32)
        given = np.array([one or [self._start_id] for one in ids], np.int32)
        progress = ReadSoFar({}, self._caches({}, len(rows)), np.arange(len(rows)))
        at_once = self.step_signature.inputs[TOKENS][0][1] or given.shape[1]
        for at in range(0, given.shape[1] - 1, at_once):
            _, progress = self._read(progress, given[:, at : min(at + at_once, given.shape[1] - 1)])
        return progress, given[:, -1]

    def step(self, state: ReadSoFar, tokens: np.ndarray) -> tuple[np.ndarray, ReadSoFar]:
        """Read one more token of each text.

        Args:
            state: As `begin`, `step` or `select` returned it.
            tokens: `[texts]`.
        """
        return self._read(state, np.asarray(tokens, np.int32)[:, None])

    def select(self, state: ReadSoFar, places: np.ndarray) -> ReadSoFar:
        """Return the state of some of the texts, in another order, or several times.

        Args:
            state: As `begin`, `step` or `select` returned it.
            places: Which of its texts.
        """
        sources = state.sources[places]
        memory = state.memory
        # Beams of one source read the same: it is large, and copied only where it has to be.
        if not np.array_equal(sources, state.sources):
            memory = {name: array[places] for name, array in memory.items()}
        caches = {name: array[places] for name, array in state.caches.items()}
        return replace(state, memory=memory, caches=caches, sources=sources)

    def _read_sources(self, encode: LiteRTSignature, ids: list[list[int]]) -> Named:
        (name, (shape, dtype)) = next(iter(encode.inputs.items()))
        length = shape[1] or bucket(max(map(len, ids)), self._longest_source)
        batch = pad(ids, length, dtype, self._pad_id)
        if shape[0] is None:
            return encode({name: batch})
        # Recurrent ones read one source at a time; all have one length, so the results fit.
        each = [encode({name: batch[at : at + 1]}) for at in range(len(batch))]
        return {key: np.concatenate([one[key] for one in each]) for key in each[0]}

    def _caches(self, known: Named, count: int) -> Named:
        """Return what was read before the first token: what `encode` gives, or nothing."""
        caches = {}
        for name, (shape, dtype) in self.step_signature.inputs.items():
            if name.startswith(CACHE):
                empty = (count, *(size or 0 for size in shape[1:]))
                caches[name] = known[name] if name in known else np.zeros(empty, dtype)
        return caches

    def _read(self, state: ReadSoFar, tokens: np.ndarray) -> tuple[np.ndarray, ReadSoFar]:
        step = self.step_signature
        feed = {TOKENS: tokens, **state.memory, **state.caches}
        if POSITION in step.inputs:
            feed[POSITION] = np.full(len(tokens), state.length, np.int32)
        outputs = step(
            {name: feed[name].astype(step.inputs[name][1], copy=False) for name in step.inputs}
        )
        caches = {name: outputs[name] for name in state.caches}
        logits = outputs[LOGITS]
        self._check(state.caches, caches, logits, tokens)
        return logits, replace(state, caches=caches, length=state.length + tokens.shape[1])

    def _check(self, before: Named, after: Named, logits: np.ndarray, tokens: np.ndarray) -> None:
        """Refuse what no step gives: it would be read as texts, or fill the memory.

        Raises:
            UserError: The outputs are of other sizes, or are no numbers.
        """
        count, longer = tokens.shape
        fits = logits.ndim == 2 and len(logits) == count
        for name, array in after.items():
            shape = self.step_signature.inputs[name][0]
            grown = zip(shape[1:], array.shape[1:], before[name].shape[1:], strict=False)
            fits &= len(array) == count and array.ndim == len(shape)
            fits &= all(
                new == (old if size else old + longer) or new == old for size, new, old in grown
            )
        if not fits or not np.isfinite(logits.max(axis=-1)).all():
            raise UserError(
                f"{self._path} answers {count} texts with logits of shape {logits.shape}, with NaN "
                "or with a cache that does not fit: the file is damaged; export it again."
            )


def batches_of(rows: Sequence[Mapping[str, Any]], size: int, alike: bool) -> list[np.ndarray]:
    """Return places of rows that are read together, the shortest first.

    Args:
        rows: Arrays by name.
        size: Rows at once.
        alike: Whether all have to be of one length.
    """
    lengths = np.array([len(row[IDS]) for row in rows], int)
    order = np.argsort(lengths, kind="stable")
    changes = np.diff(lengths[order]) if alike else np.zeros(0)
    groups = np.split(order, np.flatnonzero(changes) + 1)
    return [group[at : at + size] for group in groups for at in range(0, len(group), size)]
