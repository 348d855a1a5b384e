"""A T5, BART or Marian of transformers' TensorFlow models, as tfkd feeds a model that writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ..callables import Model
from ..input_names import DECODER_IDS, IDS, MASKS
from .generate_settings import WritingSettings
from .tensorflow_generators import TensorFlowSeq2Seq
from .weight_digest import digest_weights


class TensorFlowTexts:
    """A model of `{"input_ids", "decoder_input_ids"}` that returns logits after each of the latter.

    A BART's texts begin with `</s><s>`: what it says at the place of the one token that starts a
    text here is what comes after both.

    Args:
        model: The model of transformers.
        settings: How it begins and ends a text.
    """

    text_inputs = (IDS[0], MASKS[0], DECODER_IDS[0])

    def __init__(self, model: Any, settings: WritingSettings) -> None:
        self.model, self.writing, self._held = model, settings, Model(model)
        # What is remembered is asked for where texts are written.
        model.config.use_cache = False
        # BART asks how long a tensor is, which AutoGraph alone translates.
        self._run = tf.function(self._read, autograph=True, reduce_retracing=True)

    @property
    def output_shapes(self) -> Mapping[str, tuple[int | None, ...]]:
        """The shape of each output for one text."""
        return {"logits": (None, int(self.model.config.vocab_size))}

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> dict[str, Any]:
        """Return the logits after each token of the targets.

        Args:
            inputs: Arrays by name.
            reads: The names of the outputs.
        """
        return self._run({name: tf.convert_to_tensor(inputs[name]) for name in inputs}, reads)

    def _read(self, inputs: dict[str, tf.Tensor], reads: tuple[str, ...]) -> dict[str, Any]:
        written = inputs[DECODER_IDS[0]]
        rest = tf.constant([self.writing.begins[1:]], written.dtype)
        rest = tf.tile(rest, [tf.shape(written)[0], 1])
        longer = tf.concat([written[:, :1], rest, written[:, 1:]], axis=1)
        outputs = self._held({**inputs, DECODER_IDS[0]: longer}, reads)
        return {**outputs, "logits": outputs["logits"][:, rest.shape[1] :]}

    def next_tokens(self, encoder: Any) -> TensorFlowSeq2Seq:
        """Return what may come next, with what the model remembers.

        Args:
            encoder: Its tokenizer.
        """
        return TensorFlowSeq2Seq(self.model, self.writing, encoder.pad_id)

    @property
    def fingerprint(self) -> str:
        """A digest of its weights, for a store."""
        return digest_weights(self.model, str(self.writing))
