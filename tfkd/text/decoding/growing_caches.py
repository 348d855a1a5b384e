"""Write with a causal model that reads each token once: what it remembers grows by one a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..words import IDS
from .full_passes import check_ends

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class _Group:
    """Texts that are equally long.

    Attributes:
        places: Which of all texts these are, `[texts]`.
        caches: What the model remembers of them by name, `[texts, ...]`.
    """

    places: np.ndarray
    caches: Arrays


class GrowingCaches:
    """A `NextTokens` of a causal model that is given new tokens and caches.

    Texts of one length are read together, so that no beginning has to be padded.

    Args:
        run: Runs a step: `tokens` `[texts, new]` and all caches to `logits` `[texts, vocabulary]`
            and the longer caches.
        caches: The shape and type of each cache by name: `None` is the number of texts, and then
            that of tokens.
        start_id: The token that starts a text.
        end_id: The token that ends it.

    Raises:
        UserError: The tokenizer has no such tokens.
    """

    def __init__(
        self,
        run: Callable[[Arrays], Arrays],
        caches: Mapping[str, tuple[Sequence[int | None], str]],
        start_id: int,
        end_id: int,
    ) -> None:
        check_ends(start_id, end_id)
        self._run, self._caches, self._start_id = run, dict(caches), start_id
        self.end_id = end_id

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[_Group], np.ndarray]:
        """Read all but the last token of the beginning of each text, and return that one."""
        texts = [[int(token) for token in row[IDS]] or [self._start_id] for row in rows]
        by_length: dict[int, list[int]] = {}
        for place, text in enumerate(texts):
            by_length.setdefault(len(text), []).append(place)
        groups = []
        for length, places in by_length.items():
            caches: Arrays = {
                name: np.zeros((len(places), *(size or 0 for size in shape[1:])), kind)
                for name, (shape, kind) in self._caches.items()
            }
            if length > 1:
                read = np.array([texts[place][:-1] for place in places], "int32")
                caches = self._caches_of(self._run({"tokens": read, **caches}))
            groups.append(_Group(np.array(places), caches))
        return groups, np.array([text[-1] for text in texts], "int32")

    def step(self, state: Sequence[_Group], tokens: np.ndarray) -> tuple[np.ndarray, list[_Group]]:
        """Read one more token of each text; return the logits of the one after it."""
        groups, logits = [], np.zeros((0, 0), "float32")
        for group in state:
            read = np.asarray(tokens, "int32")[group.places][:, None]
            outputs = self._run({"tokens": read, **group.caches})
            if not len(logits):
                logits = np.zeros((len(tokens), outputs["logits"].shape[-1]), "float32")
            logits[group.places] = outputs["logits"]
            groups.append(_Group(group.places, self._caches_of(outputs)))
        return logits, groups

    def select(self, state: Sequence[_Group], places: np.ndarray) -> list[_Group]:
        """Return the state of some of the texts."""
        groups = []
        for group in state:
            at = {int(place): i for i, place in enumerate(group.places)}
            chosen = [(new, at[int(old)]) for new, old in enumerate(places) if int(old) in at]
            if not chosen:
                continue
            new, old = (np.array(each) for each in zip(*chosen, strict=True))
            unchanged = len(old) == len(group.places) and (old == np.arange(len(old))).all()
            caches = group.caches
            if not unchanged:
                caches = {name: array[old] for name, array in caches.items()}
            groups.append(_Group(new, caches))
        return groups

    def _caches_of(self, outputs: Arrays) -> Arrays:
        return {name: outputs[name] for name in self._caches}
