"""Write a `.tflite` that MediaPipe's text classifier or text embedder runs as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...models.embeddings import id_limit
from ...runtime.bundle import describe
from ...runtime.file_settings import MEDIAPIPE
from ...runtime.interpreter import LiteRT
from ...runtime.row_feeding import CLIENT
from ...runtime.zip_tail import pack
from ...tasks import EMBEDDING, Task
from ...text import NoTexts, TextEncoder, mediapipe_tokenizer
from ..check_data import checks_of
from ..companions import check_encoder_inside, describe_request
from ..convert import Inconvertible, flatbuffer
from ..export_request import ExportRequest
from ..gate import Figures
from ..verify import Model, compare
from ..weight_grids.kept import check_kept_weights
from .client_output import ClientOutput, scores_output, vector_output
from .client_signature import ClientSignature, client_signature
from .image_export import image_file
from .metadata import add_metadata


def mediapipe_file(request: ExportRequest, path: Path) -> Figures:
    """Write the file and run it against the student, on texts as MediaPipe's tokenizer reads them.

    A student of images gets the file of the image classifier.

    Figures are of vectors, or of the logarithms of probabilities, which are logits too.

    Raises:
        Differs: It does not compute what the student does.
        UserError: A student with a tokenizer that MediaPipe has not, of texts of one length, or
            that does not convert.
    """
    if not request.context.reads_texts:
        return image_file(request, path)
    own, request = request, _read_by_mediapipe(request)
    context = request.context
    assert context.encoder is not None
    output = _output_of(request)
    client = client_signature(request.signature, context.encoder.max_length, output)
    refusal: Exception | None = None
    for sizes in (client.fixed(None, None), client.fixed(1, None)):
        try:
            feeds = [_client_inputs(feed) for feed in _calibration_feeds(request, sizes)]
            blob = flatbuffer(sizes, request.storage.kind, feeds)
            blob = add_metadata(blob, output.name, output.labels)
            files = _files_inside(own, sizes, blob)
            path.write_bytes(pack(blob, files))
            figures = _compare(request, sizes, LiteRT(path))
        except (Inconvertible, RuntimeError) as error:
            refusal = error
            continue
        request.check_figures(figures)
        figures = check_kept_weights(request, blob, figures)
        check_encoder_inside(request, files)
        return figures
    raise Inconvertible(str(refusal)).explain(request.signature.student.name) from refusal


def check_client(
    name: str | None, kind: str, encoder: TextEncoder | NoTexts | None, task: Task | None
) -> None:
    """Refuse a client that is unknown, and what its files cannot hold.

    Raises:
        UserError: It is, or they cannot.
    """
    if name is None:
        return
    if name != MEDIAPIPE:
        raise UserError(f"client={name!r}: write 'mediapipe', or leave it out.")
    if kind != "litert":
        raise UserError("client='mediapipe' needs a LiteRT file: give a path ending in `.tflite`.")
    if task is not None and task.reads_pairs:
        raise UserError(
            "client='mediapipe' reads single texts, and this student reads pairs: leave "
            "`client` out and use tfkd.runtime."
        )
    if task is not None and MEDIAPIPE not in task.clients:
        raise UserError(
            f"client='mediapipe' has nothing for the task {task.name}: leave `client` out and use "
            "tfkd.runtime."
        )
    if encoder is None:
        raise UserError("client='mediapipe' reads texts: give the student's `encoder` too.")
    if isinstance(encoder, NoTexts):
        return
    if not encoder.lowercase or encoder.pad_id or "tokenizer.json" in describe(encoder, {}):
        raise UserError(
            "MediaPipe's tokenizer is BERT's word pieces over a lower-cased vocabulary, and the "
            "student's is another: export a student of such a tokenizer (as `tfkd distill` learns "
            "it, or of bert-base-uncased), or leave `client` out and use tfkd.runtime."
        )


def _read_by_mediapipe(request: ExportRequest) -> ExportRequest:
    """Return the request with MediaPipe's tokenizer in the place of the student's own."""
    encoder = request.context.encoder
    # See `check_client`.
    assert isinstance(encoder, TextEncoder)
    encoder = mediapipe_tokenizer.encoder(encoder.vocabulary, encoder.max_length)
    return replace(request, context=replace(request.context, encoder=encoder))


def _compare(request: ExportRequest, sizes: ClientSignature, file: LiteRT) -> Figures:
    ((name, (_, dtype)),) = sizes.inner.inputs.items()
    shape = next(iter(sizes.inputs.values()))[0]
    limit = id_limit(request.signature.student)
    output = sizes.output
    # The figures are of two classes where the student has one logit for both.
    context = replace(request.context, form=output.form or request.context.form)
    checks = checks_of(request.check, context, {name: (shape, dtype)}, limit)

    def run_student(feed: dict[str, np.ndarray]) -> np.ndarray:
        return np.asarray(output.read(request.reference(feed)[output.source]))

    def run_file(feed: dict[str, np.ndarray]) -> np.ndarray:
        return file(_client_inputs(feed))[output.name]

    return compare(_compared(run_student, output), _compared(run_file, output), checks)


def _compared(run: Any, output: ClientOutput) -> Model:
    return lambda feed: {output.source: output.compared(run(feed))}


def _output_of(request: ExportRequest) -> ClientOutput:
    """Return what the client gets: vectors of a task that has some, else probabilities."""
    task = request.context.task
    if task is not None and EMBEDDING in task.outputs:
        return vector_output()
    squashed = bool(request.activation(request.compare(request.reference, request.signature)))
    return scores_output(request.context.form, squashed)


def _calibration_feeds(request: ExportRequest, sizes: ClientSignature) -> list[dict]:
    batch = next(iter(sizes.inputs.values()))[0][0]
    return request.calibration_feeds(sizes.inner.fixed(batch, None))


def _client_inputs(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return ids, mask and segments as the client gives them."""
    ((_, ids),) = feed.items()
    ids = ids.astype("int32")
    parts = (ids, (ids != 0).astype("int32"), np.zeros_like(ids))
    return dict(zip(CLIENT, parts, strict=True))


def _files_inside(request: ExportRequest, sizes: ClientSignature, blob: bytes) -> dict[str, str]:
    """Return vocabulary, class names and settings; `request` has the student's own encoder."""
    output = sizes.output
    settings = {
        "client": MEDIAPIPE,
        "tokenizer": MEDIAPIPE,
        "form": output.form or request.context.form,
        "inputs": list(CLIENT),
        "outputs": {output.source: {"name": output.name, "activation": output.activation}},
    }
    return describe_request(request, sizes, blob, settings)
