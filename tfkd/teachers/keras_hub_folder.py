"""The tokenizer and the settings of a KerasHub model that writes, as a Hugging Face folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import UserError


@dataclass(frozen=True)
class Kind:
    """A class of KerasHub that writes, by what Hugging Face calls it.

    Attributes:
        model_type: The kind of model.
        architecture: Its class.
        starts: Which of its tokens starts a text that it writes.
        ends: Which tokens stand around a text that it reads, of one whose pieces are bytes.
        seq2seq: Whether it writes a text from another one.
    """

    model_type: str
    architecture: str
    starts: str
    ends: tuple[str, ...] | None
    seq2seq: bool = True


KINDS = {
    "BartSeq2SeqLM": Kind(
        "bart", "BartForConditionalGeneration", "end_token", ("start_token", "end_token")
    ),
    "T5Seq2SeqLM": Kind("t5", "T5ForConditionalGeneration", "pad_token", None),
    "GPT2CausalLM": Kind("gpt2", "GPT2LMHeadModel", "start_token", (), seq2seq=False),
}


def kind_of(model: Any, origin: str) -> Kind:
    """Return the kind of a KerasHub model.

    Args:
        model: The model.
        origin: What to call it.

    Raises:
        UserError: It is none that is read here, or has no tokenizer.
    """
    name = type(model).__name__
    if name not in KINDS:
        raise UserError(
            f"{origin} is a {name} of KerasHub, of which tfkd reads {', '.join(KINDS)} as teachers "
            "that write: write a function of texts that calls its generate, "
            "python:package.module:function."
        )
    if getattr(getattr(model, "preprocessor", None), "tokenizer", None) is None:
        raise UserError(
            f"{origin} is a {name} without a tokenizer: make it with preprocessor=..., and save it "
            "again."
        )
    return KINDS[name]


@contextmanager
def tokenizer_folder(model: Any, kind: Kind) -> Iterator[Path]:
    """Give the tokenizer and the settings of a model as a folder that `tfkd.text.load` reads.

    Args:
        model: A model of KerasHub with its tokenizer.
        kind: Its kind.
    """
    tokenizer = model.preprocessor.tokenizer
    with TemporaryDirectory() as made:
        folder = Path(made)
        tokenizer.save_assets(str(folder))
        if kind.ends is None:
            (folder / "vocabulary.spm").rename(folder / "spiece.model")
        else:
            _write_bytes_tokenizer(folder, tokenizer, kind.ends)
        names = {role: _token(tokenizer, role) for role in ("pad_token", "end_token")}
        roles = {"pad_token": names["pad_token"], "eos_token": names["end_token"]}
        _write(folder / "special_tokens_map.json", roles)
        family = {"bart": "Bart", "t5": "T5", "gpt2": "GPT2"}[kind.model_type]
        # A T5 of Hugging Face has a hundred pieces beside those of its file.
        more = {"extra_ids": 0} if kind.ends is None else {}
        _write(folder / "tokenizer_config.json", {"tokenizer_class": f"{family}Tokenizer", **more})
        _write(folder / "config.json", _settings(model, kind))
        yield folder


def _settings(model: Any, kind: Kind) -> dict[str, Any]:
    """Return what a config.json says of such a model."""
    tokenizer, backbone = model.preprocessor.tokenizer, model.backbone
    ids = {role: int(getattr(tokenizer, f"{role}_id")) for role in ("pad_token", "end_token")}
    settings = {
        "model_type": kind.model_type,
        "architectures": [kind.architecture],
        "is_encoder_decoder": kind.seq2seq,
        "vocab_size": int(backbone.vocabulary_size),
        "pad_token_id": ids["pad_token"],
        "eos_token_id": ids["end_token"],
    }
    if kind.ends is not None:
        settings["bos_token_id"] = int(tokenizer.start_token_id)
        settings["max_position_embeddings"] = int(backbone.max_sequence_length)
    if kind.seq2seq:
        settings["decoder_start_token_id"] = int(getattr(tokenizer, f"{kind.starts}_id"))
    return settings


def _write_bytes_tokenizer(folder: Path, tokenizer: Any, ends: tuple[str, ...]) -> None:
    """Write a tokenizer.json of KerasHub's vocabulary and merges of bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
    merges = [(one, other) for one, _, other in (line.partition(" ") for line in lines) if other]
    made = Tokenizer(models.BPE(vocabulary, merges))
    prefix = bool(getattr(tokenizer, "add_prefix_space", False))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(list(dict.fromkeys(tokenizer.special_tokens)))
    if ends:
        start, end = (_token(tokenizer, role) for role in ends)
        made.post_processor = processors.TemplateProcessing(
            single=f"{start} $A {end}",
            special_tokens=[(piece, vocabulary[piece]) for piece in (start, end)],
        )
    made.save(str(folder / "tokenizer.json"))


def _token(tokenizer: Any, role: str) -> str:
    """Return the piece of a special token; where it is an id alone, that of the id."""
    piece = getattr(tokenizer, role, None)
    return (
        piece if isinstance(piece, str) else tokenizer.id_to_token(getattr(tokenizer, f"{role}_id"))
    )


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content), encoding="utf-8")
