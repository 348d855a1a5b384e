"""Image classification: one of several classes for an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...data import IGNORE, Column, Example, Schema
from ...errors import UserError
from ...text import Encoder
from .._base import Arrays, Task
from ..text_classification import Prediction, TextClassification
from .image_files import list_images, open_images, read_image
from .pixels import as_pixels, parse_size, spell_shape

IMAGE = "image"
SHAPE = "shape"
_UNKNOWN = (28, 28, 1)
"""What students are tried with before an image was seen."""


class ImageClassification(TextClassification):
    """One of several classes for an image, scored by accuracy.

    Rows hold `image`, bytes `[height, width, channels]`; all images of a data set are of one shape,
    that of the first one, or as the settings say.

    >>> task = ImageClassification()
    >>> rows = task.encode([Example(image=np.zeros((4, 4, 1), "uint8"), label=1)], None, Schema())
    >>> rows[0][0]["image"].shape, rows[0][0]["labels"]
    ((4, 4, 1), 1)
    """

    name = "image-classification"
    columns: ClassVar[Mapping[str, Column]] = {
        IMAGE: Column(IMAGE, kind=IMAGE),
        "label": Column("label", required=False, kind="label"),
    }
    defaults: ClassVar[Mapping[str, Any]] = {"size": "", "channels": 0}
    inputs = (IMAGE,)
    fixed = (IMAGE,)
    things = "images"
    layouts = (
        "the idx files of MNIST and its like, an .npz with x_train and y_train, or pictures in "
        "folders by class (train/CLASS/*.png)"
    )
    hugging_face = ""
    perturbable = False
    fit_linear = Task.fit_linear  # of TF-IDF

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        self._height, self._width = parse_size(self.settings["size"])
        if self.settings["channels"] not in (0, 1, 3):
            raise UserError(
                f"the setting channels is {self.settings['channels']!r}: write 1 for grey, 3 for "
                "RGB, or 0 for as the first image is."
            )

    # -- data ------------------------------------------------------------------------------

    def open_splits(self, path: Path) -> Mapping[str, Any] | None:
        """Return idx files, arrays or folders of pictures by split, None where there are none."""
        return open_images(path, self.example)

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return an example with its image as bytes.

        Raises:
            UserError: It is no image.
        """
        value = fields[IMAGE]
        if isinstance(value, (str, Path)):
            value = read_image(str(value))
        pixels = as_pixels(
            value,
            where,
            height=self._height,
            width=self._width,
            channels=self.settings["channels"],
        )
        return Example({**fields, IMAGE: pixels})

    def fields_of(self, value: Any) -> Mapping[str, Any] | None:
        """Return the image: an array, or the path of a picture."""
        return {IMAGE: value}

    def list_examples(self, path: str) -> Iterable[str]:
        """Return the path of a picture, and `path#0`, `path#1` ... of a file of arrays."""
        return list_images(path)

    def split_key(self, example: Example) -> str:
        """Return the pixels: the same image is always in the same split."""
        return example[IMAGE].tobytes().decode("latin-1")

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the class names, and the settings."""
        return Schema(labels, dict(self.settings))

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with the shape of the first training image."""
        first = next(iter(train), None)
        return schema if first is None else _with_shape(schema, first[IMAGE].shape)

    def describe_schema(self, schema: Schema) -> str:
        """Return the number of classes, and the shape of the images."""
        return f"{len(schema.labels)} classes, {spell_shape(_shape_of(schema))}"

    # -- arrays ----------------------------------------------------------------------------

    def encode(
        self, examples: Sequence[Example], encoder: Encoder | None, schema: Schema
    ) -> list[list[Arrays]]:
        """Return one row for each image: its bytes, and the class id.

        Raises:
            UserError: An image of another shape than those of the training split.
        """
        wanted = list(schema.settings.get(SHAPE) or ())
        for example in examples if wanted else ():
            if list(example[IMAGE].shape) != wanted:
                raise UserError(
                    f"an image is {spell_shape(example[IMAGE].shape)}, and those that the model "
                    f"was trained on are {spell_shape(wanted)}: give such, or name one size for "
                    f'all before training, {{"size": "{wanted[0]}x{wanted[1]}", "channels": '
                    f"{wanted[2]}}} as settings of the task."
                )
        return [
            [{IMAGE: example[IMAGE], "labels": example.get("label", IGNORE)}]
            for example in examples
        ]

    def other_inputs(self, rows: Sequence[list[Arrays]]) -> list[tuple[str, list[list[Arrays]]]]:
        """Return pixels from 0 to 1, and from -1 to 1, with the layer that makes them so."""
        return [
            (
                f"keras.layers.Rescaling({layer})",
                [
                    [{**row, IMAGE: row[IMAGE] * np.float32(scale) + offset} for row in of_one]
                    for of_one in rows
                ],
            )
            for layer, scale, offset in (
                ("1 / 255", 1 / 255, np.float32(0)),
                ("1 / 127.5, offset=-1", 1 / 127.5, np.float32(-1)),
            )
        ]

    def input_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of the images."""
        return {IMAGE: _shape_of(schema)}

    def with_input_shapes(self, schema: Schema, shapes: Sequence[tuple[int | None, ...]]) -> Schema:
        """Return the schema with the shape of images that a model reads, where it has none."""
        known = SHAPE in schema.settings or len(shapes) != 1 or len(shapes[0]) != 3
        return schema if known or None in shapes[0] else _with_shape(schema, shapes[0])

    def line(self, answer: Prediction, example: Example) -> str:
        """Return an answer as one line for a terminal."""
        return self.summary(answer)

    def draw_example(self, schema: Schema, seed: int) -> dict[str, Any]:
        """Return an image of noise.

        Args:
            schema: Its shape.
            seed: Of the draw.
        """
        draw = np.random.default_rng(seed)
        return {IMAGE: draw.integers(0, 256, _shape_of(schema), "uint8")}


def _with_shape(schema: Schema, shape: Sequence[Any]) -> Schema:
    return Schema(schema.labels, {**schema.settings, SHAPE: list(map(int, shape))})


def _shape_of(schema: Schema) -> tuple[int, ...]:
    return tuple(schema.settings.get(SHAPE, _UNKNOWN))
