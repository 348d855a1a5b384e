"""A Keras 3 student to a LiteRT flatbuffer that any plain interpreter runs."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from ..errors import UserError
from ..runtime.interpreter import SIGNATURE
from ..runtime.quantisations import Quantization
from ..runtime.quiet import quiet
from . import integer_quantisation
from .attention_masks import bound_masks
from .calling import ModelSignature
from .flatbuffer_tables import rename_signatures
from .input_signature import Inputs
from .shared_tables import store_tables_once
from .text_signature import SERVING, TextSignature

_MISSING = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")
_CAST = re.compile(r"tensor<[\dx?]*(f16|bf16|f64)>")
_PRECISIONS = {"f16": "float16", "bf16": "bfloat16", "f64": "float64"}
_SELECT = re.compile(r"^(?:TF Select|Custom) ops: (.+)$", re.MULTILINE)
_WHOLE = "whole"
"""What `serve` is called until a model of several signatures is converted: of such a SavedModel of
Keras the converter takes `serve` alone, and says nothing."""


@dataclass(frozen=True)
class Endpoint:
    """One more signature of a file, beside `serve`.

    Attributes:
        name: The signature's.
        compute: A function of tensors by name, which returns such.
        inputs: Shape and dtype of each input by name.
    """

    name: str
    compute: Callable[[Mapping[str, Any]], dict[str, Any]]
    inputs: Inputs

    def specs(self) -> dict[str, tf.TensorSpec]:
        """Return what TensorFlow traces the inputs by."""
        return {
            name: tf.TensorSpec(shape, dtype, name=name)
            for name, (shape, dtype) in self.inputs.items()
        }


def attempts(signature: ModelSignature, length: int | None) -> Iterator[ModelSignature]:
    """Yield ways to fix sizes, the freest first: nothing; the batch at 1; the batch and the length.

    LSTM and GRU cells, and slices like `x[..., None]`, convert with a fixed batch only.

    Args:
        signature: How the student is called.
        length: The size for free axes; without one the last way is left out.
    """
    yield signature.fixed(None, None)
    yield signature.fixed(1, None)
    if length and signature.free_length:
        yield signature.fixed(1, length)


def flatbuffer(
    signature: ModelSignature,
    kind: Quantization,
    feeds: integer_quantisation.Feeds | None = None,
    more: Sequence[Endpoint] = (),
) -> bytes:
    """Return the student as a LiteRT model with the signature `serve`, and builtin ops only.

    Args:
        signature: How the student is called, with the sizes that the file has.
        kind: `float16` halves weights; `int8` quarters those of 1024 numbers or more, and
            quantises their inputs on the fly (dynamic range).
        feeds: What the ranges of calibrated kinds are read off.
        more: Further signatures, which share the weights.

    Raises:
        Inconvertible: With these sizes it cannot be converted.
    """
    with tempfile.TemporaryDirectory() as folder:
        whole = _WHOLE if more else SIGNATURE
        write_saved_model(signature, Path(folder), more=more)
        if kind.bounded_masks:
            bound_masks(Path(folder))
        # Not `from_keras_model`, which fails on Keras 3, nor `from_concrete_functions`, which
        # writes a small file with uninitialised weights and says nothing.
        keys = [whole, *(endpoint.name for endpoint in more)]
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=keys)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if kind.name in ("float16", "int8"):
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind.name == "float16":
            converter.target_spec.supported_types = [tf.float16]
        try:
            with quiet():
                model = converter.convert()
            if more:
                model = rename_signatures(model, {whole: SIGNATURE})
            if kind.name == "int8":
                model = store_tables_once(model)
            if kind.calibrated:
                model = integer_quantisation.quantize_activations(model, kind, feeds or [])
            elif kind.by_quantizer:
                model = integer_quantisation.quantize_weights(model, kind)
            return model
        except UserError:
            raise
        except Exception as error:
            # The converter's own, ValueError and RuntimeError all occur.
            raise Inconvertible(str(error)) from error


def write_saved_model(
    signature: ModelSignature,
    folder: Path,
    texts: TextSignature | None = None,
    more: Sequence[Endpoint] = (),
) -> None:
    """Write the student as a SavedModel with the signature `serve`, and that of texts if given.

    Args:
        signature: How the student is called.
        folder: Where to write.
        texts: What reads texts.
        more: Further signatures; with these, `serve` is called `whole`.
    """
    if signature.kind == "masked":
        _write_legacy(signature, folder, texts)
        return
    archive = keras.export.ExportArchive()
    archive.track(signature.student)
    try:
        with quiet():
            name = _WHOLE if more else SIGNATURE
            archive.add_endpoint(name, signature.serve, input_signature=[signature.specs()])
            for endpoint in more:
                specs = [endpoint.specs()]
                archive.add_endpoint(endpoint.name, endpoint.compute, input_signature=specs)
            if texts is not None:
                archive.track(texts)
                archive.add_endpoint(SERVING, texts.serve, input_signature=[texts.specs()])
            archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:
        # TensorFlow's own word for a full disk and the like.
        raise OSError(error.message) from error


def _write_legacy(signature: ModelSignature, folder: Path, texts: TextSignature | None) -> None:
    """Write a model of tf_keras, which Keras 3 does not track."""
    module = tf.Module()
    module.student = signature.student
    serve = tf.function(signature.serve, input_signature=[signature.specs()], autograph=False)
    signatures = {SIGNATURE: serve}
    if texts is not None:
        module.texts = texts
        signatures[SERVING] = tf.function(
            texts.serve, input_signature=[texts.specs()], autograph=False
        )
    with quiet():
        tf.saved_model.save(module, str(folder), signatures=signatures)


class Inconvertible(RuntimeError):
    """The converter's refusal, and what it means."""

    @property
    def ops(self) -> list[str]:
        """The names of the ops that no plain LiteRT interpreter has."""
        listed = [name for line in _SELECT.findall(str(self)) for name in line.split(", ")]
        return sorted({name.removeprefix("Flex") for name in _MISSING.findall(str(self)) + listed})

    def explain(self, name: str) -> UserError:
        """Return the sentence for the user, of a model called `name`."""
        cast = _CAST.search(str(self))
        if self.ops and cast:
            return UserError(
                f"{name!r} computes in {_PRECISIONS[cast[1]]} by a cast of its own "
                f"({', '.join(self.ops)}), and LiteRT has float32: cast to the dtype of what comes "
                "in instead, or export it as `.keras`."
            )
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
