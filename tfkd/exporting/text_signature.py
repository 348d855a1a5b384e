"""Texts to ids inside a SavedModel, by TensorFlow Text: what TensorFlow Serving can be sent."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..runtime.bundle import describe
from ..tasks import DEFAULT, Task
from ..text import NoTexts, TextEncoder
from ..text.encoder import BREAK
from .calling import ModelSignature
from .mediapipe.client_output import class_probabilities

SERVING = "serving_default"
"The signature that clients call which name none."


class TextSignature(tf.Module):
    """The signature `serving_default`: `{"texts": [batch]}` strings to logits and probabilities.

    A text is read as the encoder reads it: HTML line breaks as spaces, BERT's word pieces, head
    and tail of a long one; but `[SEP]` and its like in a text are letters as others are.

    Args:
        signature: How the student is called.
        encoder: Its tokenizer.
        form: "multiclass" or "binary".
        squashed: Whether the student returns probabilities already.
    """

    def __init__(
        self, signature: ModelSignature, encoder: TextEncoder, form: str, squashed: bool
    ) -> None:
        import tensorflow_text

        super().__init__(name="texts")
        self._signature, self._most = signature, encoder.max_length
        self._form, self._squashed = form, squashed
        self._pad_id = encoder.pad_id
        self._ends = [end[0] for end in encoder.ends]
        self._lowercase = encoder.lowercase
        self._tokenizer = tensorflow_text.FastBertTokenizer(
            vocab=encoder.vocabulary,
            token_out_type=tf.int32,
            # See `lower_case`.
            lower_case_nfd_strip_accents=False,
        )

    @staticmethod
    def specs() -> dict[str, tf.TensorSpec]:
        """Return what TensorFlow traces the signature by."""
        return {"texts": tf.TensorSpec([None], tf.string, name="texts")}

    def ids(self, texts: tf.Tensor) -> tf.Tensor:
        """Return ids `[batch, length]` of the longest text, padded."""
        texts = tf.strings.regex_replace(texts, BREAK, " ")
        pieces = self._tokenizer.tokenize(lower_case(texts) if self._lowercase else texts)
        room = self._most - 2
        tail, sizes = room // 2, pieces.row_lengths()
        places = tf.ragged.range(sizes)
        last = tf.RaggedTensor.from_row_splits(
            tf.repeat(sizes - tail, sizes), pieces.row_splits, validate=False
        )
        pieces = tf.ragged.boolean_mask(pieces, (places < room - tail) | (places >= last))
        first, end = (tf.fill([tf.shape(texts)[0], 1], piece) for piece in self._ends)
        return tf.concat([first, pieces, end], axis=1).to_tensor(self._pad_id)

    def serve(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return `logits` and `probabilities`, `[batch, classes]`, float32."""
        ((name, (_, dtype)),) = self._signature.inputs.items()
        ids = tf.cast(self.ids(inputs["texts"]), dtype)
        logits = self._signature.serve({name: ids})["logits"]
        probabilities = class_probabilities(logits, self._form, self._squashed)
        return {"logits": logits, "probabilities": probabilities}


def check_texts(encoder: TextEncoder | NoTexts | None, kind: str, task: Task | None = None) -> None:
    """Refuse what cannot get a signature of texts.

    Raises:
        UserError: Another format or task, no encoder or one of another kind, no TensorFlow Text.
    """
    from importlib.util import find_spec

    if kind != "saved_model":
        raise UserError("tokenizer=True is for a SavedModel: give a path without a suffix.")
    if task is not None and task.name != DEFAULT:
        raise UserError(
            f"tokenizer=True is for classifiers of texts, and the task is {task.name}: leave it "
            "out, and send ids."
        )
    if task is not None and task.reads_pairs:
        raise UserError(
            "tokenizer=True is for single texts, and this student reads pairs: leave it out, and "
            "send ids and segments."
        )
    if encoder is None:
        raise UserError("tokenizer=True puts the tokenizer inside: give the student's `encoder`.")
    if "tokenizer.json" in describe(encoder, {}):
        raise UserError(
            "tokenizer=True takes BERT's word pieces, and the student's tokenizer is another: "
            "leave it out, and send ids."
        )
    if find_spec("tensorflow_text") is None:
        raise UserError('tokenizer=True needs TensorFlow Text: pip install "tfkd[text]".')


def lower_case(texts: tf.Tensor) -> tf.Tensor:
    """Return texts without accents and in small letters, as BERT has it.

    TensorFlow Text's own lower-casing folds compatible letters too: a full-width comma is one.
    """
    import tensorflow_text

    bare = tf.strings.regex_replace(tensorflow_text.normalize_utf8(texts, "NFD"), r"\p{Mn}", "")
    return tf.strings.lower(bare, encoding="utf-8")


def as_texts(texts: list[str]) -> dict[str, np.ndarray]:
    """Return the inputs of the signature."""
    return {"texts": np.array(texts, object)}
