"""What travels inside an exported file: tokenizer, class names and settings, as texts by name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from .. import __version__, tasks
from ..errors import UserError
from ..runtime.bundle import describe, read_encoder
from ..runtime.file_settings import DECODING
from ..runtime.zip_tail import seal
from ..text import TextEncoder
from ..text.row_encoding import encode_rows
from .calling import ModelSignature
from .export_request import ExportRequest
from .gate import Figures
from .saved_model_folder import list_files
from .stored_numbers import stored_kind
from .writing.encode_and_step import decoding_settings

LABELS = "labels.txt"


def files_inside(
    request: ExportRequest, sizes: ModelSignature, figures: Figures, blob: bytes | None = None
) -> dict[str, str]:
    """Return the files that travel inside an export, by name; without an encoder the class names.

    Args:
        request: What is exported.
        sizes: The inputs of the model.
        figures: What the check found.
        blob: A LiteRT model.
    """
    context = request.context
    if context.encoder is None:
        return _labels(request)
    if context.task is None:
        # Nothing says how texts become rows of such a model, so there are no settings.
        assert isinstance(context.encoder, TextEncoder)
        described = describe(context.encoder, {})
        described.pop("tfkd.json")
        described["tokenizer.json"] = context.encoder.tokenizer.to_str()
        return described | _labels(request)
    activation = request.activation(figures)
    outputs = {name: {"name": name, "activation": None} for name in request.signature.outputs}
    outputs[request.signature.outputs[0]]["activation"] = activation
    names = {source: name for name, source in context.sources(sizes.inputs).items()}
    inputs = [names[source] for source in context.task.inputs if source in names]
    more: dict[str, Any] = {"inputs": inputs, "outputs": outputs}
    if context.task.writes and blob is not None:
        student = request.signature.student
        more[DECODING] = decoding_settings(student, context, sizes.inputs)
    return describe_request(request, sizes, blob, more)


def describe_request(
    request: ExportRequest, sizes: ModelSignature, blob: bytes | None, more: dict[str, Any]
) -> dict[str, str]:
    """Return the files of a model of a task that reads texts, by name.

    Args:
        request: What is exported.
        sizes: The inputs of the model.
        blob: A LiteRT model, None of other formats.
        more: Further settings, inputs and outputs among them.
    """
    encoder, task = request.context.encoder, request.context.task
    assert encoder is not None
    assert task is not None
    shape = next(iter(sizes.inputs.values()))[0]
    settings = {
        "tfkd": __version__,
        "task": tasks.name_of(task),
        "schema": request.context.schema.to_json(),
        "static": {"batch": shape[0], "length": shape[1] if len(shape) > 1 else None},
        "form": request.context.form,
        "quantize": "float32" if blob is None else stored_kind(blob, request.storage.kind.name),
        "model": None if blob is None else seal(blob),
        **more,
    }
    return describe(encoder, settings) | _labels(request)


def check_encoder_inside(request: ExportRequest, files: dict[str, str]) -> None:
    """Refuse files whose tokenizer reads the texts of the check in another way.

    Raises:
        UserError: It does.
    """
    task, encoder = request.context.task, request.context.encoder
    if task is None or encoder is None or not request.context.reads_texts:
        return
    again, _ = read_encoder(files)
    examples = request.check.examples
    texts = [text for example in examples for text in task.read_together(example)]
    if encode_rows(again, texts) != encode_rows(encoder, texts):
        raise UserError("the tokenizer does not read the same from the file: save it and report.")


def _labels(request: ExportRequest) -> dict[str, str]:
    return {LABELS: "\n".join(request.labels) + "\n"} if request.labels else {}


def append_to_keras(path: Path, files: dict[str, str]) -> None:
    """Put texts into a `.keras` file, which is a zip: Keras reads the entries that it knows."""
    if files:
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name), text.encode("utf-8"))


def write_into_folder(request: ExportRequest, folder: Path) -> None:
    """Write tokenizer and class names into a SavedModel's folder, with a list of what they are."""
    before = {file.name for file in folder.iterdir()}
    if request.context.encoder is not None:
        request.context.encoder.save(folder)
    for name, text in _labels(request).items():
        (folder / name).write_text(text, encoding="utf-8")
    list_files(folder, [file for file in folder.iterdir() if file.name not in before])
