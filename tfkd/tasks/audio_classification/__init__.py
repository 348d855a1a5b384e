"""Audio classification: one of several classes for a recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from ...data import IGNORE, Column, Example, Schema
from ...data.sounds import as_samples, fit_length, resample
from ...errors import UserError
from ...progress import logger
from ...text import Encoder
from .._base import Arrays, Task
from ..text_classification import Prediction, TextClassification
from .sound_files import LAYOUTS, list_sounds, open_sounds, read_sound
from .sound_settings import (
    SETTINGS,
    UNKNOWN,
    check_settings,
    count_samples,
    find_rate,
    read_rate,
)

AUDIO, RATE, SPEAKER = "audio", "rate", "speaker"


class AudioClassification(TextClassification):
    """One of several classes for a recording, scored by accuracy.

    Examples hold the samples and their `rate`: as recorded, or that of the settings. Rows hold
    `audio`, float32 from -1 to 1, all of one length at one rate: longer recordings lose both ends,
    and zeros stand on both sides of shorter ones.

    >>> task = AudioClassification({"rate": 8000, "seconds": 0.5})
    >>> example = Example(audio=np.ones(3000, "float32"), rate=8000, label=1)
    >>> rows = task.encode([example], None, Schema(("no", "yes"), task.settings))
    >>> rows[0][0]["audio"].shape, rows[0][0]["labels"]
    ((4000,), 1)
    """

    name = "audio-classification"
    columns: ClassVar[Mapping[str, Column]] = {
        AUDIO: Column(AUDIO, kind=AUDIO),
        "label": Column("label", required=False, kind="label"),
    }
    defaults: ClassVar[Mapping[str, Any]] = SETTINGS
    inputs = (AUDIO,)
    fixed = (AUDIO,)
    things = "recordings"
    layouts = LAYOUTS
    hugging_face = ""
    clients: ClassVar[tuple[str, ...]] = ()
    perturbable = False
    fit_linear = Task.fit_linear  # of TF-IDF

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        self.settings = check_settings(self.settings)

    # -- data ------------------------------------------------------------------------------

    def open_splits(self, path: Path) -> Mapping[str, Any] | None:
        """Return WAV files, a table of them or arrays by split, None where there are none."""
        return open_sounds(path, self.example, self.settings)

    def in_columns(
        self,
        fields: Mapping[str, Any],
        where: str,
        named: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        """Return a row with samples at the rate of the task, where one stands beside them.

        Args:
            fields: The row's values by column.
            where: Its place, for the error.
            named: The names of columns by role that the user gave.

        Raises:
            UserError: A rate or samples that are none.
        """
        column, wanted = named.get(AUDIO) or AUDIO, self.settings[RATE]
        value = fields.get(column)
        if not wanted or RATE not in fields or value is None or isinstance(value, (str, Path)):
            return fields
        rate = read_rate(fields[RATE], where) or wanted
        samples = resample(as_samples(value, where), rate, wanted)
        # Whoever reads the columns of the task alone would lose the rate.
        return {name: each for name, each in fields.items() if name != RATE} | {column: samples}

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return an example with its samples; a path is read.

        Raises:
            UserError: It is no recording.
        """
        value = fields[AUDIO]
        if value is None or (isinstance(value, str) and not value.strip()):
            raise UserError(f"{where}: no recording; every row needs the path of a WAV file.")
        if isinstance(value, (str, Path)):
            samples, rate = read_sound(str(value))
        else:
            samples, rate = as_samples(value, where), read_rate(fields.get(RATE), where)
        wanted = self.settings[RATE]
        if wanted:
            # At once, since whoever hands an example on may know no rate beside it.
            samples, rate = resample(samples, rate or wanted, wanted), wanted
        return Example({**fields, AUDIO: samples, RATE: rate})

    def fields_of(self, value: Any) -> Mapping[str, Any] | None:
        """Return the recording: samples at the rate of the model, or the path of a WAV file."""
        return {AUDIO: value}

    def list_examples(self, path: str) -> Iterable[str]:
        """Return the path of a WAV file, and `path#0`, `path#1` ... of an archive of arrays."""
        return list_sounds(path)

    def split_key(self, example: Example) -> str:
        """Return the speaker where that is known, so that each is in one split; else the samples.

        A model knows the voices that it was trained on, so that random splits promise too much.
        """
        return str(example.get(SPEAKER) or example[AUDIO].tobytes().decode("latin-1"))

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the class names, and the settings."""
        return Schema(labels, dict(self.settings))

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with the rate of the first training recording.

        Raises:
            UserError: Nothing says what the rate is.
        """
        rate, seconds, count, longer = schema.settings[RATE], schema.settings["seconds"], 0, 0
        for example in train:
            rate = find_rate(example[RATE], rate)
            count += 1
            longer += len(example[AUDIO]) > seconds * (example[RATE] or rate)
        if longer:
            logger.info(
                f"{longer:,} of {count:,} training recordings last longer than {seconds:g} s: "
                "their middle is kept (the setting seconds of the task)"
            )
        return Schema(schema.labels, {**schema.settings, RATE: rate})

    def describe_schema(self, schema: Schema) -> str:
        """Return the number of classes, and the length of the recordings."""
        seconds, rate = schema.settings["seconds"], schema.settings[RATE]
        return f"{len(schema.labels)} classes, {seconds:g} s at {rate:,} Hz"

    # -- arrays ----------------------------------------------------------------------------

    def encode(
        self, examples: Sequence[Example], encoder: Encoder | None, schema: Schema
    ) -> list[list[Arrays]]:
        """Return one row for each recording: as many samples as in all rows, and the class id."""
        wanted, samples = schema.settings[RATE], count_samples(schema.settings)
        return [
            [
                {
                    AUDIO: fit_length(
                        resample(each[AUDIO], each.get(RATE) or wanted, wanted), samples
                    ),
                    "labels": each.get("label", IGNORE),
                }
            ]
            for each in examples
        ]

    def input_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the number of samples of a row."""
        return {AUDIO: (count_samples({**self.settings, **schema.settings}),)}

    def student_settings(self, schema: Schema) -> dict[str, Any]:
        """Return the rate that students count pitch and time with."""
        return {RATE: {**self.settings, **schema.settings}[RATE] or UNKNOWN}

    def with_input_shapes(self, schema: Schema, shapes: Sequence[tuple[int | None, ...]]) -> Schema:
        """Return the schema with the rate that the length of a model's input means."""
        settings = {**self.settings, **schema.settings}
        length = shapes[0][0] if len(shapes) == 1 and len(shapes[0]) == 1 else None
        if length and not settings[RATE]:
            settings[RATE] = round(length / settings["seconds"])
        return Schema(schema.labels, settings)

    def line(self, answer: Prediction, example: Example) -> str:
        """Return an answer as one line for a terminal."""
        return self.summary(answer)

    def make_example(self, text: str, other: str) -> dict[str, Any]:
        """Return the values of an example of noise, to time a file with.

        Args:
            text: Draws it.
            other: Of no meaning.
        """
        rate = self.settings[RATE] or UNKNOWN
        noise = np.random.default_rng(sum(map(ord, text)))
        return {AUDIO: noise.uniform(-0.5, 0.5, round(self.settings["seconds"] * rate))}
