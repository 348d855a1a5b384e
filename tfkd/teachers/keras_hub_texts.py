"""KerasHub's models that write, `Seq2SeqLM` and `CausalLM`, as teachers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from ..errors import UserError, first_line, missing_extra
from ..models.callables import Model
from ..models.generators import WritingSettings
from ..models.generators.weight_digest import digest_weights
from ..models.hugging_face import has_packages
from ..models.input_names import DECODER_IDS, IDS, MASKS
from ..models.text_model import TextModel
from ..text.words import DECODER_IDS as WRITTEN
from .keras_hub_folder import Kind, kind_of, tokenizer_folder
from .pretrained_texts import load_writer
from .request import Request
from .whole_passes import WholePasses, whole_passes

_NO_COMPUTATION = {"name", "trainable", "dtype", "dropout"}


def is_writer(model: Any) -> bool:
    """Return whether an object is a model of KerasHub that writes texts.

    Args:
        model: Anything.
    """
    names = {base.__name__ for base in type(model).__mro__}
    return bool(names & {"Seq2SeqLM", "CausalLM"}) and "keras_hub" in type(model).__module__


def load_preset(path: str, request: Request) -> TextModel:
    """Load a folder that `save_to_preset` wrote.

    Args:
        path: The folder.
        request: What it is loaded for.

    Raises:
        UserError: Another folder, no KerasHub, or a model that is not read here.
    """
    folder = Path(path).expanduser()
    if not (folder / "task.json").is_file():
        raise UserError(
            f"{path} is no preset of KerasHub with a task.json: write hf:{path} for a folder of "
            "Hugging Face, or save the model by save_to_preset."
        )
    if not has_packages("keras_hub"):
        raise missing_extra("keras_hub", "hub", "a hub: teacher")
    import keras_hub

    kind = keras_hub.models.Seq2SeqLM if _from_source(request) else keras_hub.models.CausalLM
    try:
        model = kind.from_preset(str(folder))
    # ValueError, KeyError, OSError, ...
    except Exception as error:
        raise UserError(
            f"{path} cannot be read as KerasHub's {kind.__name__}, which this task asks for "
            f"({first_line(error)})."
        ) from error
    return wrap_writer(model, request, f"hub:{path}")


def wrap_writer(model: Any, request: Request, origin: str) -> TextModel:
    """Return a model of KerasHub with its tokenizer, as tfkd feeds a model that writes.

    Args:
        model: The model, with its preprocessor.
        request: What it is loaded for.
        origin: What to call it.

    Raises:
        UserError: It is not read here, has no tokenizer, or is of the other kind of the two.
    """
    kind = kind_of(model, origin)
    if not request.task.writes or kind.seq2seq != _from_source(request):
        wanted = "Seq2SeqLM" if _from_source(request) else "CausalLM"
        raise UserError(
            f"{origin} is a {type(model).__name__}, and the task {request.task.name} asks for "
            + (f"a {wanted}." if request.task.writes else "a model of its own outputs.")
        )
    with tokenizer_folder(model, kind) as folder:
        loaded = load_writer(
            "hub",
            str(folder),
            request,
            lambda _, __, settings: KerasHubTexts(model, kind, settings),
        )
    return dataclasses.replace(loaded, origin=origin)


class KerasHubTexts:
    """A model of KerasHub that returns logits after each token of what is written.

    Args:
        model: The model.
        kind: Its kind.
        settings: How it begins and ends a text.
    """

    def __init__(self, model: Any, kind: Kind, settings: WritingSettings) -> None:
        self.model, self.writing, self._held = model, settings, Model(model)
        # What goes on with a text never looks at padding, which comes behind it.
        self.text_inputs = (IDS[0], MASKS[0], DECODER_IDS[0]) if kind.seq2seq else IDS[:1]

    @property
    def output_shapes(self) -> Mapping[str, tuple[int | None, ...]]:
        """The shape of each output for one text."""
        return {"logits": (None, int(self.model.backbone.vocabulary_size))}

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> dict[str, Any]:
        """Return the logits after each token.

        Args:
            inputs: Arrays by name.
            reads: The names of the outputs.
        """
        if not isinstance(inputs, Mapping):
            ids = tf.convert_to_tensor(inputs)
            return self._held({"token_ids": ids, "padding_mask": tf.ones_like(ids)}, reads)
        ids, mask = (tf.convert_to_tensor(inputs[name]) for name in self.text_inputs[:2])
        written = tf.convert_to_tensor(inputs[DECODER_IDS[0]])
        # A BART's texts begin with two tokens, and a row has the first one alone.
        rest = tf.constant([self.writing.begins[1:]], written.dtype)
        rest = tf.tile(rest, [tf.shape(written)[0], 1])
        longer = tf.concat([written[:, :1], rest, written[:, 1:]], axis=1)
        named = {"encoder_token_ids": ids, "encoder_padding_mask": mask}
        named |= {"decoder_token_ids": longer, "decoder_padding_mask": tf.ones_like(longer)}
        outputs = self._held(named, reads)
        return {**outputs, "logits": outputs["logits"][:, rest.shape[1] :]}

    def next_tokens(self, encoder: Any) -> WholePasses:
        """Return what may come next, by whole passes.

        Args:
            encoder: Its tokenizer.
        """
        return whole_passes(self, encoder)

    @property
    def fingerprint(self) -> str:
        """A digest of its weights and settings, for a store."""
        # Heads, say, are in no weight. Its layers do not all tell their settings once it is loaded.
        config = self.model.backbone.get_config()
        settings = {name: config[name] for name in sorted(config) if name not in _NO_COMPUTATION}
        return digest_weights(self.model, f"{self.writing} {json.dumps(settings, default=str)}")


def _from_source(request: Request) -> bool:
    return WRITTEN in request.task.inputs
