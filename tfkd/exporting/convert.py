"""A Keras 3 student to a LiteRT flatbuffer that any plain interpreter runs."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras
import tensorflow as tf

from ..errors import UserError
from ..runtime.interpreter import SIGNATURE
from ..runtime.quantisations import BOUNDED, CALIBRATED
from ..runtime.quiet import quiet
from . import integer_quantisation
from .attention_masks import bound_masks
from .calling import Calling
from .text_signature import SIGNATURE as TEXT_SIGNATURE
from .text_signature import Texts

_MISSING = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")
_SELECT = re.compile(r"^(?:TF Select|Custom) ops: (.+)$", re.MULTILINE)


def attempts(calling: Calling, length: int | None) -> Iterator[Calling]:
    """Ways to fix sizes, the freest first: nothing; the batch at 1; the batch and the length.

    LSTM and GRU cells, and slices like `x[..., None]`, convert with a fixed batch only. `length`
    is the size for free axes; without one the last way is left out.
    """
    yield calling.fixed(None, None)
    yield calling.fixed(1, None)
    if length and calling.free_length:
        yield calling.fixed(1, length)


def flatbuffer(
    calling: Calling, quantize: str, feeds: integer_quantisation.Feeds | None = None
) -> bytes:
    """The student as a LiteRT model with one signature, `serve`, and builtin ops only.

    `quantize` is `float32`, `float16` (weights halved), `int8` (weights of 1024 numbers or more
    quartered, their inputs quantised on the fly: dynamic range), or one of
    `tfkd.runtime.quantisations.CALIBRATED`, whose ranges are read off `feeds`.

    Raises:
        Inconvertible: with these sizes it cannot be converted.
    """
    with tempfile.TemporaryDirectory() as folder:
        saved_model(calling, Path(folder))
        if quantize in BOUNDED:
            bound_masks(Path(folder))
        # Not `from_keras_model`, which fails on Keras 3, nor `from_concrete_functions`, which
        # writes a small file with uninitialised weights and says nothing.
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[SIGNATURE])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if quantize in ("float16", "int8"):
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        try:
            with quiet():
                made = converter.convert()
            if quantize in CALIBRATED:
                made = integer_quantisation.quantized(made, quantize, feeds or [])
            return made
        except UserError:
            raise
        except Exception as error:  # the converter's own, ValueError and RuntimeError all occur
            raise Inconvertible(str(error)) from error


def saved_model(calling: Calling, folder: Path, texts: Texts | None = None) -> None:
    """Write the student as a SavedModel with the signature `serve`, `{"logits": ...}`.

    And with that of `texts`, where they are given.
    """
    if calling.kind == "masked":
        _legacy(calling, folder, texts)
        return
    archive = keras.export.ExportArchive()
    archive.track(calling.student)
    try:
        with quiet():
            archive.add_endpoint(SIGNATURE, calling.serve, input_signature=[calling.specs()])
            if texts is not None:
                archive.track(texts)
                archive.add_endpoint(TEXT_SIGNATURE, texts.serve, input_signature=[texts.specs()])
            archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:  # TensorFlow's own word for a full disk and the like
        raise OSError(error.message) from error


def _legacy(calling: Calling, folder: Path, texts: Texts | None) -> None:
    """The same for a model of tf_keras, which Keras 3 does not track."""
    module = tf.Module()
    module.student = calling.student
    serve = tf.function(calling.serve, input_signature=[calling.specs()], autograph=False)
    signatures = {SIGNATURE: serve}
    if texts is not None:
        module.texts = texts
        signatures[TEXT_SIGNATURE] = tf.function(
            texts.serve, input_signature=[texts.specs()], autograph=False
        )
    with quiet():
        tf.saved_model.save(module, str(folder), signatures=signatures)


class Inconvertible(RuntimeError):
    """The converter's refusal, and what it means."""

    @property
    def ops(self) -> list[str]:
        """The ops that no plain LiteRT interpreter has."""
        listed = [name for line in _SELECT.findall(str(self)) for name in line.split(", ")]
        return sorted({name.removeprefix("Flex") for name in _MISSING.findall(str(self)) + listed})

    def explain(self, name: str) -> UserError:
        """The sentence for the user."""
        if self.ops:
            return UserError(
                f"{name!r} uses {', '.join(self.ops)}, which no plain LiteRT interpreter has: "
                "build it from keras.ops and Keras layers that convert, or export it as `.keras`."
            )
        reason = str(self).strip().splitlines()[0][:300]
        return UserError(
            f"LiteRT cannot convert {name!r} ({reason}): simplify the model, or export it as "
            "`.keras`."
        )
