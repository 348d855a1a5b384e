"""Hugging Face folders of models that write texts, with their tokenizers, by any library."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import text
from ..errors import UserError
from ..models import hugging_face as models
from ..models.generators import WritingSettings, read_generate_settings
from ..models.generators.heads_that_write import CAUSAL, SEQ2SEQ, check_writes
from ..models.hugging_face_config import read_config
from ..models.hugging_face_heads import headless
from ..models.input_names import IDS
from ..models.text_model import TextModel
from ..progress import logger
from ..text.prefixed import with_prefix
from ..text.words import DECODER_IDS
from .request import Request

Load = Callable[[Path, str, WritingSettings], Any]


def load_by_tensorflow(folder: Path, architecture: str, settings: WritingSettings) -> Any:
    """Load a model by transformers' TensorFlow models.

    Args:
        folder: A Hugging Face folder.
        architecture: `ForSeq2SeqLM` or `ForCausalLM`.
        settings: How it begins and ends a text.

    Raises:
        UserError: No transformers with TensorFlow models, a model that is in PyTorch alone, weights
            that do not fit.
    """
    from ..models.generators.tensorflow_texts import TensorFlowTexts

    if not models.has_packages("transformers", "tf_keras"):
        raise UserError(
            "a teacher that writes texts needs transformers' TensorFlow models, or PyTorch: run "
            '`pip install "tfkd[hf]"`, or write torch:FOLDER (pip install "tfkd[torch]").'
        )
    model, missing = models.from_pretrained(folder, architecture)
    # A tied head and a bias of zeros are in no file.
    tied = getattr(model.config, "tie_word_embeddings", True)
    at_rest = ("lm_head", "final_logits") if tied else ("final_logits",)
    missing = [name for name in missing if not any(part in name for part in at_rest)]
    if missing:
        raise headless(folder, missing[0], architecture)
    if architecture == SEQ2SEQ:
        return TensorFlowTexts(model, settings)
    model.config.use_cache = False
    # Padding comes behind a text, where nothing looks at it; a mask would hide the start of GPT-2's
    # texts, which is what they are padded with.
    model.text_inputs, model.writing = IDS[:1], settings
    return model


def load_by_torch(folder: Path, architecture: str, settings: WritingSettings) -> Any:
    """Load a model by PyTorch.

    Args:
        folder: A Hugging Face folder.
        architecture: `ForSeq2SeqLM` or `ForCausalLM`.
        settings: How it begins and ends a text.

    Raises:
        UserError: No PyTorch, or weights that do not fit.
    """
    from .pytorch_texts import TorchTexts

    return TorchTexts(folder, architecture, settings)


def load_writer(kind: str, path: str, request: Request, load: Load) -> TextModel:
    """Load a model that writes texts, with its tokenizer.

    Args:
        kind: What its spec begins with.
        path: The folder.
        request: What it is loaded for.
        load: Loads the model itself.

    Raises:
        UserError: A model that writes no texts, or from something else; files that are missing.
    """
    folder = Path(path).expanduser()
    config = read_config(folder)
    architecture = SEQ2SEQ if DECODER_IDS in request.task.inputs else CAUSAL
    check_writes(path, config, architecture)
    # Before the weights, which take their time.
    encoder = text.load(folder)
    settings = read_generate_settings(folder, tuple(encoder.ends[0]))
    rows = config.get("vocab_size")
    if rows and encoder.vocab_size > rows:
        raise UserError(
            f"the tokenizer in {path} has {encoder.vocab_size} pieces and the model's embedding "
            f"{rows} rows: they do not belong together."
        )
    outside = [
        i for i in (*settings.begins, settings.end, *settings.also_ends) if rows and i >= rows
    ]
    if outside:
        raise UserError(
            f"the texts of {path} begin or end with token {outside[0]}, and its model has {rows} "
            "tokens: write those that it was trained with into its config.json."
        )
    most = settings.most
    if request.max_length and most and request.max_length > most:
        raise UserError(
            f"max_length is {request.max_length}, and the teacher reads at most {most} pieces."
        )
    encoder = dataclasses.replace(
        encoder,
        max_length=request.max_length or min(256, most or 256),
        start_id=settings.begins[0],
        end_id=settings.end,
    )
    model = load(folder, architecture, settings)
    if hasattr(model, "pad_id"):
        model.pad_id = encoder.pad_id
    if settings.unwritten:
        from ..models.generators.writable_texts import WritableTexts

        model = WritableTexts(model, settings)
    model, encoder = _by_students_numbers(model, encoder, request, rows)
    prefix = find_prefix(path, config, request.task.name) if architecture == SEQ2SEQ else ""
    encoder = with_prefix(encoder, prefix) if prefix else encoder
    return request.check(TextModel(model, encoder, origin=f"{kind}:{path}"))


def find_prefix(path: str, config: Mapping[str, Any], task: str) -> str:
    """Return the words that a model wants before each text, as its pipelines put them there.

    Args:
        path: The folder.
        config: Its settings.
        task: The name of the task.

    >>> find_prefix("t5", {"task_specific_params": {"shorten": {"prefix": "sum: "}}}, "shorten")
    'sum: '
    """
    own = config.get("prefix")
    if isinstance(own, str):
        return own
    known = config.get("task_specific_params")
    known = known if isinstance(known, Mapping) else {}
    words = {
        name: each["prefix"]
        for name, each in known.items()
        if isinstance(each, Mapping) and isinstance(each.get("prefix"), str)
    }
    if task in words:
        return words[task]
    if words:
        logger.warning(
            f"{path} was made to read what to do before each text ({', '.join(words.values())}): "
            'write the words for these texts as "prefix" into its config.json, or "" if it was '
            "fine-tuned without them."
        )
    return ""


def _by_students_numbers(
    model: Any, encoder: Any, request: Request, rows: int | None
) -> tuple[Any, Any]:
    """Return a model and its tokenizer with the ids of the task's students, a row for each."""
    from ..models.generators.renumbered_texts import RenumberedTexts

    count = encoder.vocab_size
    pad = encoder.pad_id if request.task.zero_is_padding else 0
    if pad == 0 and rows == count:
        return model, encoder
    own = np.array([pad, *(i for i in range(count) if i != pad)], "int32")
    ours = text.with_padding_first(encoder) if pad else encoder
    return RenumberedTexts(model, encoder, own), ours
