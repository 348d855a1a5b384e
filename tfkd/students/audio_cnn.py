"""Convolutions along the time of a recording, of which the bands of pitch are the channels."""

from __future__ import annotations

from typing import Any

import keras

from ..errors import UserError
from ._parts import Settings, merge_settings, seeded
from .features import Architecture, Features
from .log_mel import log_mel, shortest

SIZES = {
    "tiny": {"rate": 16_000, "bands": 32, "filters": (16, 24, 32), "masked": 0.1, "dropout": 0.1},
    "small": {"rate": 16_000, "bands": 40, "filters": (32, 48, 64), "masked": 0.1, "dropout": 0.2},
    "base": {"rate": 16_000, "bands": 40, "filters": (64, 96, 128), "masked": 0.2, "dropout": 0.2},
}
_WIDTH = 5  # frames that a filter sees


def audio_cnn(
    shape: tuple[int],
    classes: int,
    size: str = "small",
    seed: int | None = None,
    **settings: Any,
) -> keras.Model:
    """Classify recordings by a small convolutional network: samples to `[batch, classes]`.

    The log-mel spectrogram is computed in the graph. Each layer but the first halves the number of
    frames; the head sees the mean and the maximum over time. Settings: `rate` (samples a second),
    `bands` of pitch, `filters` of each layer, `masked` (while training, this share of the bands
    is left out), `dropout` before the head.

    Args:
        shape: The number of samples, `(16000,)`.
        classes: Number of classes.
        size: `"tiny"`, `"small"` or `"base"`; small is a good first choice.
        seed: Seed of the initial weights and of what is left out; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model from recordings `[batch, samples]`, from -1 to 1, to logits `[batch, classes]`.

    Raises:
        UserError: An unknown size or setting, or a shape that is none of recordings.

    >>> audio_cnn((8000,), 10, "tiny", rate=8000).output.shape
    (None, 10)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        return body(shape, options, seed).classifier(classes)


def body(
    shape: tuple[int], options: Settings, seed: int | None, features: str = "pooled"
) -> Features:
    """Make the student without its outputs.

    Args:
        shape: The number of samples.
        options: All settings of a size.
        seed: Seed of the initial weights and of what is left out.
        features: `"pooled"`, one vector for a recording.

    Raises:
        UserError: A shape that is none of recordings, or fewer samples than one frame has.
    """
    if not isinstance(shape, (tuple, list)) or len(shape) != 1:
        raise UserError(f"audio_cnn reads samples and got {shape!r}: give their number, (16000,).")
    least = shortest(options["rate"])
    if shape[0] is None or shape[0] < least:
        raise UserError(
            f"audio_cnn got {shape[0]} samples at {options['rate']} Hz: give at least {least}."
        )
    layers = keras.layers
    audio = keras.Input(tuple(shape), dtype="float32", name="audio")
    hidden = log_mel(audio, options["rate"], options["bands"])
    if options["masked"]:
        # Leaves out whole bands, so that no voice is known by one pitch alone.
        hidden = layers.SpatialDropout1D(options["masked"], seed=seed, name="masked")(hidden)
    for i, filters in enumerate(options["filters"]):
        convolution = layers.Conv1D(
            filters, _WIDTH, strides=2 if i else 1, padding="same", use_bias=False, name=f"conv_{i}"
        )
        hidden = layers.BatchNormalization(momentum=0.9, name=f"norm_{i}")(convolution(hidden))
        hidden = layers.ReLU(name=f"relu_{i}")(hidden)
    mean = layers.GlobalAveragePooling1D(name="mean")(hidden)
    most = layers.GlobalMaxPooling1D(name="most")(hidden)
    pooled = layers.Concatenate(name="pooled")([mean, most])
    return Features("audio_cnn", audio, pooled, options["dropout"], seed)


AUDIO_CNN = Architecture("audio_cnn", SIZES, body, learning_rate=3e-3, reads="audio")
