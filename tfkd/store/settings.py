"""What a store keeps of a teacher's outputs: which, in how many bits, how many of the logits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from . import precision as precision_of
from . import top_k as top
from .manifest import AXES, Manifest, Output
from .teacher_function import Arrays

DTYPES = ("float16", "float32")


@dataclass(frozen=True)
class Settings:
    """The arguments of `write` that shape what is stored."""

    reads: tuple[str, ...] = ("logits",)
    dtype: str = "float16"
    top_k: int | None = None
    precision: str = "auto"

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise UserError(f"dtype is {self.dtype!r}: write 'float16' or 'float32'.")
        k = self.top_k
        if k is not None and (not isinstance(k, int) or k < 1):
            raise UserError(f"top_k is {k!r}: write a number of classes, or None for all.")
        if not self.reads or (k is not None and "logits" not in self.reads):
            wanted = "the outputs to store" if k is None else "'logits' among them, for top_k"
            raise UserError(f"reads is {self.reads!r}: write {wanted}, e.g. reads=('logits',).")
        precision_of.check_precision(self.precision)

    def outputs(self, computed: dict[str, Output]) -> tuple[dict[str, Output], int | None]:
        """Return what is stored, and the number of classes where only some logits are."""
        stored = {name: Output(self.dtype, output.shape) for name, output in computed.items()}
        if self.top_k is None or "logits" not in stored:
            return stored, None
        *shape, classes = stored.pop("logits").shape
        if classes in AXES:
            raise UserError(
                f"top_k is {self.top_k} and the classes of this teacher's logits are the "
                "positions of each text: leave top_k out."
            )
        if self.top_k > int(classes):
            raise UserError(
                f"top_k is {self.top_k} and the teacher's logits have {classes} classes: write at "
                "most as many."
            )
        stored[top.VALUES] = Output(self.dtype, (*shape, self.top_k))
        stored[top.INDICES] = Output("int32", (*shape, self.top_k))
        stored[top.REST] = Output("float32", tuple(shape))
        return stored, int(classes)

    def pack(self, arrays: Arrays, outputs: dict[str, Output]) -> Arrays:
        """Return the tensors of one example as they are stored."""
        if self.top_k is not None and "logits" in arrays:
            rest = {name: array for name, array in arrays.items() if name != "logits"}
            arrays = {**rest, **top.compress(arrays["logits"], self.top_k)}
        return {name: _cast(name, arrays[name], output) for name, output in outputs.items()}

    def check(self, manifest: Manifest, path: str | Path) -> None:
        """Raise `UserError` where a store was written with other settings."""
        asked: dict[str, Any] = {name: getattr(self, name) for name in manifest.settings}
        for name, found in manifest.settings.items():
            if found != asked[name] and (name != "reads" or set(found) != set(asked[name])):
                raise UserError(
                    f"{path} was written with {name}={found!r} and not {asked[name]!r}: give "
                    "another folder, or the same settings."
                )


def _cast(name: str, array: np.ndarray, output: Output) -> np.ndarray:
    fits = zip(array.shape, output.shape, strict=False)
    if array.ndim != len(output.shape) or any(b not in (a, *AXES) for a, b in fits):
        raise UserError(
            f"the teacher returned {name} {list(array.shape)} for an example and the store holds "
            f"{list(output.shape)}: give another folder, or the teacher that wrote it."
        )
    if output.dtype.startswith("int"):
        return array.astype(output.dtype)
    with np.errstate(over="ignore"):
        cast = array.astype(output.dtype)
    if (np.isinf(cast) & np.isfinite(array)).any():
        raise UserError(f'{name!r} holds numbers beyond {output.dtype}: write dtype="float32".')
    return cast
