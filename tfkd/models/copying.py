"""A copy of a Keras 3 model: the same function, with weights of its own."""

from __future__ import annotations

from typing import Any

from ..errors import UserError, first_line
from .saving import quiet_save


def copy_model(model: Any) -> Any:
    """Return a model of the same classes, names and weights, as if it were saved and loaded.

    Args:
        model: A Keras 3 model, which is not changed.

    Raises:
        UserError: It holds layers of which Keras cannot make others.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> twin = copy_model(model)
    >>> twin.layers[0].kernel is model.layers[0].kernel
    False
    """
    try:
        with quiet_save():
            rebuild, arguments = model.__reduce__()
            return rebuild(*arguments)
    # Whatever a layer of the user's own raises.
    except Exception as error:
        raise UserError(
            f"the model {model.name!r} cannot be copied, as Keras says: {first_line(error)}; "
            "register its own layers by keras.saving.register_keras_serializable."
        ) from error
