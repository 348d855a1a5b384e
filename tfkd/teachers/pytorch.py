"""A Hugging Face PyTorch model as a teacher: outside the graph, so best stored first."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import UserError, first_line
from ..models.hugging_face_config import describe_computation
from ..models.hugging_face_heads import VECTORS, headless
from ..models.hugging_face_pooling import pool_arrays, read_pooling
from ..models.hugging_face_weights import kind_of_weights, readable_folder
from ..models.input_names import IDS, SEGMENTS, takes_segments, token_mask
from ..models.outputs import SPANS
from ..models.text_model import CLASSIFIER, Shapes
from ..tasks import EMBEDDING
from .python_function import PythonFunctionTeacher


class TorchModel(PythonFunctionTeacher):
    """A Hugging Face folder, read by transformers in PyTorch.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.
        shapes: The outputs for one text, `None` for the number of tokens; the last axis of logits
            is the number of labels in the folder's config.

    Attributes:
        pad_id: What its tokenizer pads with.

    Raises:
        UserError: No PyTorch or transformers, weights that cannot be read, no head of that kind.
    """

    def __init__(self, path: str | Path, architecture: str, shapes: Shapes = CLASSIFIER) -> None:
        self._pooling = read_pooling(Path(path)) if architecture == VECTORS else ""
        torch, model = load_by_pytorch(path, architecture, pooled=bool(self._pooling))
        self._torch, self._model, self.pad_id = torch, model, 0
        self.config = model.config
        self.shapes = {
            name: (*shape[:-1], model.config.num_labels)
            if name == "logits" and shape[-1] is not None
            else shape
            for name, shape in shapes.items()
        }
        if self._pooling:
            self.shapes = {EMBEDDING: (int(model.config.hidden_size),)}

    @property
    def text_inputs(self) -> tuple[str, ...]:  # type: ignore[override]  # depends on the model
        """Ids, and segments where the model has vectors for them."""
        reads = takes_segments(self._model.forward, self._model)
        return (IDS[0], SEGMENTS[0]) if reads else IDS[:1]

    def run(self, ids: np.ndarray, segments: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Return the outputs of padded ids, by NumPy."""
        tensor = self._torch.from_numpy(np.asarray(ids, "int64"))
        mask = self._torch.from_numpy(token_mask(ids, self.pad_id).numpy()).long()
        # An empty text would see nothing, or its padding alone.
        mask[mask.sum(1) == 0, 0] = 1
        more = {}
        if segments is not None:
            more[SEGMENTS[0]] = self._torch.from_numpy(np.asarray(segments, "int64"))
        with self._torch.no_grad():
            outputs = dict(self._model(input_ids=tensor, attention_mask=mask, **more))
        if self._pooling:
            states = outputs["last_hidden_state"].numpy()
            return {EMBEDDING: pool_arrays(states, mask.numpy(), self._pooling)}
        if "logits" not in outputs and all(name in outputs for name in SPANS):
            outputs["logits"] = self._torch.stack([outputs[name] for name in SPANS], dim=1)
        return {name: outputs[name].numpy() for name in self.shapes}

    @property
    def fingerprint(self) -> str:
        """A digest of its weights, for a store."""
        return digest_state(self._model, self._pooling)


def load_by_pytorch(
    path: str | Path, architecture: str, *, pooled: bool = False
) -> tuple[ModuleType, Any]:
    """Load the model of a folder, in float32 and to be asked alone.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.
        pooled: Whether its vectors are pooled here, so that it needs no head.

    Returns:
        PyTorch, and the model.

    Raises:
        UserError: No PyTorch or transformers, weights that cannot be read, no head of that kind.
    """
    torch, transformers = _packages()
    transformers.logging.set_verbosity_error()
    model_class = getattr(transformers, f"AutoModel{'' if pooled else architecture}")
    # Version 5 of transformers reads none of TensorFlow's.
    of_tf = kind_of_weights(Path(path)) == "tf"
    options = {"from_tf": True} if of_tf else {}
    try:
        with readable_folder(Path(path)) if of_tf else nullcontext(path) as folder:
            model, report = model_class.from_pretrained(
                str(folder), output_loading_info=True, **options
            )
    except Exception as error:
        cure = f": TensorFlow saved them, write tf:{path}." if of_tf else "."
        raise UserError(
            f"the weights in {path} cannot be read ({first_line(error)}){cure}"
        ) from error
    # Such weights are left at random, with a warning at most.
    missing = sorted(report["missing_keys"])
    if pooled:
        missing = [name for name in missing if "pooler" not in name]
    if missing:
        raise headless(path, missing[0], architecture)
    return torch, model.float().eval()


def digest_state(model: Any, more: str = "") -> str:
    """Return a digest of the weights and settings of a model of PyTorch, and of a text.

    Args:
        model: The model.
        more: What else its outputs depend on.
    """
    digest = hashlib.sha256((more + describe_computation(model)).encode())
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode() + weight.numpy().tobytes())
    return digest.hexdigest()[:16]


def _packages() -> tuple[ModuleType, ModuleType]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise UserError(
            f"a torch: teacher needs PyTorch and transformers ({error}): run `pip install "
            '"tfkd[torch]"`.'
        ) from None
    return torch, transformers
