"""Write a `.tflite` that the image classifier of MediaPipe Tasks runs as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ...errors import UserError
from ...models.embeddings import id_limit
from ...runtime.file_settings import MEDIAPIPE
from ...runtime.interpreter import LiteRT
from ...runtime.zip_tail import pack
from ..calling import LOGITS, ModelSignature
from ..check_data import checks_of
from ..companions import describe_request
from ..convert import Inconvertible, flatbuffer
from ..export_request import ExportRequest
from ..gate import Figures
from ..verify import Model, compare
from ..weight_grids.kept import check_kept_weights
from .client_output import class_probabilities
from .metadata import OUTPUT, add_image_metadata

LEAST, LEAST_OF_BYTES = 1e-7, 1 / 256
"Smaller probabilities are this one: float32, or a byte, tells them no further."
RGB = 3
_LUMA = ((0.299,), (0.587,), (0.114,))


@dataclass(frozen=True)
class ImageSignature(ModelSignature):
    """A student, called through `inner`, with one image in RGB as MediaPipe feeds it.

    Attributes:
        inner: How the student is called.
        form: "multiclass" or "binary".
        squashed: Whether the student returns probabilities.
    """

    inner: ModelSignature = field(kw_only=True)
    form: str = field(kw_only=True)
    squashed: bool = field(kw_only=True)

    def serve(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return `{"scores": [batch, classes]}`, probabilities."""
        ((name, (shape, dtype)),) = self.inner.inputs.items()
        (image,) = inputs.values()
        if shape[-1] != RGB:
            image = tf.tensordot(image, tf.constant(_LUMA, tf.float32), 1)
        logits = self.inner.serve({name: tf.cast(image, dtype)})["logits"]
        return {OUTPUT: class_probabilities(logits, self.form, self.squashed)}


def image_file(request: ExportRequest, path: Path) -> Figures:
    """Write the file and run it against the student, an image at a time as the client does.

    Figures are of the logarithms of probabilities, which are logits too.

    Raises:
        Differs: It does not compute what the student does.
        UserError: A student that reads no images of one size, or that does not convert.
    """
    squashed = bool(request.activation(request.compare(request.reference, request.signature)))
    client = _client_signature(request, squashed)
    inner = client.inner.fixed(1, None)
    try:
        feeds = [_as_rgb(feed) for feed in request.calibration_feeds(inner)]
        blob = add_image_metadata(flatbuffer(client, request.storage.kind, feeds))
        files = _files_inside(request, client, blob)
        path.write_bytes(pack(blob, files))
        figures = _compare(request, client, inner, LiteRT(path))
    except (Inconvertible, RuntimeError) as error:
        raise Inconvertible(str(error)).explain(request.signature.student.name) from error
    request.check_figures(figures)
    return check_kept_weights(request, blob, figures)


def _client_signature(request: ExportRequest, squashed: bool) -> ImageSignature:
    inner = request.signature
    ((name, (shape, _)),) = inner.inputs.items()
    if len(shape) != 4 or None in shape[1:] or shape[-1] not in (1, RGB):
        raise UserError(
            f"MediaPipe classifies images of one size, and {inner.student.name!r} takes "
            f"{list(shape)}: build it with height, width and 1 or 3 channels, or leave `client` "
            "out."
        )
    return ImageSignature(
        student=inner.student,
        inputs={name: ((1, *shape[1:3], RGB), "float32")},
        kind=inner.kind,
        outputs=(OUTPUT,),
        inner=inner,
        form=request.context.form,
        squashed=squashed,
    )


def _as_rgb(feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return images as the client gives them: grey is three times the same."""
    return {
        name: np.repeat(image, RGB // image.shape[-1], axis=-1).astype("float32")
        for name, image in feed.items()
    }


def _compare(
    request: ExportRequest, client: ImageSignature, inner: ModelSignature, file: LiteRT
) -> Figures:
    least = LEAST_OF_BYTES if request.storage.kind.name == "full-int8" else LEAST
    # The figures are of two classes where the student has one logit for both.
    context = replace(request.context, form="multiclass")
    limit = id_limit(request.signature.student)
    checks = checks_of(request.check, context, inner.inputs, limit)

    def run_student(feed: dict[str, np.ndarray]) -> np.ndarray:
        logits = request.reference(feed)["logits"]
        return np.asarray(class_probabilities(logits, client.form, client.squashed))

    def run_file(feed: dict[str, np.ndarray]) -> np.ndarray:
        return file(_as_rgb(feed))[OUTPUT]

    return compare(_logarithms(run_student, least), _logarithms(run_file, least), checks)


def _logarithms(run: Any, least: float) -> Model:
    (name,) = LOGITS
    return lambda feed: {name: np.log(np.maximum(run(feed), least))}


def _files_inside(request: ExportRequest, client: ImageSignature, blob: bytes) -> dict[str, str]:
    (name,) = LOGITS
    settings = {
        "client": MEDIAPIPE,
        "form": "multiclass",
        "inputs": list(client.inputs),
        "outputs": {name: {"name": OUTPUT, "activation": "softmax"}},
    }
    return describe_request(request, client, blob, settings)
