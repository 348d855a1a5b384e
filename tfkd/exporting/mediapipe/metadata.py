"""The metadata by which MediaPipe's clients know what a `.tflite` reads and returns.

A flatbuffer (`metadata_schema.fbs` of TensorFlow Lite Support) inside the model's own: here it is
written by the numbers of its fields, as TensorFlow brings no code for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from ...errors import UserError
from ...runtime.row_feeding import CLIENT

INPUTS = CLIENT
"The names that MediaPipe asks for."
OUTPUT, LABELS = "scores", "labels.txt"
NAME, VERSION = b"TFLITE_METADATA", "1.3.0"
_VOCABULARY, _LABELS = 5, 2  # AssociatedFileType
# Members of the unions ContentProperties and ProcessUnitOptions.
_FEATURE, _IMAGE = 1, 2
_NORMALIZATION, _BERT = 1, 4
_RGB = 1  # ColorSpaceType


def add_metadata(blob: bytes, output: str = OUTPUT, labels: str = LABELS) -> bytes:
    """Add MediaPipe's metadata to a LiteRT model of texts with the inputs `INPUTS`.

    The vocabulary is that of `vocab.txt` in the zip that is still to be appended.

    Args:
        blob: The model.
        output: The name of its output.
        labels: The file in the zip with the class names; empty for an output without classes.

    Raises:
        UserError: A model with loops, which MediaPipe does not run.
    """
    return _with_metadata(blob, lambda inputs: _text_metadata(inputs, output, labels))


def add_image_metadata(blob: bytes) -> bytes:
    """Add MediaPipe's image-classifier metadata to a LiteRT model of one image in RGB.

    Pixels are handed over as they are, from 0 to 255. The class names are those of `labels.txt` in
    the zip that is still to be appended.

    Raises:
        UserError: A model with loops, which MediaPipe does not run.
    """
    return _with_metadata(blob, _image_metadata)


def _with_metadata(blob: bytes, write: Callable[[Sequence[str]], bytes]) -> bytes:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(bytearray(blob), 0))
    if len(model.subgraphs) > 1:
        raise UserError(
            "MediaPipe runs no model with loops, as LSTM and GRU layers make them: export a "
            "student without (text_cnn, ngram_cnn, bag_of_ngrams, transformer, static), or leave "
            "`client` out and use tfkd.runtime."
        )
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(write(_input_names(model)), np.uint8)
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = NAME, len(model.buffers) - 1
    model.metadata = [*(model.metadata or ()), entry]
    builder = flatbuffers.Builder(len(blob) + 4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _input_names(model: Any) -> list[str]:
    """Return the names of the inputs in the order of the tensors, which the converter chose."""
    (signature,) = model.signatureDefs
    names = {tensor.tensorIndex: tensor.name.decode() for tensor in signature.inputs}
    return [names[index] for index in model.subgraphs[0].inputs]


def _image_metadata(inputs: Sequence[str]) -> bytes:
    writer = _Writer()
    # One mean and one deviation for all channels: the student scales pixels itself.
    options = writer.table((0, writer.floats(0.0)), (1, writer.floats(1.0)))
    steps = writer.list([writer.union(_NORMALIZATION, options)])
    content = writer.union(_IMAGE, writer.byte(_RGB))
    (name,) = inputs
    taken = writer.list([writer.table((0, writer.text(name)), (3, content), (4, steps))])
    given = writer.list([writer.tensor(OUTPUT, (LABELS, _LABELS))])
    return writer.finish(writer.table((2, taken), (3, given)))


def _text_metadata(inputs: Sequence[str], output: str, labels: str) -> bytes:
    writer = _Writer()
    tokenizer = writer.table((0, writer.list([writer.file("vocab.txt", _VOCABULARY)])))
    taken = writer.list([writer.tensor(name) for name in inputs])
    named = [(labels, _LABELS)] if labels else []
    given = writer.list([writer.tensor(output, *named)])
    units = writer.list([writer.union(_BERT, tokenizer)])
    return writer.finish(writer.table((2, taken), (3, given), (5, units)))


class _Writer:
    """A flatbuffer, from its leaves to its root."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(1024)

    def finish(self, graph: int) -> bytes:
        root = self.table((0, self.text("tfkd")), (3, self.list([graph])), (7, self.text(VERSION)))
        self.builder.Finish(root, b"M001")
        return bytes(self.builder.Output())

    def text(self, text: str) -> int:
        return self.builder.CreateString(text)

    def table(self, *fields: tuple[int, int], byte: tuple[int, int] | None = None) -> int:
        """Write a table of `(number, offset)`, and of one `(number, byte)`."""
        self.builder.StartObject(max(number for number, _ in (*fields, byte or (0, 0))) + 1)
        for number, offset in fields:
            self.builder.PrependUOffsetTRelativeSlot(number, offset, 0)
        if byte:
            self.builder.PrependUint8Slot(*byte, 0)
        return self.builder.EndObject()

    def list(self, offsets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return self.builder.EndVector()

    def floats(self, *values: float) -> int:
        return self.builder.CreateNumpyVector(np.array(values, "float32"))

    def byte(self, value: int) -> int:
        """Write a table of one byte, which is its first field."""
        self.builder.StartObject(1)
        self.builder.PrependInt8Slot(0, value, 0)
        return self.builder.EndObject()

    def union(self, kind: int, member: int) -> int:
        """Write a table that holds a union alone: its kind, and the member."""
        return self.table((1, member), byte=(0, kind))

    def file(self, name: str, kind: int) -> int:
        return self.table((0, self.text(name)), byte=(2, kind))

    def tensor(self, name: str, *files: tuple[str, int]) -> int:
        words, listed = self.text(name), [self.file(*file) for file in files]
        fields = [(0, words), (3, self.union(_FEATURE, self._nothing()))]
        return self.table(*fields, *([(6, self.list(listed))] if listed else []))

    def _nothing(self) -> int:
        self.builder.StartObject(0)
        return self.builder.EndObject()
