"""Whether a model is one that classifies texts, and fits the settings behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import UserError
from ..feeding import Feeding
from ..interpreter import LiteRT

BATCH = 4_096  # texts at once, where the file fixes it


def check_sizes(model: LiteRT, feed: Feeding, max_length: int, path) -> None:
    """Ids of texts fit into the input, and a batch into memory."""
    batch, length, dtype = feed.batch, feed.length or max_length, feed.dtype
    if length < max_length or (batch or 1) > BATCH:
        raise UserError(
            f"{path} takes {batch} texts of {length} word pieces, and its settings say "
            f"{max_length}: the file is damaged; export it again."
        )
    if np.dtype(dtype).kind not in "if" or model.output_dtype != np.float32:
        raise UserError(
            f"{path} takes {np.dtype(dtype)} and answers {model.output_dtype}: a text classifier "
            "takes ids and answers float32."
        )


def check_labels(model: LiteRT, labels: Sequence[str], binary: bool, path) -> None:
    """There is a name for each class."""
    shape, logits = model.output_shape, 1 if binary else len(labels)
    if len(shape) != 2 or shape[1] != logits or len(labels) < 1 + binary:
        raise UserError(
            f"{path} has {len(labels)} class names inside and outputs of shape "
            f"{shape}: the file is damaged; export it again."
        )
