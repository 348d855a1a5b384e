"""`as_plain`: the same function, of dense layers and operations."""

from __future__ import annotations

from typing import Any

import keras

from ...errors import UserError
from ...models.keras_internals import output_structure
from .expanders import find_expander, is_composite, list_operations
from .hugging_face_body import check_encoder, is_of_transformers, rebuild_encoder
from .same_function import check_equal
from .walking import rebuild

_WRITE = "write it as a functional graph of keras.layers and keras.ops"


def as_plain(model: Any) -> keras.Model:
    """Return the same function with its composite layers taken apart.

    Attention becomes `Dense` layers named `NAME_query`, `NAME_key`, `NAME_value` and `NAME_output`
    with `Reshape` layers such as `NAME_query_heads` and operations between them; the feed-forward
    layers of a block are `NAME_inner` and `NAME_outer`; what a block gives has the block's name.
    Nested models become a part of the one graph. Such a model loads without KerasHub.

    Of a text without any token, that an encoder would read with all of it hidden, the vectors of
    its padding may be others.

    Args:
        model: A functional Keras 3 model, or a BERT, RoBERTa or DistilBERT of transformers in
            TensorFlow, which is not changed. Weights are copied.

    Returns:
        A model of the same inputs and outputs; `model` itself if nothing in it is composite.

    Raises:
        UserError: A model or a layer that cannot be taken apart.
    """
    check_plain(model)
    if is_of_transformers(model):
        plain = rebuild_encoder(model)
    elif is_composite(model):
        plain = rebuild(model)
    else:
        return model
    check_equal(model, plain)
    return plain


def check_plain(model: Any) -> None:
    """Refuse a model that `as_plain` cannot take apart.

    Raises:
        UserError: It is no functional Keras 3 model, or has a layer that is unknown.
    """
    if is_of_transformers(model):
        check_encoder(model)
        return
    if not isinstance(model, keras.Model):
        raise UserError(
            f"{type(model).__name__} is no Keras 3 model, whose layers could be taken apart: "
            f"{_WRITE}."
        )
    if isinstance(model, keras.Sequential) and not model.built:
        raise UserError(
            f"the model {model.name!r} has no weights yet: begin it with keras.Input(shape)."
        )
    if output_structure(model) is None and not isinstance(model, keras.Sequential):
        raise UserError(
            f"the model {model.name!r} is a subclass with a call of its own, in which no layers "
            f"can be found: {_WRITE}."
        )
    for operation in list_operations(model):
        find_expander(operation)
