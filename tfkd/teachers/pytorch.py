"""A Hugging Face PyTorch classifier as a teacher: outside the graph, so best stored first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import UserError, first_line
from .python_function import Outside


class TorchModel(Outside):
    """A `...ForSequenceClassification` folder, read by transformers in PyTorch.

    Raises:
        UserError: no PyTorch or transformers, weights that cannot be read, no classification head.
    """

    def __init__(self, path: str | Path):
        torch, transformers = _packages()
        transformers.logging.set_verbosity_error()
        kind = transformers.AutoModelForSequenceClassification
        try:
            made = kind.from_pretrained(str(path), output_loading_info=True)
        except Exception as error:
            raise UserError(
                f"the weights in {path} cannot be read ({first_line(error)})."
            ) from error
        self._model, facts = made
        if facts["missing_keys"]:  # left at random, with a warning at most
            raise UserError(
                f"{path} has no classification head (no {sorted(facts['missing_keys'])[0]}): take "
                "a ...ForSequenceClassification checkpoint."
            )
        self._model = self._model.float().eval()
        self._torch = torch

    def run(self, ids: np.ndarray) -> np.ndarray:
        """The logits of padded ids, by NumPy."""
        tensor = self._torch.from_numpy(np.asarray(ids, "int64"))
        with self._torch.no_grad():
            found = self._model(input_ids=tensor, attention_mask=(tensor != 0).long())
        return found.logits.numpy()

    @property
    def fingerprint(self) -> str:
        """Of its weights, for a store."""
        import hashlib

        digest = hashlib.sha256()
        for name, each in sorted(self._model.state_dict().items()):
            digest.update(name.encode() + each.numpy().tobytes())
        return digest.hexdigest()[:16]


def _packages():
    try:
        import torch
        import transformers
    except ImportError as error:
        raise UserError(
            f"a torch: teacher needs PyTorch and transformers ({error}): run `pip install "
            '"tfkd[torch]"`.'
        ) from None
    return torch, transformers
