"""The weights in a Hugging Face folder, of whichever library, as the one at hand reads them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, first_line

SAFE, SAFE_INDEX = "model.safetensors", "model.safetensors.index.json"
_TF_SAFE = "tf_model.safetensors"
_TF = ("tf_model.h5", "tf_model.h5.index.json", _TF_SAFE)
_BIN, _BIN_INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"


def kind_of_weights(path: Path) -> str:
    """Return who wrote the weights of a folder: "safetensors" and "bin" PyTorch, "tf" TensorFlow.

    Raises:
        UserError: There are none.
    """
    if (path / SAFE).is_file():
        return "tf" if _format(path / SAFE) == "tf" else "safetensors"
    if (path / SAFE_INDEX).is_file():
        shard = next(iter(_shards(path, SAFE_INDEX)), None)
        of_tf = shard is not None and shard.is_file() and _format(shard) == "tf"
        return "tf" if of_tf else "safetensors"
    if any((path / name).is_file() for name in _TF):
        return "tf"
    if any((path / name).is_file() for name in (_BIN, _BIN_INDEX)):
        return "bin"
    raise UserError(
        f"{path} holds no model.safetensors: convert the checkpoint first, or copy the whole "
        "folder again."
    )


def read_tensors(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read some tensors of a folder's safetensors, one file or several; those that there are."""
    from safetensors import safe_open

    found: dict[str, np.ndarray] = {}
    for file in [path / SAFE] if (path / SAFE).is_file() else _shards(path, SAFE_INDEX):
        with safe_open(str(file), framework="np") as tensors:
            known = set(tensors.keys()).intersection(names)
            found |= {name: tensors.get_tensor(name).astype("float32") for name in known}
    return found


def tensor_names(path: Path) -> set[str]:
    """Return the names of all tensors of a folder's safetensors."""
    files = [path / SAFE] if (path / SAFE).is_file() else _shards(path, SAFE_INDEX)
    return {name for file in files for name in _names_in(file)}


@contextmanager
def with_tensors(path: Path, more: Mapping[str, np.ndarray]) -> Iterator[Path]:
    """Give a folder of the same model and further tensors; its files are linked, not copied."""
    from safetensors.numpy import save_file

    files = [path / SAFE] if (path / SAFE).is_file() else _shards(path, SAFE_INDEX)
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(path / "config.json", name)
        save_file(dict(more), Path(name) / "more.safetensors", metadata={"format": "pt"})
        places = dict.fromkeys(more, "more.safetensors")
        for number, file in enumerate(files):
            linked = Path(name) / f"{number}.safetensors"
            _link(file, linked)
            places |= dict.fromkeys(_names_in(linked), linked.name)
        (Path(name) / SAFE_INDEX).write_text(json.dumps({"weight_map": places}), encoding="utf-8")
        yield Path(name)


@contextmanager
def readable_folder(path: Path) -> Iterator[Path]:
    """Give a folder whose weights transformers finds: the same, or a copy under other names.

    Raises:
        UserError: Weights that PyTorch alone reads, and no PyTorch.
    """
    kind = kind_of_weights(path)
    if kind == "bin":
        with pytorch_folder(path, _of_bin(path)) as folder:
            yield folder
        return
    others = [name for name in (SAFE, SAFE_INDEX, *_TF[:2]) if (path / name).is_file()]
    if others or not (path / _TF_SAFE).is_file():
        yield path
        return
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(path / "config.json", name)
        _link(path / _TF_SAFE, Path(name) / SAFE)
        yield Path(name)


@contextmanager
def pytorch_folder(path: Path, weights: Mapping[str, np.ndarray]) -> Iterator[Path]:
    """Give a folder of a model's settings with `weights`, by PyTorch's names, as safetensors."""
    from safetensors.numpy import save_file

    with tempfile.TemporaryDirectory() as name:
        shutil.copy(path / "config.json", name)
        save_file(dict(weights), Path(name) / SAFE, metadata={"format": "pt"})
        yield Path(name)


def names_of_pytorch(model: Any) -> dict[str, np.ndarray]:
    """Return the weights of a TensorFlow model of transformers by PyTorch's names."""
    from transformers import modeling_tf_pytorch_utils as names

    weights = {}
    for weight in model.weights:
        name, transpose = names.convert_tf_weight_name_to_pt_weight_name(
            weight.name, tf_weight_shape=weight.shape
        )
        array = weight.numpy()
        turned = names.apply_transpose(transpose, array, pt_to_tf=False)
        weights[name] = np.ascontiguousarray(turned, "float32")
    return weights


def _of_bin(path: Path) -> dict[str, np.ndarray]:
    try:
        import torch
    except ImportError:
        raise UserError(
            f"{path} holds its weights in {_BIN} alone, which PyTorch reads: run `pip install "
            '"tfkd[torch]"`, or save the model as safetensors.'
        ) from None
    weights: dict[str, np.ndarray] = {}
    for file in [path / _BIN] if (path / _BIN).is_file() else _shards(path, _BIN_INDEX):
        try:
            tensors = torch.load(file, map_location="cpu", weights_only=True)
        # UnpicklingError, RuntimeError, ...
        except Exception as error:
            raise UserError(
                f"{file} cannot be read as PyTorch's weights ({first_line(error)}): copy it again."
            ) from error
        arrays = {name: tensor.float().numpy() for name, tensor in tensors.items()}
        weights |= {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return weights


def _names_in(file: Path) -> list[str]:
    from safetensors import safe_open

    with safe_open(str(file), framework="np") as tensors:
        return list(tensors.keys())


def _format(file: Path) -> str:
    from safetensors import safe_open

    try:
        with safe_open(str(file), framework="np") as tensors:
            return (tensors.metadata() or {}).get("format", "pt")
    # SafetensorError is no ValueError; who reads the weights says what is wrong.
    except Exception:
        return "pt"


def _shards(path: Path, index: str) -> list[Path]:
    try:
        places = json.loads((path / index).read_text(encoding="utf-8"))["weight_map"]
        return [path / name for name in dict.fromkeys(places.values())]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise UserError(
            f"{path / index} does not list files of weights ({first_line(error)}): copy it again."
        ) from error


def _link(source: Path, target: Path) -> None:
    try:
        os.symlink(source.resolve(), target)
    # Windows allows it to few.
    except OSError:
        shutil.copy(source, target)
