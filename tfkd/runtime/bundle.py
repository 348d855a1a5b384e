"""What travels inside a `.tflite`: the tokenizer and the settings, as texts by file name.

No TensorFlow here: the runtime reads with this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tokenizers import Tokenizer

from ..errors import UserError, first_line
from ..text import NoTexts, TextEncoder, mediapipe_tokenizer, wordpiece
from ..text.encoder import one_line
from .checks.tokenizer import check_tokenizer
from .file_settings import DECODING, FORMAT, MEDIAPIPE, NO_TOKENIZER, parse
from .quiet import quiet
from .zip_tail import broken, seal


def describe(encoder: TextEncoder | NoTexts, settings: dict) -> dict[str, str]:
    """Return the files of which `read_encoder` builds `encoder` again, by name.

    Of a model that reads no texts they are the settings alone.

    The vocabulary and the lower-case flag say all about BERT's own tokenizer. Only one that they
    do not reproduce exactly travels as a `tokenizer.json`, which is twice as large.

    Args:
        encoder: The student's tokenizer.
        settings: All further entries of `tfkd.json`: task, schema, inputs, outputs and so on.
    """
    if isinstance(encoder, NoTexts):
        none = {"tokenizer": NO_TOKENIZER, "lowercase": False, "special": []}
        none |= {name: getattr(encoder, name) for name in ("max_length", "pad_id", "vocab_size")}
        return {"tfkd.json": json.dumps({"format": FORMAT, **none, **settings}, indent=1)}
    lines, special = encoder.vocabulary, _special(encoder)
    kind = "wordpiece" if _is_of_bert(encoder, lines, special) else "tokenizer.json"
    files = {"vocab.txt": "".join(f"{one_line(piece)}\n" for piece in lines)}
    if kind == "tokenizer.json":
        files[kind] = encoder.tokenizer.to_str()
    ours = {"tokenizer": kind, "lowercase": encoder.lowercase, "special": special}
    ours |= {"max_length": encoder.max_length, "vocab_size": len(lines), "pad_id": encoder.pad_id}
    return {"tfkd.json": json.dumps({"format": FORMAT, **ours, **settings}, indent=1)} | files


def read_encoder(
    files: dict[str, str], name: str = "the file"
) -> tuple[TextEncoder | NoTexts, dict]:
    """Return the encoder and the settings that `describe` wrote.

    Raises:
        UserError: There is no vocabulary, it is broken, or another version of tfkd wrote it.
    """
    settings = _settings(files["tfkd.json"], name) if "tfkd.json" in files else {}
    if settings.get("tokenizer") == NO_TOKENIZER:
        return NoTexts(tuple(settings["inputs"])), settings
    if not settings or "vocab.txt" not in files:
        raise UserError(
            f"{name} has no vocabulary inside: export it with "
            "`tfkd.export(student, path, encoder=encoder, labels=[...])`; a model of images needs "
            "`task` and `schema` in place of `encoder`, as docs/how-to/images.md shows."
        )
    # A panic of Rust prints where it happened.
    with blame_tokenizer(name), quiet():
        return _encoder(files, settings), settings


@contextmanager
def blame_tokenizer(name: str) -> Iterator[None]:
    """Turn whatever is raised in the block into a `UserError` about the file's tokenizer."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # `tokenizers` raises bare Exception, and panics that are no Exception at all.
        raise broken(name, first_line(error)) from error


def check_seal(content: bytes, settings: dict, name: str) -> None:
    """Compare the model in front with its digest among the settings, where there is one.

    Raises:
        UserError: A byte of the model is another one than at the export.
    """
    sealed = settings.get("model")
    if sealed is not None and seal(content[: sealed["bytes"]]) != sealed:
        raise UserError(
            f"{name} is not what was exported (its SHA-256 is another one); the file is damaged: "
            "copy or export it again."
        )


def _settings(text: str, name: str) -> dict:
    try:
        settings = parse(text)
    except ValueError as error:
        raise broken(name, f"tfkd.json: {first_line(error)}") from error
    if settings["format"] > FORMAT:
        raise UserError(
            f"{name} is of format {settings['format']}, this tfkd reads up to {FORMAT}: update "
            "tfkd."
        )
    if settings["format"] < FORMAT:
        raise UserError(f"{name} was written by an older tfkd: export it again.")
    return settings


def _encoder(files: dict[str, str], settings: dict) -> TextEncoder:
    length = int(settings["max_length"])
    if settings["tokenizer"] == "tokenizer.json":
        check_tokenizer(files["tokenizer.json"])
        tokenizer = Tokenizer.from_str(files["tokenizer.json"])
        ends = _writing_ends(settings)
        encoder = TextEncoder(tokenizer, length, settings["pad_id"], None, *ends)
    else:
        encoder = _of_pieces(files["vocab.txt"].split("\n")[:-1], settings, length)
    if encoder.vocab_size != settings["vocab_size"]:
        raise ValueError(f"{encoder.vocab_size} ids where {settings['vocab_size']} belong")
    return encoder


def _of_pieces(lines: list[str], settings: dict, length: int) -> TextEncoder:
    if len(lines) != settings["vocab_size"]:
        raise ValueError(f"vocab.txt has {len(lines)} lines where {settings['vocab_size']} belong")
    if len(set(lines)) < len(lines) or "" in lines:
        raise ValueError("vocab.txt has a line twice, or a blank one")
    if settings["tokenizer"] == MEDIAPIPE:
        return mediapipe_tokenizer.encoder(lines, length)
    tokenizer = _wordpiece(lines, settings["lowercase"], settings["special"])
    return TextEncoder(tokenizer, length, -1, None, *_writing_ends(settings))


def _writing_ends(settings: dict) -> tuple[int, int]:
    """Return the tokens that a file starts and ends a text with, -1 where it writes none."""
    decoding = settings.get(DECODING) or {}
    return decoding.get("start_id", -1), decoding.get("end_id", -1)


def _special(encoder: TextEncoder) -> list[str]:
    added = json.loads(encoder.tokenizer.to_str())["added_tokens"]
    return [token["content"] for token in added if token["special"]]


def _wordpiece(lines: list[str], lowercase: bool, special: list[str]) -> Tokenizer:
    tokenizer = wordpiece({piece: i for i, piece in enumerate(lines)}, lowercase)
    tokenizer.add_special_tokens(special)
    return tokenizer


def _is_of_bert(encoder: TextEncoder, lines: list[str], special: list[str]) -> bool:
    """Return whether vocabulary, lower-case flag and special tokens say all about an encoder."""
    again = _wordpiece(lines, encoder.lowercase, special)
    if _parts(again) != _parts(encoder.tokenizer):
        return False
    try:
        read = TextEncoder(again)
    except UserError:
        return False
    return (read.ends, read.pad_id) == (encoder.ends, encoder.pad_id)


def _parts(tokenizer: Tokenizer) -> dict:
    """Return what decides about ids: neither truncation nor padding nor the way back to text."""
    parts = json.loads(tokenizer.to_str())
    return {key: parts[key] for key in ("added_tokens", "normalizer", "pre_tokenizer", "model")}
