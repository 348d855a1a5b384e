"""Any image as bytes `[height, width, channels]`, grey or RGB."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import UserError

GREY, RGB = 1, 3
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow and TensorFlow make grey of RGB


def as_pixels(value: Any, where: str, *, height: int = 0, width: int = 0, channels: int = 0) -> Any:
    """Return an image as bytes.

    Args:
        value: An array `[height, width]`, with or without an axis of channels, of whole numbers
            from 0 to 255 or of fractions from 0 to 1.
        where: What the image is called in an error.
        height: To make it so high, 0 for as it is.
        width: The same of its width.
        channels: The same of its channels.

    Raises:
        UserError: It is no image.

    >>> as_pixels([[0.0, 1.0]], "image 1").tolist()
    [[[0], [255]]]
    """
    pixels = _as_bytes(_with_channels(np.asarray(value), where), where)
    if (height or width) and pixels.shape[:2] != (height, width):
        from ...data.pictures import resize

        pixels = resize(pixels, height, width)
    if channels and pixels.shape[-1] != channels:
        pixels = _as_grey(pixels) if channels == GREY else np.repeat(pixels, RGB, axis=-1)
    return np.ascontiguousarray(pixels)


def _with_channels(array: np.ndarray, where: str) -> np.ndarray:
    if array.dtype.kind not in "uifb":
        raise UserError(f"{where} is {array.dtype} and no image: give an array of its pixels.")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or not array.size:
        raise UserError(
            f"{where} is an array {list(array.shape)}: expected [height, width], with 1 or 3 "
            "channels behind it."
        )
    if array.shape[-1] == 4:
        raise UserError(
            f"{where} has 4 channels, {list(array.shape)}: leave transparency out, image[..., :3]."
        )
    if array.shape[-1] not in (GREY, RGB):
        raise UserError(
            f"{where} is an array {list(array.shape)}: expected 1 or 3 channels as the last axis."
        )
    return array


def _as_bytes(array: np.ndarray, where: str) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "b":
        return array.astype("uint8") * np.uint8(255)
    least, most = float(array.min()), float(array.max())
    if array.dtype.kind == "f" and least >= 0 and most <= 1:
        return np.round(array * 255).astype("uint8")
    whole = array.dtype.kind in "ui" or bool((array == np.round(array)).all())
    if not (least >= 0 and most <= 255) or not whole:
        raise UserError(
            f"{where} has pixels from {least:g} to {most:g}: give whole numbers from 0 to 255, or "
            "fractions from 0 to 1."
        )
    return array.astype("uint8")


def _as_grey(pixels: np.ndarray) -> np.ndarray:
    return np.round(pixels @ np.array(_LUMA)).astype("uint8")[..., None]


def spell_shape(shape: Any) -> str:
    """Return a shape in words.

    >>> spell_shape((28, 28, 1)), spell_shape((32, 16, 3))
    ('28 x 28 grey', '32 x 16 RGB')
    """
    height, width, channels = shape
    return f"{height} x {width} {'grey' if channels == GREY else 'RGB'}"


def parse_size(size: Any) -> tuple[int, int]:
    """Return height and width of `HEIGHTxWIDTH`, zeros of nothing.

    Raises:
        UserError: It is something else.

    >>> parse_size("28x32"), parse_size("")
    ((28, 32), (0, 0))
    """
    if size == "":
        return 0, 0
    parts = str(size).lower().split("x")
    if len(parts) != 2 or not all(part.strip().isdecimal() and int(part) for part in parts):
        raise UserError(f'the setting size is {size!r}: write HEIGHTxWIDTH, such as "28x28".')
    return int(parts[0]), int(parts[1])
