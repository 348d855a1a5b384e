"""Texts written token by token by transformers' TensorFlow models, with what they remember."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ...text.batching import padded
from ..input_names import IDS, token_mask
from .generate_settings import WritingSettings, pad_before

_IDS = tf.TensorSpec((None, None), tf.int32)


@dataclass(frozen=True)
class Memory:
    """What a model remembers of the texts that it writes; each tensor has them as first axis.

    Attributes:
        mask: 1 at the tokens of the sources, or of all that has been read, and 0 at padding.
        past: Keys and values of each layer; none before the first token.
        states: Vectors of the tokens of the sources, of a model that has sources.
    """

    mask: tf.Tensor
    past: Any = None
    states: tf.Tensor | None = None


class TensorFlowSeq2Seq:
    """A T5, BART or Marian as a `NextTokens`.

    Args:
        model: The model.
        settings: How it begins and ends a text.
        pad_id: What sources are padded with.

    Attributes:
        end_id: The token that ends a text.
    """

    def __init__(self, model: Any, settings: WritingSettings, pad_id: int) -> None:
        self.end_id = settings.end
        self._model, self._settings, self._pad_id = model, settings, pad_id
        self._encode = tf.function(self._read_sources, input_signature=[_IDS, _IDS])
        self._step = _Steps(self._read_tokens)

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Memory, np.ndarray]:
        """Read the source of each text.

        Args:
            rows: Arrays by name; `input_ids` is read.
        """
        ids = padded([list(row[IDS[0]]) for row in rows], self._pad_id)
        mask = token_mask(ids, self._pad_id)
        states = self._encode(tf.constant(ids), mask)
        return Memory(mask, states=states), np.full(len(rows), self._settings.begins[0], "int32")

    def room(self, rows: Sequence[Mapping[str, Any]]) -> int | None:
        """Return how many tokens may be written; None where the model counts no positions.

        Args:
            rows: What texts are written of.
        """
        return self._settings.room()

    def step(self, state: Memory, tokens: np.ndarray) -> tuple[np.ndarray, Memory]:
        """Read one more token of each text; the first one with what stands behind it always.

        Args:
            state: What is remembered.
            tokens: One for each text.
        """
        read = np.asarray(tokens, "int32")[:, None]
        if state.past is None and len(self._settings.begins) > 1:
            rest = np.array(self._settings.begins[1:], "int32")
            read = np.concatenate([read, np.tile(rest, (len(read), 1))], axis=1)
        logits, past = self._step(state.past, tf.constant(read), state.mask, state.states)
        scores = self._settings.choose_from(logits.numpy())
        return scores, dataclasses.replace(state, past=past)

    def select(self, state: Memory, places: np.ndarray) -> Memory:
        """Return what is remembered of some of the texts.

        Args:
            state: What is remembered.
            places: Which texts.
        """
        return _select(state, places)

    def _read_sources(self, ids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        encoder = self._model.get_encoder()
        return encoder(ids, attention_mask=mask, training=False).last_hidden_state

    def _read_tokens(self, past: Any, tokens: Any, mask: Any, states: Any) -> tuple[Any, Any]:
        from transformers.modeling_tf_outputs import TFBaseModelOutput

        output = self._model(
            input_ids=None,
            attention_mask=mask,
            decoder_input_ids=tokens,
            encoder_outputs=TFBaseModelOutput(last_hidden_state=states),
            past_key_values=past,
            use_cache=True,
            training=False,
        )
        return tf.cast(output.logits[:, -1], tf.float32), output.past_key_values


class TensorFlowCausal:
    """A GPT-2 as a `NextTokens`: it goes on from the tokens of each row.

    Args:
        model: The model.
        settings: How it begins and ends a text.

    Attributes:
        end_id: The token that ends a text.
    """

    def __init__(self, model: Any, settings: WritingSettings) -> None:
        self.end_id = settings.end
        self._model, self._settings = model, settings
        self._step = _Steps(self._read_tokens)

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Memory, np.ndarray]:
        """Read all tokens of each row but the last, which `step` reads.

        Args:
            rows: Arrays by name; `input_ids` is read.
        """
        texts = [np.asarray(row[IDS[0]], "int32") for row in rows]
        ids, mask = pad_before([text[:-1] for text in texts])
        memory = Memory(tf.constant(mask))
        if ids.shape[1]:
            _, past = self._step(None, tf.constant(ids), memory.mask)
            memory = dataclasses.replace(memory, past=past)
        return memory, np.array([text[-1] for text in texts], "int32")

    def room(self, rows: Sequence[Mapping[str, Any]]) -> int | None:
        """Return how many tokens may be written; None where the model counts no positions.

        Args:
            rows: The beginnings of the texts.
        """
        return self._settings.room(max(len(row[IDS[0]]) for row in rows))

    def step(self, state: Memory, tokens: np.ndarray) -> tuple[np.ndarray, Memory]:
        """Read one more token of each text.

        Args:
            state: What is remembered.
            tokens: One for each text.
        """
        read = tf.constant(np.asarray(tokens, "int32")[:, None])
        mask = tf.concat([state.mask, tf.ones_like(read)], axis=1)
        logits, past = self._step(state.past, read, mask)
        return self._settings.choose_from(logits.numpy()), Memory(mask, past)

    def select(self, state: Memory, places: np.ndarray) -> Memory:
        """Return what is remembered of some of the texts.

        Args:
            state: What is remembered.
            places: Which texts.
        """
        return _select(state, places)

    def _read_tokens(self, past: Any, tokens: Any, mask: Any) -> tuple[Any, Any]:
        counted = tf.maximum(tf.cumsum(mask, axis=1) - 1, 0)
        output = self._model(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=counted[:, -tf.shape(tokens)[1] :],
            past_key_values=past,
            use_cache=True,
            training=False,
        )
        # GPT-2 stacks the two, and takes them one by one as well.
        past = tuple(
            tuple(tf.unstack(layer)) if tf.is_tensor(layer) else layer
            for layer in output.past_key_values
        )
        return tf.cast(output.logits[:, -1], tf.float32), past


class _Steps:
    """A step as two graphs, for any number of texts and tokens: the first step, and all others.

    Args:
        read: The step: what is remembered, which the first one has not, and tensors.
    """

    def __init__(self, read: Callable[..., Any]) -> None:
        self._read = read
        self._graphs: dict[bool, Any] = {}

    def __call__(self, past: Any, *inputs: tf.Tensor) -> Any:
        """Run the step."""
        begun = past is not None
        if begun not in self._graphs:
            specs = tf.nest.map_structure(_spec_of, (past, *inputs) if begun else inputs)
            step = self._read if begun else functools.partial(self._read, None)
            self._graphs[begun] = tf.function(step, input_signature=specs)
        return self._graphs[begun](*((past, *inputs) if begun else inputs))


def _spec_of(tensor: tf.Tensor) -> tf.TensorSpec:
    """Describe ids `[texts, tokens]`, their vectors, or keys `[texts, heads, tokens, width]`."""
    free = (0, 2) if tensor.shape.rank == 4 else (0, 1)
    shape = [None if axis in free else size for axis, size in enumerate(tensor.shape)]
    return tf.TensorSpec(shape, tensor.dtype)


def _select(state: Memory, places: np.ndarray) -> Memory:
    parts = (state.mask, state.past, state.states)
    chosen = tf.nest.map_structure(
        lambda part: None if part is None else tf.gather(part, places), parts
    )
    return Memory(*chosen)
