"""What tells a TensorFlow model's weights from others."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..hugging_face_config import describe_computation


def digest_weights(model: Any, more: str = "") -> str:
    """Return a digest of the weights and settings of a model, and of a text.

    Args:
        model: A Keras model of either flavour.
        more: What else its outputs depend on.
    """
    digest = hashlib.sha256((more + describe_computation(model)).encode())
    for weight in model.weights:
        digest.update(np.ascontiguousarray(np.asarray(weight)).tobytes())
    return digest.hexdigest()[:16]
