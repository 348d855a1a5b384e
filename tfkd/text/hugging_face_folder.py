"""The tokenizer of a Hugging Face folder, with all of its settings, as `AutoTokenizer` reads it.

`tokenizer.json` and BERT's `vocab.txt` are read by the `tokenizers` library alone; other files,
such as SentencePiece's, are converted by transformers.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers, processors

from ..errors import UserError, first_line
from .special_tokens import BERT, find_pad

_SETTINGS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
_ROLES = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
# Their classes read tokenizer.json, and then follow tokenizer_config.json.
_LIKE_BERT = {"bert", "convbert", "distilbert", "electra", "ernie", "funnel", "layoutlm", "lxmert"}
_LIKE_BERT |= {"megatron-bert", "mobilebert", "mpnet", "nezha", "roformer", "squeezebert"}
_LIKE_ROBERTA = {"bart", "blenderbot", "deberta", "gpt2", "led", "longformer", "mvp", "roberta"}
# They split the words of a vocab.txt in their own way.
_OTHER_WORDS = {"bertjapanese", "roformer", "tapas"}
_OTHER_FILES = ("vocab.*", "merges.txt", "*.model", "*.bpe", "*.tiktoken", "bpe.codes")


def is_model_folder(folder: Path) -> bool:
    """Return whether Hugging Face's libraries wrote a folder, and not tfkd."""
    return any((folder / name).is_file() for name in ("config.json", *_SETTINGS))


def read_folder(
    folder: Path, vocabulary: Callable[[Path], dict[str, int]]
) -> tuple[Tokenizer, int]:
    """Return the tokenizer of a folder and the id that it pads with.

    Args:
        folder: What `save_pretrained` wrote, or a download.
        vocabulary: Reads a `vocab.txt`: `(path) -> {piece: id}`.

    Raises:
        UserError: No tokenizer there, a damaged one, or one that needs transformers.
    """
    settings = _Settings(folder)
    if (folder / "tokenizer.json").is_file():
        tokenizer = _from_json(folder / "tokenizer.json")
        _follow_settings(tokenizer, settings)
    else:
        pieces = _pieces_of_bert(folder, settings, vocabulary)
        if pieces is None:
            return _converted(folder, settings)
        tokenizer = _of_bert(pieces, settings)
    _add_tokens(tokenizer, settings)
    return tokenizer, _pad_of(tokenizer, settings)


class _Settings:
    """What the small files of a folder say about its tokenizer."""

    def __init__(self, folder: Path) -> None:
        config, special, added = (read_object(folder / name) for name in _SETTINGS)
        model = read_object(folder / "config.json")
        self.config = config
        self.pad_of_model = model.get("pad_token_id")
        name = str(config.get("tokenizer_class") or "").removesuffix("Fast")
        self.family = name.removesuffix("Tokenizer").lower() or str(model.get("model_type") or "")
        if self.family == "pretrained":
            self.family = ""
        roles = {f"{role}_token": special.get(f"{role}_token") for role in _ROLES}
        roles |= {role: config[role] for role in roles if config.get(role)}
        self.roles = {role: _token(value, True) for role, value in roles.items() if value}
        others = config.get("additional_special_tokens")
        others = special.get("additional_special_tokens") if others is None else others
        self.others = [_token(value, True) for value in others or ()]
        self.added = self._list_added(config.get("added_tokens_decoder"), added)

    def _list_added(self, stated: Any, older: Mapping[str, Any]) -> list[AddedToken]:
        """Return added tokens in the order of their ids, from new files or old ones."""
        if isinstance(stated, Mapping):
            pairs = sorted((int(i), value) for i, value in stated.items())
            return [_token(value, False) for _, value in pairs]
        known = {token.content for token in (*self.roles.values(), *self.others)}
        pairs = sorted((int(i), piece) for piece, i in older.items())
        return [_token(piece, piece in known) for _, piece in pairs]


def read_object(file: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one where there is no file.

    Raises:
        UserError: It is damaged, or holds something else.
    """
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    # Not JSON, or not UTF-8.
    except ValueError as error:
        raise UserError(f"{file} is not JSON ({error}): copy it again.") from error
    if not isinstance(content, dict):
        raise UserError(f"{file} holds {type(content).__name__}: expected a JSON object.")
    return content


def _token(value: Any, special: bool) -> AddedToken:
    if not isinstance(value, Mapping):
        return AddedToken(str(value), special=special, normalized=not special)
    flags = ("single_word", "lstrip", "rstrip", "normalized")
    stated = {flag: bool(value[flag]) for flag in flags if flag in value}
    return AddedToken(str(value["content"]), special=bool(value.get("special", special)), **stated)


def _from_json(file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(file))
    # `tokenizers` raises bare Exception.
    except Exception as error:
        raise UserError(
            f"{file} is not a tokenizer ({first_line(error)}): expected a tokenizer.json of "
            "Hugging Face's tokenizers."
        ) from error


def _follow_settings(tokenizer: Tokenizer, settings: _Settings) -> None:
    """Change the parts of a tokenizer.json that tokenizer_config.json rules over."""
    if settings.family in _LIKE_BERT:
        _follow_casing(tokenizer, settings)
    if settings.family in _LIKE_ROBERTA or "add_prefix_space" in settings.config:
        _follow_prefix(tokenizer, bool(settings.config.get("add_prefix_space", False)))


def _follow_casing(tokenizer: Tokenizer, settings: _Settings) -> None:
    state = _state(tokenizer.normalizer)
    if state.pop("type", None) != "BertNormalizer":
        return
    wanted = {**state, **_bert_normalizer(settings)}
    tokenizer.normalizer = normalizers.BertNormalizer(**wanted)


def _bert_normalizer(settings: _Settings) -> dict[str, Any]:
    config = settings.config
    casing = {
        "lowercase": bool(config.get("do_lower_case", True)),
        "strip_accents": config.get("strip_accents"),
    }
    if settings.family != "mpnet":
        casing["handle_chinese_chars"] = bool(config.get("tokenize_chinese_chars", True))
    return casing


def _follow_prefix(tokenizer: Tokenizer, prefix: bool) -> None:
    state = _state(tokenizer.pre_tokenizer)
    if state.get("add_prefix_space", prefix) != prefix:
        kind = getattr(pre_tokenizers, state.pop("type"))
        tokenizer.pre_tokenizer = kind(**{**state, "add_prefix_space": prefix})


def _state(part: Any) -> dict[str, Any]:
    return {} if part is None else json.loads(part.__getstate__())


def _pieces_of_bert(
    folder: Path, settings: _Settings, vocabulary: Callable[[Path], dict[str, int]]
) -> dict[str, int] | None:
    """Return the pieces of a `vocab.txt` of BERT's kind; None where it is another."""
    file = folder / "vocab.txt"
    if not file.is_file() or settings.family in _OTHER_WORDS:
        return None
    pieces = vocabulary(file)
    # In a folder that names no kind, what is missing is told later.
    named = settings.family and not settings.family.endswith("bert")
    return pieces if not named or set(BERT[:4]) <= pieces.keys() else None


def _of_bert(pieces: dict[str, int], settings: _Settings) -> Tokenizer:
    """Return BERT's tokenizer over a `vocab.txt`."""
    from .encoder import wordpiece

    tokenizer = wordpiece(pieces, True)
    tokenizer.normalizer = normalizers.BertNormalizer(**_bert_normalizer(settings))
    cls, sep = (
        settings.roles.get(f"{role}_token", AddedToken(f"[{role.upper()}]")).content
        for role in ("cls", "sep")
    )
    # Without one, it is these two by themselves.
    if (cls, sep) != BERT[2:4] and cls in pieces and sep in pieces:
        ends = [(cls, pieces[cls]), (sep, pieces[sep])]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{cls}:0 $A:0 {sep}:0",
            pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1",
            special_tokens=ends,
        )
    # As BERT's own tokenizer does, and as the same vocabulary does from a tokenizer.json.
    tokenizer.add_special_tokens([piece for piece in BERT if piece in pieces])
    return tokenizer


def _add_tokens(tokenizer: Tokenizer, settings: _Settings) -> None:
    """Add the tokens of a folder that its tokenizer lacks, in the order of their ids."""
    special = {token.content for token in (*settings.roles.values(), *settings.others)}
    known = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    for token in (*settings.added, *settings.roles.values(), *settings.others):
        if token.content not in known:
            known.add(token.content)
            token.special = token.special or token.content in special
            tokenizer.add_tokens([token])


def _mend_sentencepiece() -> None:
    """Let transformers read SentencePiece's files where that package wants a newer protobuf.

    TensorFlow holds protobuf back, and transformers has a description of the files of its own.
    """
    name = "sentencepiece.sentencepiece_model_pb2"
    try:
        importlib.import_module(name)
    # Its own error, of another version.
    except Exception:
        with contextlib.suppress(Exception):
            known = importlib.import_module("transformers.utils.sentencepiece_model_pb2_new")
            sys.modules[name] = known


def _pad_of(tokenizer: Tokenizer, settings: _Settings) -> int:
    """Return what the folder pads with: by its tokenizer's name, else by its model's number."""
    named = settings.roles.get("pad_token")
    found = None if named is None else tokenizer.token_to_id(named.content)
    if found is None and tokenizer.padding:
        found = tokenizer.padding["pad_id"]
    if found is None and isinstance(settings.pad_of_model, int) and settings.pad_of_model >= 0:
        found = settings.pad_of_model
    if found is None and "eos_token" in settings.roles:
        # GPT-2 has none, and masks what it is padded with.
        try:
            return find_pad(tokenizer)
        except UserError:
            found = tokenizer.token_to_id(settings.roles["eos_token"].content)
    return find_pad(tokenizer) if found is None else found


def _converted(folder: Path, settings: _Settings) -> tuple[Tokenizer, int]:
    """Return the tokenizer that transformers makes of a folder's other files."""
    if not any(file for name in _OTHER_FILES for file in folder.glob(name)):
        raise UserError(f"no tokenizer at {folder}: expected a tokenizer.json or a vocab.txt.")
    try:
        import transformers
    except ImportError:
        raise UserError(
            f"{folder} has no tokenizer.json, and transformers alone can make one of its other "
            'files: run `pip install "tfkd[hf]"`.'
        ) from None
    transformers.logging.set_verbosity_error()
    _mend_sentencepiece()
    try:
        theirs = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    # OSError, ValueError, ImportError of a package that reads one kind of file, ...
    except Exception as error:
        raise UserError(
            f"no tokenizer at {folder} that transformers could read ({first_line(error)}): "
            "expected a tokenizer.json, or the files that the model came with."
        ) from error
    if not theirs.is_fast:
        raise UserError(
            f"the tokenizer of {folder} ({type(theirs).__name__}) is written in Python alone: give "
            "a folder with a tokenizer.json, or store the model's answers and write store:PATH."
        )
    tokenizer = Tokenizer.from_str(theirs.backend_tokenizer.to_str())
    pad = theirs.pad_token_id
    return tokenizer, _pad_of(tokenizer, settings) if pad is None else pad
