"""Hugging Face models of PyTorch that write texts, as teachers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..models.generators import WritingSettings
from ..models.generators.generate_settings import pad_before
from ..models.input_names import DECODER_IDS, IDS, token_mask
from ..text.batching import padded
from ..text.decoding import NextTokens
from .python_function import PythonFunctionTeacher
from .pytorch import digest_state, load_by_pytorch
from .whole_passes import whole_passes

_SOURCE, _WRITTEN = IDS[0], DECODER_IDS[0]


class TorchTexts(PythonFunctionTeacher):
    """A T5, BART, GPT-2, ... of a Hugging Face folder, by transformers in PyTorch.

    Args:
        path: The folder.
        architecture: `ForSeq2SeqLM` or `ForCausalLM`.
        settings: How it begins and ends a text.

    Attributes:
        pad_id: What its tokenizer pads with.

    Raises:
        UserError: No PyTorch or transformers, weights that cannot be read, a head that is missing.
    """

    def __init__(self, path: Path, architecture: str, settings: WritingSettings) -> None:
        self.writing = settings
        self._torch, self._model = load_by_pytorch(path, architecture)
        self.config, self.pad_id = self._model.config, 0
        self.from_source = bool(self.config.is_encoder_decoder)
        self.text_inputs = (_SOURCE, _WRITTEN) if self.from_source else (_SOURCE,)
        self.shapes = {"logits": (None, int(self._model.get_output_embeddings().out_features))}

    @property
    def output_shapes(self) -> Mapping[str, tuple[int | None, ...]]:
        """The shape of each output for one text."""
        return self.shapes

    def run(self, ids: np.ndarray, second: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Return the logits after each token of what is written.

        Args:
            ids: Padded ids of sources, or of the texts themselves, `[batch, length]`.
            second: Padded ids of what is written of them, where there are sources.
        """
        # What goes on with a text has its padding behind it, and may start with the same token.
        from_source = second is not None
        mask = token_mask(ids, self.pad_id).numpy() if from_source else np.ones_like(ids)
        named = {"input_ids": ids, "attention_mask": mask}
        rest = self.writing.begins[1:] if second is not None else ()
        if second is not None:
            more = np.tile(np.array(rest, second.dtype), (len(second), 1))
            named[_WRITTEN] = np.concatenate([second[:, :1], more, second[:, 1:]], axis=1)
        with self._torch.no_grad():
            tensors = {name: self.tensor(array) for name, array in named.items()}
            logits = self._model(**tensors, use_cache=False).logits
        return {"logits": logits[:, len(rest) :].numpy()}

    def next_tokens(self, encoder: Any) -> NextTokens:
        """Return what may come next, with what the model remembers; else by whole passes.

        Args:
            encoder: Its tokenizer.
        """
        found = TorchNextTokens(self, self.writing, encoder.pad_id)
        return found if found.remembers() else whole_passes(self, encoder)

    def tensor(self, array: np.ndarray) -> Any:
        """Return whole numbers as a tensor of PyTorch."""
        return self._torch.from_numpy(np.ascontiguousarray(array, "int64"))

    def read_source(self, ids: np.ndarray, mask: np.ndarray) -> Any:
        """Return the vectors of the tokens of sources.

        Args:
            ids: Padded ids.
            mask: 1 at tokens, 0 at padding.
        """
        with self._torch.no_grad():
            encoder = self._model.get_encoder()
            return encoder(input_ids=self.tensor(ids), attention_mask=self.tensor(mask))

    def read_next(
        self, tokens: np.ndarray, mask: np.ndarray, past: Any, states: Any
    ) -> tuple[np.ndarray, Any]:
        """Return the logits after the last token, and what is remembered with them.

        Args:
            tokens: What is read now, `[texts, tokens]`.
            mask: Of the sources, or of all that has been read and is read now.
            past: What is remembered.
            states: Of `read_source`; None where there are no sources.
        """
        named: dict[str, Any] = {"attention_mask": self.tensor(mask)}
        if states is not None:
            named |= {_WRITTEN: self.tensor(tokens), "encoder_outputs": states}
        else:
            places = np.maximum(np.cumsum(mask, axis=1) - 1, 0)[:, -tokens.shape[1] :]
            named |= {"input_ids": self.tensor(tokens), "position_ids": self.tensor(places)}
        with self._torch.no_grad():
            output = self._model(**named, past_key_values=past, use_cache=True)
        return output.logits[:, -1].float().numpy(), output.past_key_values

    @property
    def fingerprint(self) -> str:
        """A digest of its weights, for a store."""
        return digest_state(self._model, str(self.writing))


class TorchNextTokens:
    """A model of PyTorch as a `NextTokens`.

    Args:
        model: The model.
        settings: How it begins and ends a text.
        pad_id: What sources are padded with.

    Attributes:
        end_id: The token that ends a text.
    """

    def __init__(self, model: TorchTexts, settings: WritingSettings, pad_id: int) -> None:
        self.end_id = settings.end
        self._model, self._settings, self._pad_id = model, settings, pad_id

    def remembers(self) -> bool:
        """Return whether two steps work: a Mamba, XLNet or MPT has another memory, or none."""
        try:
            row = {_SOURCE: np.full(2, self._settings.begins[0], "int32")}
            state, tokens = self.begin([row])
            for _ in range(2):
                _, state = self.step(self.select(state, np.zeros(1, "int32")), tokens)
        # AttributeError, KeyError, TypeError, ...
        except Exception:
            return False
        return True

    def begin(self, rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], np.ndarray]:
        """Read the source of each text, or all of its tokens but the last.

        Args:
            rows: Arrays by name.
        """
        from transformers import DynamicCache, EncoderDecoderCache

        texts = [np.asarray(row[_SOURCE], "int32") for row in rows]
        if self._model.from_source:
            ids = padded([text.tolist() for text in texts], self._pad_id)
            mask = token_mask(ids, self._pad_id).numpy()
            past = EncoderDecoderCache(DynamicCache(), DynamicCache())
            states = self._model.read_source(ids, mask)
            state = {"mask": mask, "past": past, "states": states, "begun": False}
            return state, np.full(len(texts), self._settings.begins[0], "int32")
        ids, mask = pad_before([text[:-1] for text in texts])
        state = {"mask": mask, "past": DynamicCache(), "states": None, "begun": True}
        if ids.shape[1]:
            state["past"] = self._model.read_next(ids, mask, state["past"], None)[1]
        return state, np.array([text[-1] for text in texts], "int32")

    def room(self, rows: Sequence[Mapping[str, Any]]) -> int | None:
        """Return how many tokens may be written; None where the model counts no positions.

        Args:
            rows: What texts are written of, or their beginnings.
        """
        longest = max(len(row[_SOURCE]) for row in rows)
        return self._settings.room(None if self._model.from_source else longest)

    def step(self, state: dict[str, Any], tokens: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """Read one more token of each text, and of the first what always stands behind it.

        Args:
            state: What is remembered, which is used up.
            tokens: One for each text.
        """
        read, mask = np.asarray(tokens, "int32")[:, None], state["mask"]
        if not state["begun"]:
            rest = np.array(self._settings.begins[1:], "int32")
            read = np.concatenate([read, np.tile(rest, (len(read), 1))], axis=1)
        if state["states"] is None:
            mask = np.concatenate([mask, np.ones_like(read)], axis=1)
        logits, past = self._model.read_next(read, mask, state["past"], state["states"])
        state = {**state, "mask": mask, "past": past, "begun": True}
        return self._settings.choose_from(logits), state

    def select(self, state: dict[str, Any], places: np.ndarray) -> dict[str, Any]:
        """Return what is remembered of some of the texts.

        Args:
            state: What is remembered, which is used up.
            places: Which texts.
        """
        chosen = self._model.tensor(places)
        state["past"].reorder_cache(chosen)
        states = state["states"]
        if states is not None:
            vectors = states.last_hidden_state.index_select(0, chosen)
            states = type(states)(last_hidden_state=vectors)
        return {**state, "mask": state["mask"][places], "states": states}
