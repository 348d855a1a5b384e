"""The texts that a run adds to its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import text
from ..models.hugging_face import load_masked_lm
from ..text.neighbours import Neighbours


def load_neighbours(folder: str | Path, **settings: Any) -> Neighbours:
    """Load `Neighbours` from a Hugging Face folder with a masked language model.

    Args:
        folder: Its path.
        settings: As of `Neighbours`, e.g. `copies` and `seed`.

    Raises:
        UserError: no such folder, no transformers, no head for masked language modelling.
    """
    path = Path(folder).expanduser()
    model = load_masked_lm(path)
    table = model.get_input_embeddings().weight.numpy()
    return Neighbours(model, text.load(path), table, **settings)
