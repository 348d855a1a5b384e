"""A teacher that runs as a file of another runtime: LiteRT with int8 weights, or ONNX Runtime."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError
from ..models.callables import Model
from ..models.input_names import feed
from ..models.lengths import declared_length, reads_tokens, run_at_length, set_length
from ..text import encoder_of, padding_of
from ..text.words import WORD_STARTS

if TYPE_CHECKING:
    from ..exporting.calling import ModelSignature

Arrays = dict[str, np.ndarray]
Run = Callable[[Arrays], Any]


def run_as_file(teacher: Any, reads: tuple[str, ...], precision: str) -> Run:
    """Return the teacher as a function of padded arrays that another runtime computes.

    It uses all processors.

    Args:
        teacher: A Keras 3 model, or one with its tokenizer.
        reads: The outputs that the function returns.
        precision: `"int8"`, weights in a LiteRT file, or `"onnx"`, float32 in ONNX Runtime.

    Raises:
        UserError: The teacher cannot be written as such a file, or more than logits are read.
    """
    from ..exporting.calling import signature_of

    model = getattr(teacher, "model", teacher)
    has_encoder = encoder_of(teacher) is not None
    if reads != ("logits",) or not (has_encoder or isinstance(teacher, Model)):
        raise UserError(
            f'precision="{precision}" takes a Keras 3 model, and reads=("logits",) only.'
        )
    signature = signature_of(model)
    with tempfile.TemporaryDirectory() as folder:
        compute = (_in_litert if precision == "int8" else _in_onnx)(signature, Path(folder))

    length = declared_length(model) if reads_tokens(model) else getattr(teacher, "length", None)
    padding = padding_of(teacher)
    left = bool(getattr(encoder_of(teacher), "pad_left", False))
    kinds = {name: kind for name, (_, kind) in signature.inputs.items()}

    def run_file(inputs: Arrays) -> Arrays:
        import tensorflow as tf

        logits = compute({name: np.asarray(inputs[name], kinds[name]) for name in kinds})
        return {"logits": tf.constant(logits)}

    def run(inputs: Arrays) -> Arrays:
        by_word = has_encoder and WORD_STARTS in set(inputs) - set(kinds)
        given = inputs
        if has_encoder:
            inputs = _feed(inputs, tuple(signature.inputs), padding)
        if length and by_word:
            outputs = run_at_length(run_file, inputs, length, teacher.encoder)
        else:
            if length:
                inputs = set_length(inputs, length, padding, left=left)
            outputs = run_file(inputs)
        if by_word:
            from ..models.word_gathering import gather_by_word

            outputs = gather_by_word(outputs, given, teacher.shapes, teacher.pieces)
        logits = np.asarray(outputs["logits"])
        order = getattr(teacher, "order", None)
        return {"logits": logits if order is None else logits[..., order]}

    return run


def _in_litert(signature: ModelSignature, folder: Path) -> Callable[[Arrays], np.ndarray]:
    from ..exporting.convert import Inconvertible, flatbuffer
    from ..runtime.interpreter import LiteRT
    from ..runtime.quantisations import INT8

    try:
        blob = flatbuffer(signature.fixed(None, None), INT8)
    except Inconvertible as error:
        raise error.explain(getattr(signature.student, "name", "teacher")) from error
    file = folder / "teacher.tflite"
    file.write_bytes(blob)
    return LiteRT(file, threads=os.cpu_count() or 1).logits


def _in_onnx(signature: ModelSignature, folder: Path) -> Callable[[Arrays], np.ndarray]:
    from ..exporting.onnx import onnx_model, write_onnx

    file = folder / "teacher.onnx"
    write_onnx(signature, file)
    run = onnx_model(file)

    def logits(inputs: Arrays) -> np.ndarray:
        found = run(inputs)
        return found["logits"] if "logits" in found else next(iter(found.values()))

    return logits


def _feed(inputs: Arrays, names: tuple[str, ...], pad_id: int) -> Arrays:
    fed = feed(names, inputs, pad_id)
    fed = {names[0]: fed} if len(names) == 1 else fed
    return {name: np.asarray(value) for name, value in fed.items()}
