"""Texts to ids inside of a SavedModel, by TensorFlow Text: what TensorFlow Serving can be sent."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..runtime.bundle import describe
from ..text import TextEncoder
from ..text.encoder import BREAK
from .calling import Calling
from .mediapipe.model import scores

SIGNATURE = "serving_default"  # what clients call that name none


class Texts(tf.Module):
    """The signature `serving_default`: `{"texts": [batch]}` strings to logits and probabilities.

    A text is read as the encoder reads it: HTML line breaks as spaces, BERT's word pieces, head
    and tail of a long one; but `[SEP]` and its like in a text are letters as others are.
    `squashed`: the student returns probabilities already.
    """

    def __init__(self, calling: Calling, encoder: TextEncoder, form: str, squashed: bool):
        super().__init__(name="texts")
        self._calling, self._most = calling, encoder.max_length
        self._form, self._squashed = form, squashed
        self._ends = [encoder.tokenizer.token_to_id(piece) for piece in ("[CLS]", "[SEP]")]
        self._tokenizer, self._lowercase = _tokenizer(encoder), encoder.lowercase

    @staticmethod
    def specs() -> dict[str, tf.TensorSpec]:
        """The signature's inputs."""
        return {"texts": tf.TensorSpec([None], tf.string, name="texts")}

    def ids(self, texts: tf.Tensor) -> tf.Tensor:
        """`[batch, length]` of the longest text, padded with 0."""
        texts = tf.strings.regex_replace(texts, BREAK, " ")
        pieces = self._tokenizer.tokenize(lowered(texts) if self._lowercase else texts)
        room = self._most - 2
        tail, sizes = room // 2, pieces.row_lengths()
        places = tf.ragged.range(sizes)
        last = tf.RaggedTensor.from_row_splits(
            tf.repeat(sizes - tail, sizes), pieces.row_splits, validate=False
        )
        pieces = tf.ragged.boolean_mask(pieces, (places < room - tail) | (places >= last))
        first, end = (tf.fill([tf.shape(texts)[0], 1], each) for each in self._ends)
        return tf.concat([first, pieces, end], axis=1).to_tensor(0)

    def serve(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """`logits` and `probabilities`, `[batch, classes]`, float32."""
        ((name, (_, dtype)),) = self._calling.inputs.items()
        ids = tf.cast(self.ids(inputs["texts"]), dtype)
        logits = self._calling.serve({name: ids})["logits"]
        likely = scores(logits, self._form, self._squashed)
        return {"logits": logits, "probabilities": likely}


def check_texts(encoder: TextEncoder | None, kind: str) -> None:
    """Refuse what cannot be written so.

    Raises:
        UserError: another format, no encoder or one of another kind, no TensorFlow Text.
    """
    from importlib.util import find_spec

    if kind != "saved_model":
        raise UserError("tokenizer=True is for a SavedModel: give a path without a suffix.")
    if encoder is None:
        raise UserError("tokenizer=True puts the tokenizer inside: give the student's `encoder`.")
    if "tokenizer.json" in describe(encoder, {}):
        raise UserError(
            "tokenizer=True takes BERT's word pieces, and the student's tokenizer is another: "
            "leave it out, and send ids."
        )
    if find_spec("tensorflow_text") is None:
        raise UserError('tokenizer=True needs TensorFlow Text: pip install "tfkd[text]".')


def _tokenizer(encoder: TextEncoder):
    import tensorflow_text

    return tensorflow_text.FastBertTokenizer(
        vocab=encoder.vocabulary,
        token_out_type=tf.int32,
        lower_case_nfd_strip_accents=False,  # see lowered
    )


def lowered(texts: tf.Tensor) -> tf.Tensor:
    """Without accents and in small letters, as BERT has it.

    TensorFlow Text's own lower-casing folds compatible letters too: a full-width comma is one.
    """
    import tensorflow_text

    bare = tf.strings.regex_replace(tensorflow_text.normalize_utf8(texts, "NFD"), r"\p{Mn}", "")
    return tf.strings.lower(bare, encoding="utf-8")


def as_texts(texts: list[str]) -> dict[str, np.ndarray]:
    """The inputs of the signature."""
    return {"texts": np.array(texts, object)}
