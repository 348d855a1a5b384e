"""`nli:FOLDER`: whether a text entails that it is about a class, by a model of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from ...data.labels import shorten
from ...errors import UserError
from ...losses._batch import Outputs
from ...models.input_names import IDS, SEGMENTS
from ...models.text_model import TextModel

FACTOR, BOUNDS, MOST = 1.0, (0.05, 20.0), 200
_LEAST = 8


def find_entailment(labels: Sequence[str], origin: str) -> int:
    """Return the id of the class that says that one text follows from the other.

    Args:
        labels: The class names of the model.
        origin: What to call it.

    Raises:
        UserError: No class, or several, with such a name.

    >>> find_entailment(("CONTRADICTION", "NEUTRAL", "ENTAILMENT"), "it")
    2
    """
    found = [i for i, name in enumerate(labels) if name.strip().casefold().startswith("entail")]
    if len(found) != 1:
        raise UserError(
            f"{origin} has the classes {shorten(labels) or 'without names'}, and a teacher nli: "
            "needs one that is called entailment: give a model of entailment, or write the names "
            'of its classes as "id2label" into its config.json.'
        )
    return found[0]


def add_sentences(reader: TextModel, sentences: Sequence[str]) -> tuple[list, list, Any]:
    """Return the ids and segments that follow a text's, for each sentence, and its tokenizer.

    Args:
        reader: A model of pairs.
        sentences: The second texts.

    Raises:
        UserError: Sentences that leave no room for a text, or a tokenizer that pads on the left.
    """
    encoder: Any = reader.encoder
    (first,) = encoder.encode_many(["a"])
    pairs = encoder.encode_pairs([("a", sentence) for sentence in sentences])
    tails = [ids[len(first) :] for ids, _ in pairs]
    room = encoder.max_length - max(map(len, tails))
    if room < _LEAST or any(len(ids) >= encoder.max_length for ids, _ in pairs):
        raise UserError(
            f"{reader.origin} reads {encoder.max_length} tokens, and the longest sentence on a "
            f"class takes {max(map(len, tails))} of them: describe the classes in fewer words, or "
            "give a larger --teacher-max-length."
        )
    same = all(list(ids[: len(first)]) == list(first) for ids, _ in pairs)
    if getattr(encoder, "pad_left", False) or not same:
        raise UserError(
            f"the tokenizer of {reader.origin} does not put the second text of a pair behind the "
            "first: give another model of entailment."
        )
    segments = [kinds[len(first) :] for _, kinds in pairs]
    return tails, segments, replace(encoder, max_length=room)


class Entailment:
    """Logits of classes: how much a text entails the sentences of each, in the mean.

    Args:
        reader: A model of pairs.
        entails: Its class that says so.
        tails: Ids and segments of each sentence, as they follow a text's.
        shares: The share of each sentence in a class, `[sentences, classes]`.
        mark: What tells it from others, for a store.
    """

    text_inputs = IDS[:1]

    def __init__(
        self,
        reader: TextModel,
        entails: int,
        *,
        tails: tuple[list, list],
        shares: np.ndarray,
        mark: str,
    ) -> None:
        self.reader, self.model = reader, reader.model
        self.jit, self.fingerprint = False, mark
        self.output_shapes = {"logits": (shares.shape[1],)}
        self.factor = FACTOR
        self._entails, self._shares = entails, shares.astype("float32")
        self._sizes = np.array([len(ids) for ids in tails[0]], "int32")
        self._ids, self._segments = (_as_rows(each, int(self._sizes.max())) for each in tails)

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Outputs:
        """Return the logits for padded ids: the model reads each text once for each sentence."""
        ids, pad = tf.cast(inputs, tf.int32), self.reader.pad_id
        places = tf.range(tf.shape(ids)[1]) + 1
        lengths = tf.reduce_max(tf.where(ids != pad, places, 0), axis=1)
        room = self._ids.shape[1]
        texts = tf.pad(ids, [[0, 0], [0, room]], constant_values=pad)
        behind = tf.range(tf.shape(texts)[1])[None] - lengths[:, None]
        within = tf.clip_by_value(behind, 0, room - 1)

        def entail(tail: Any) -> Any:
            tail_ids, tail_segments, size = tail
            is_tail = (behind >= 0) & (behind < size)
            rows = tf.where(is_tail, tf.gather(tail_ids, within), texts)
            segments = tf.where(is_tail, tf.gather(tail_segments, within), 0)
            pairs = {IDS[0]: rows, SEGMENTS[0]: segments}
            return self.reader.in_graph(pairs, ("logits",))["logits"][:, self._entails]

        tails = (self._ids, self._segments, self._sizes)
        each = tf.map_fn(entail, tails, fn_output_signature=tf.float32)
        return {"logits": self.factor * tf.matmul(each, self._shares, transpose_a=True)}


def _as_rows(lists: Sequence[Sequence[int]], longest: int) -> np.ndarray:
    return np.array([[*each, *[0] * (longest - len(each))] for each in lists], "int32")
