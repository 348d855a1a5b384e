"""Arrays as a traced function takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


def is_symbolic(inputs: Any) -> bool:
    """Return whether inputs are tensors without values, as in a function that is being traced."""
    import tensorflow as tf

    return any(tf.is_symbolic_tensor(each) for each in tf.nest.flatten(inputs))


def as_array(value: Any) -> np.ndarray:
    """Return whole numbers as int32, and all others as float32."""
    array = np.asarray(value)
    return array.astype("int32" if array.dtype.kind in "iub" else "float32", copy=False)


def spec_of(array: np.ndarray) -> tf.TensorSpec:
    """Describe arrays of any batch and, where they hold whole numbers, of any length."""
    import tensorflow as tf

    rest = array.shape[2:] if array.dtype.kind == "i" else array.shape[1:]
    free = (None, None) if array.dtype.kind == "i" and array.ndim > 1 else (None,)
    return tf.TensorSpec((*free, *rest), array.dtype)


def as_float32(tensor: Any) -> Any:
    """Return a tensor of a model in mixed precision in float32, and any other as it is.

    >>> import tensorflow as tf
    >>> as_float32(tf.constant([1.0], tf.bfloat16)).dtype.name, as_float32("a")
    ('float32', 'a')
    """
    import tensorflow as tf

    half = tf.is_tensor(tensor) and tensor.dtype in (tf.float16, tf.bfloat16)
    return tf.cast(tensor, tf.float32) if half else tensor
