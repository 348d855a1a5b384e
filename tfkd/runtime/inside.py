"""What travels inside a `.tflite`: the tokenizer, and settings, as texts by file name.

No TensorFlow here: the runtime reads with this file.
"""

from __future__ import annotations

import json

from tokenizers import Tokenizer

from ..errors import UserError
from ..text import TextEncoder, mediapipe, wordpiece
from .packing import broken

FORMAT = 1
MEDIAPIPE = "mediapipe"  # the tokenizer of a file for its clients


def describe(encoder: TextEncoder, settings: dict) -> dict[str, str]:
    """The files that let `read_encoder` build `encoder` again, `settings` in `tfkd.json`.

    The vocabulary and the lower-case flag say all about BERT's own tokenizer. Only one that they
    do not reproduce exactly travels as a `tokenizer.json`, which is twice as large.
    """
    lines, special = encoder.vocabulary, _special(encoder)
    files = {"vocab.txt": "\n".join(lines) + "\n"}
    again = _wordpiece(lines, encoder.lowercase, special)
    kind = "wordpiece" if _parts(again) == _parts(encoder.tokenizer) else "tokenizer.json"
    if kind == "tokenizer.json":
        files[kind] = encoder.tokenizer.to_str()
    ours = {"tokenizer": kind, "lowercase": encoder.lowercase, "special": special, "pad_id": 0}
    ours |= {"max_length": encoder.max_length, "vocab_size": len(lines)}
    return {"tfkd.json": json.dumps({"format": FORMAT, **ours, **settings}, indent=1)} | files


def read_encoder(files: dict[str, str], name: str = "the file") -> tuple[TextEncoder, dict]:
    """The encoder and the settings that `describe` wrote.

    Raises:
        UserError: there is no vocabulary, it is broken, or a newer tfkd wrote it.
    """
    if "tfkd.json" not in files or "vocab.txt" not in files:
        raise UserError(
            f"{name} has no vocabulary inside: export it with "
            "`tfkd.export(student, path, encoder=encoder, labels=[...])`."
        )
    settings = _settings(files["tfkd.json"], name)
    try:
        return _encoder(files, settings), settings
    except Exception as error:  # `tokenizers` raises bare Exception
        raise broken(name, str(error)) from error


def _settings(text: str, name: str) -> dict:
    try:
        settings = json.loads(text)
        version = int(settings["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise broken(name, f"tfkd.json: {error}") from error
    if version > FORMAT:
        raise UserError(
            f"{name} is of format {version}, this tfkd reads up to {FORMAT}: update tfkd."
        )
    return settings


def _encoder(files: dict[str, str], settings: dict) -> TextEncoder:
    length = int(settings["max_length"])
    if settings["tokenizer"] == "tokenizer.json":
        return TextEncoder(Tokenizer.from_str(files["tokenizer.json"]), length)
    lines = files["vocab.txt"].split("\n")[:-1]
    if len(lines) != settings["vocab_size"]:
        raise ValueError(f"vocab.txt has {len(lines)} lines where {settings['vocab_size']} belong")
    if settings["tokenizer"] == MEDIAPIPE:
        return mediapipe.encoder(lines, length)
    return TextEncoder(_wordpiece(lines, settings["lowercase"], settings["special"]), length)


def _special(encoder: TextEncoder) -> list[str]:
    added = json.loads(encoder.tokenizer.to_str())["added_tokens"]
    return [token["content"] for token in added if token["special"]]


def _wordpiece(lines: list[str], lowercase: bool, special: list[str]):
    tokenizer = wordpiece({piece: i for i, piece in enumerate(lines)}, lowercase)
    tokenizer.add_special_tokens(special)
    return tokenizer


def _parts(tokenizer) -> dict:
    """What decides about ids; truncation, padding and the way back to text do not."""
    parts = json.loads(tokenizer.to_str())
    return {key: parts[key] for key in ("added_tokens", "normalizer", "pre_tokenizer", "model")}
