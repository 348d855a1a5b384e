"""Which Hugging Face models write texts: from a source, or on from a beginning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import UserError

SEQ2SEQ = "ForSeq2SeqLM"
CAUSAL = "ForCausalLM"
_WRITES = {
    SEQ2SEQ: "writes a text from another one",
    CAUSAL: "goes on with a text",
}
_SUCH_AS = {SEQ2SEQ: "T5, BART or Marian", CAUSAL: "GPT-2"}
_ENDS = {
    SEQ2SEQ: ("ForConditionalGeneration", "MTModel", "ForSeq2SeqLM"),
    CAUSAL: ("LMHeadModel", "ForCausalLM"),
}


def check_writes(path: str | Path, config: dict[str, Any], architecture: str) -> None:
    """Refuse a folder whose model writes no texts, or from something else.

    Args:
        path: The folder.
        config: Its settings.
        architecture: `ForSeq2SeqLM` or `ForCausalLM`.

    Raises:
        UserError: It is an encoder, or of the other kind of the two.
    """
    stated = config.get("architectures")
    names = [name for name in stated if isinstance(name, str)] if isinstance(stated, list) else []
    found = kind_that_writes(config, names)
    if found == architecture:
        return
    what = names[0] if names else f"{config.get('model_type')} model"
    gives = _WRITES[found] if found else "writes no texts"
    raise UserError(
        f"{path} is a {what}, which {gives}, and this task asks for one that "
        f"{_WRITES[architecture]}: give a {_SUCH_AS[architecture]} (...{architecture}), or train."
    )


def kind_that_writes(config: dict[str, Any], names: list[str]) -> str:
    """Return `ForSeq2SeqLM`, `ForCausalLM`, or nothing for a model that writes no texts.

    Args:
        config: The settings of a model.
        names: The names of its classes; empty where it does not say.

    >>> kind_that_writes({"is_encoder_decoder": True}, ["T5ForConditionalGeneration"])
    'ForSeq2SeqLM'
    >>> kind_that_writes({}, ["BertForMaskedLM"])
    ''
    """
    seq2seq = bool(config.get("is_encoder_decoder"))
    if seq2seq and not names:
        return SEQ2SEQ
    for kind, ends in _ENDS.items():
        if any(name.endswith(ends) for name in names):
            # Whisper's class is one of them, and reads sound.
            return kind if (kind == SEQ2SEQ) == seq2seq else ""
    return ""
