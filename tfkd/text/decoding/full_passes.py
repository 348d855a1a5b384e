"""Write with a model that only maps whole rows to logits: each token costs a pass over all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import UserError
from ..words import DECODER_IDS, IDS

Run = Callable[[Sequence[dict[str, Any]]], Sequence[Mapping[str, Any]]]
_State = list[tuple[dict[str, Any], list[int]]]


class FullPasses:
    """A `NextTokens` of any model: the reference for faster ones, and for those without a cache.

    Args:
        run: Runs the model: rows to one dict of outputs for each row, without padding.
        encoder: Its tokenizer, of which the tokens of start and end are taken.
        inputs: Names of the arrays of a row that the model reads; without `decoder_input_ids` it
            goes on with its `input_ids`.

    Raises:
        UserError: The tokenizer has no tokens that start and end a text.
    """

    def __init__(self, run: Run, encoder: Any, inputs: Sequence[str]) -> None:
        self._run, self._inputs = run, tuple(inputs)
        self._written = DECODER_IDS if DECODER_IDS in inputs else IDS
        self.end_id, self._start_id = encoder.end_id, encoder.start_id
        check_ends(self._start_id, self.end_id)

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[_State, np.ndarray]:
        """Return what each text depends on, and the token that it begins with."""
        state: _State = []
        first = []
        for row in rows:
            read = {name: row[name] for name in self._inputs if name in row}
            given = [] if self._written == DECODER_IDS else [int(i) for i in row[IDS]]
            given = given or [self._start_id]
            state.append((read, given[:-1]))
            first.append(given[-1])
        return state, np.array(first, np.int32)

    def step(self, state: _State, tokens: np.ndarray) -> tuple[np.ndarray, _State]:
        """Return the logits of the token after all those of each text."""
        longer = [
            (row, [*ids, int(token)]) for (row, ids), token in zip(state, tokens, strict=True)
        ]
        outputs = self._run([{**row, self._written: ids} for row, ids in longer])
        last = [
            output["logits"][len(ids) - 1] for output, (_, ids) in zip(outputs, longer, strict=True)
        ]
        return np.asarray(np.stack(last), np.float32), longer

    def select(self, state: _State, places: np.ndarray) -> _State:
        """Return the state of some of the texts."""
        return [state[place] for place in places]


def check_ends(start_id: int, end_id: int) -> None:
    """Refuse a tokenizer with which no text can begin or end.

    Args:
        start_id: The token that a text starts with, -1 where there is none.
        end_id: The one that ends it.

    Raises:
        UserError: One of them is missing.
    """
    if start_id < 0 or end_id < 0:
        missing = " and ".join(
            name for name, i in (("starts", start_id), ("ends", end_id)) if i < 0
        )
        raise UserError(
            f"the tokenizer has no token that {missing} a text: name it as start_id and end_id of "
            'its preprocessing.json, or as "decoder_start_token_id" and "eos_token_id" of the '
            "config.json of a Hugging Face folder."
        )
