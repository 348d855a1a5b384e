"""Convolutions over an image, each half as wide as the one before, and the mean over the rest."""

from __future__ import annotations

from typing import Any

import keras

from ..errors import UserError
from ._parts import Settings, merge_settings, seeded
from .features import Architecture, Features

SIZES = {
    "tiny": {"filters": 8, "blocks": 2, "dropout": 0.0, "jitter": 0.0},
    "small": {"filters": 16, "blocks": 3, "dropout": 0.1, "jitter": 0.0},
    "base": {"filters": 32, "blocks": 3, "dropout": 0.3, "jitter": 0.07},
}
_PLACES = 8  # of each side that the head tells apart
_LEAST = 4  # pixels of the shorter side; smaller ones are not halved again


def image_cnn(
    shape: tuple[int, int, int],
    classes: int,
    size: str = "small",
    seed: int | None = None,
    **settings: Any,
) -> keras.Model:
    """Classify images by a small convolutional network: bytes to `[batch, classes]`.

    Each block is two convolutions 3 x 3, the second of which halves both sides, with batch
    normalisation; the filters double from block to block. Settings: `filters` of the first block,
    `blocks`, `dropout` before the head, `jitter` (while training, images are moved by up to this
    share of their sides).

    Args:
        shape: Height, width and channels of the images.
        classes: Number of classes.
        size: `"tiny"`, `"small"` or `"base"`; small is a good first choice.
        seed: Seed of the initial weights, the dropout and the jitter; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model from images `[batch, height, width, channels]` of 0 to 255 to logits
        `[batch, classes]`.

    Raises:
        UserError: An unknown size or setting, or a shape that is none of images.

    >>> image_cnn((28, 28, 1), 10, "tiny").output.shape
    (None, 10)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        return body(shape, options, seed).classifier(classes)


def body(
    shape: tuple[int, int, int], options: Settings, seed: int | None, features: str = "pooled"
) -> Features:
    """Make the student without its outputs.

    Args:
        shape: Height, width and channels of the images.
        options: All settings of a size.
        seed: Seed of the initial weights, the dropout and the jitter.
        features: `"pooled"`, one vector for an image.

    Raises:
        UserError: A shape that is none of images.
    """
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise UserError(f"image_cnn reads images and got {shape!r}: give height, width, channels.")
    image = keras.Input(tuple(shape), dtype="float32", name="image")
    # In the graph, so that whoever runs the model hands over bytes as they are.
    hidden = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaled")(image)
    if options["jitter"]:
        hidden = jittered(hidden, options["jitter"], seed)
    for block in range(options["blocks"]):
        halves = min(hidden.shape[1:3]) > _LEAST
        filters = options["filters"] * 2**block
        hidden = _convolved(hidden, filters, 1, f"block_{block}_a")
        hidden = _convolved(hidden, filters, 2 if halves else 1, f"block_{block}_b")
    side = -(-max(hidden.shape[1:3]) // _PLACES)
    if side > 1:
        hidden = keras.layers.AveragePooling2D(side, padding="same", name="mean")(hidden)
    # Not the mean of all, which loses where something is: half of what tells a 6 from a 9.
    hidden = keras.layers.Flatten(name="places")(hidden)
    return Features("image_cnn", image, hidden, options["dropout"], seed)


def jittered(images: keras.KerasTensor, share: float, seed: int | None) -> keras.KerasTensor:
    """Move each image while training; Hinton et al. 2015 do so by two pixels of 28 for MNIST.

    Args:
        images: `[batch, height, width, channels]`.
        share: How far at most, of the height and of the width.
        seed: Of the draw.
    """
    move = keras.layers.RandomTranslation(
        share,
        share,
        fill_mode="nearest",
        interpolation="bilinear",
        seed=seed,
        name="jitter",
    )
    return move(images)


def _convolved(
    hidden: keras.KerasTensor, filters: int, strides: int, name: str
) -> keras.KerasTensor:
    layers = keras.layers
    convolution = layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=False, name=f"{name}_conv"
    )
    normal = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(convolution(hidden))
    return layers.ReLU(name=f"{name}_relu")(normal)


IMAGE_CNN = Architecture("image_cnn", SIZES, body, learning_rate=2e-3, reads="image")
