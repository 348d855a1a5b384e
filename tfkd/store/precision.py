"""A teacher in a lower precision: how far its outputs move is measured, too far is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..text import encoder_of
from .file_teacher import Run, run_as_file

PRECISIONS = ("auto", "float32", "bfloat16", "int8", "onnx")
WORTH = 1_000_000  # parameters from which a lower precision is quicker
LIMIT = 0.02  # root mean square of the difference over that of the float32 output
_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")
Arrays = dict[str, np.ndarray]


def check_precision(precision: str) -> None:
    """Refuse an unknown precision, and one that processor or installation do not have."""
    if precision not in PRECISIONS:
        raise UserError(
            f"precision is {precision!r}: write one of {', '.join(map(repr, PRECISIONS))}."
        )
    if precision == "bfloat16" and not has_bfloat16():
        raise UserError(
            "this processor has no bfloat16 instructions, and without them it is slower than "
            'float32: write precision="float32", or "int8".'
        )
    if precision == "onnx":
        from ..exporting.onnx import check_onnx

        check_onnx()


def resolve_precision(precision: str, teacher: Any) -> str:
    """Return what `"auto"` stands for: bfloat16 for a large Keras 3 model that gains by it."""
    if precision != "auto":
        return precision
    model = getattr(teacher, "model", teacher)
    count = getattr(model, "count_params", None)
    large = hasattr(model, "get_config") and count is not None and count() >= WORTH
    return "bfloat16" if large and has_bfloat16() else "float32"


def has_bfloat16() -> bool:
    """Return whether the processor multiplies matrices of bfloat16, by what Linux says of it."""
    try:
        words = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return any(flag in words for flag in _FLAGS)


def with_precision(
    precision: str, teacher: Any, reads: tuple[str, ...], run_with: Callable[[Any], Run]
) -> Run:
    """Return the teacher as a function of padded arrays that computes in `precision`.

    Args:
        precision: `"float32"`, `"bfloat16"`, `"int8"` or `"onnx"`.
        teacher: Anything that `Distiller` takes, or a model with its tokenizer.
        reads: The outputs that the function returns.
        run_with: Makes such a function of a teacher, for those that stay in TensorFlow.
    """
    if precision == "bfloat16":
        return run_with(in_bfloat16(teacher))
    if precision in ("int8", "onnx"):
        return run_as_file(teacher, reads, precision)
    return run_with(teacher)


def relative_error(found: list[Arrays], exact: list[Arrays]) -> float:
    """Return how far outputs are from the exact ones, in the output that moves most.

    It is the root mean square of the difference over that of the exact output.

    >>> relative_error([{"logits": np.array([1.1, -1.1])}], [{"logits": np.array([1.0, -1.0])}])
    0.1
    """
    return max(
        _relative([row[name] for row in found], [row[name] for row in exact]) for name in exact[0]
    )


def check_moved(precision: str, found: list[Arrays], exact: list[Arrays]) -> float:
    """Return how far outputs are from the exact ones.

    Args:
        precision: The precision, for the error.
        found: The outputs of some examples in this precision.
        exact: The outputs of the same examples in float32.

    Raises:
        UserError: They are further than the limit.
    """
    moved = relative_error(found, exact)
    if moved > LIMIT:
        raise UserError(
            f"in {precision} the teacher's outputs move by {moved:.1%} and at most "
            f'{LIMIT:.0%} are let through: write precision="float32".'
        )
    return moved


def _relative(found: list[np.ndarray], exact: list[np.ndarray]) -> float:
    ours, theirs = (
        np.concatenate([array.ravel() for array in side]).astype("f8") for side in (found, exact)
    )
    counts = np.isfinite(theirs)
    error, size = (ours - theirs)[counts], theirs[counts]
    return round(float(np.sqrt(np.square(error).sum() / max(np.square(size).sum(), 1e-30))), 6)


def in_bfloat16(teacher: Any) -> Any:
    """Make the same model again, from its config, in bfloat16.

    TensorFlow's own rewriter of graphs converts weights at every call, and is hardly faster than
    float32. Raises `UserError` for what is no Keras 3 model, or does not come back from its config.
    """
    import keras

    model = getattr(teacher, "model", teacher)
    if not isinstance(model, keras.Model):
        raise UserError('precision="bfloat16" takes a Keras 3 model: write precision="float32".')
    try:
        copy = keras.saving.deserialize_keras_object(
            _bfloat16_config(keras.saving.serialize_keras_object(model))
        )
        copy.set_weights(model.get_weights())
    # A layer that does not come back from its config, in any way.
    except Exception as error:
        raise UserError(
            f"the teacher cannot be made again from its config ({type(error).__name__}): write "
            'precision="float32".'
        ) from error
    return teacher.with_model(copy) if encoder_of(teacher) is not None else copy


def _bfloat16_config(config: Any) -> Any:
    """Return a config in which every layer computes in bfloat16."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": "bfloat16"}}
        return {
            name: "bfloat16" if (name, value) == ("dtype", "float32") else _bfloat16_config(value)
            for name, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_bfloat16_config, config))
    return config
