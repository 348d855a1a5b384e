"""What libraries call the inputs of a text model, and how such a model is fed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ..errors import UserError
from ..text.affixes import AFFIXES, OF_WORDS
from ..text.words import FILLS, NO_WORD, WORD_STARTS

IDS = ("input_ids", "token_ids", "ids", "input_word_ids")
MASKS = ("attention_mask", "padding_mask", "input_mask")
SEGMENTS = ("token_type_ids", "segment_ids", "input_type_ids")
ENCODER_IDS = ("encoder_token_ids", "encoder_input_ids")
ENCODER_MASKS = ("encoder_padding_mask", "encoder_attention_mask")
DECODER_IDS = ("decoder_input_ids", "decoder_token_ids")
DECODER_MASKS = ("decoder_attention_mask", "decoder_padding_mask")


def text_input_names(model: Any) -> tuple[str, ...]:
    """Return the names of a model's inputs; empty for one that takes ids alone.

    A functional model says them; a subclassed one was built with them, or is Hugging Face's. A
    function says in `text_inputs` what it reads by name.
    """
    from .outputs import input_names

    names = getattr(model, "text_inputs", None) or input_names(model)
    if names or not hasattr(model, "count_params"):
        return names
    if hasattr(model, "config"):
        segments = SEGMENTS[:1] if takes_segments(model.call, model) else ()
        return (IDS[0], MASKS[0], *segments)
    built: Mapping[str, Any] = getattr(model, "get_build_config", dict)() or {}
    shape = built.get("input_shape")
    return tuple(shape) if isinstance(shape, Mapping) else ()


def takes_segments(call: Any, model: Any) -> bool:
    """Return whether a model of Hugging Face's has vectors for the two texts of a pair.

    Args:
        call: Its method `call` or `forward`.
        model: It, with its `config`.
    """
    kinds = getattr(getattr(model, "config", None), "type_vocab_size", 0)
    return bool(kinds and kinds > 1) and SEGMENTS[0] in inspect.signature(call).parameters


def takes_dict(model: Any) -> bool:
    """Return whether a functional model was made with a dict of inputs."""
    try:
        return isinstance(model.input, Mapping)
    except (AttributeError, ValueError, RuntimeError):
        # A Sequential from a file has no `input` before its first call.
        return False


def feed(names: tuple[str, ...], inputs: Any, pad_id: int = 0) -> Any:
    """Return the inputs called `names`, whatever their library calls them.

    Args:
        names: Those of the model. A model of one input takes ids as they are.
        inputs: Padded ids `[batch, length]`, or a dict of ids and other arrays. Masks that it does
            not hold are made from the ids; segments are 0, and each token is a word.
        pad_id: The id of padding.

    Raises:
        UserError: The model has an input that is none of these.
    """
    if not isinstance(inputs, Mapping):
        inputs = {IDS[0]: inputs}
    ids = next((inputs[name] for name in IDS if name in inputs), None)
    if len(names) <= 1:
        return inputs.get(names[0], ids) if names else inputs if ids is None else ids
    return {name: _derive(name, ids, inputs, pad_id) for name in names}


def names_in_row(
    names: tuple[str, ...], row: Mapping[str, Any], *, by_token: bool
) -> tuple[str, ...]:
    """Return which arrays of a row a model reads, the ids first; masks are made of the padding.

    Args:
        names: Those of the model's inputs.
        row: Arrays by name.
        by_token: Whether it answers for each token, so that places of words are of use.
    """
    known = {name for name in names if name not in MASKS}
    if known & set(SEGMENTS):
        known.add(SEGMENTS[0])
    if by_token:
        known.update(FILLS)
    return (IDS[0], *(name for name in row if name in known and name not in IDS))


def token_mask(ids: Any, pad_id: int) -> Any:
    """Return 1 at the tokens and 0 at the padding around them, int32.

    A text may have a `[PAD]` within, as letters, which its model reads as a token.

    >>> token_mask([[5, 0, 6, 0]], 0).numpy().tolist()
    [[1, 1, 1, 0]]
    """
    import tensorflow as tf

    ids = tf.convert_to_tensor(ids)
    there = tf.cast(tf.not_equal(ids, tf.cast(pad_id, ids.dtype)), tf.int32)
    before, after = tf.cumsum(there, axis=-1), tf.cumsum(there, axis=-1, reverse=True)
    return tf.minimum(1, tf.minimum(before, after))


def _derive_words(name: str, ids: Any, pad_id: int) -> Any:
    """Take each token for a word, of which nothing else is known."""
    import tensorflow as tf

    if name in AFFIXES:
        return tf.zeros_like(ids)
    there = token_mask(ids, pad_id)
    places = tf.cumsum(tf.ones_like(there), axis=-1) - int(name == WORD_STARTS)
    return tf.where(there > 0, places, NO_WORD)


def _derive(name: str, ids: Any, inputs: Mapping[str, Any], pad_id: int) -> Any:
    """Take one input by its name or another library's, or make it of the ids."""
    import tensorflow as tf

    if name in inputs:
        return inputs[name]
    if name in OF_WORDS:
        return _derive_words(name, ids, pad_id)
    if name in IDS:
        return ids
    for names in (MASKS, SEGMENTS):
        if name in names:
            known = [inputs[other] for other in names if other in inputs]
            if known:
                return known[0]
            return token_mask(ids, pad_id) if names is MASKS else tf.zeros_like(ids)
    raise UserError(
        f"the model has an input {name!r}: expected ids ({', '.join(IDS[:2])}), a mask "
        f"({', '.join(MASKS[:2])}) or segments ({', '.join(SEGMENTS[:2])})."
    )
