"""Pictures in files: PNG, JPEG and others, decoded by Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import UserError, first_line, missing_extra

_DAMAGED = (OSError, SyntaxError, ValueError, EOFError)
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def read_picture(path: Path) -> np.ndarray:
    """Return the pixels of a picture: bytes `[height, width, channels]`, grey or RGB.

    Raises:
        UserError: No such file, no picture, one with transparent pixels, or Pillow is missing.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise missing_extra("Pillow", "images", f"the picture {path}") from error
    try:
        with Image.open(path) as picture:
            return _pixels(picture, path)
    except FileNotFoundError:
        raise UserError(f"there is no picture {path}.") from None
    except UserError:
        raise
    except (*_DAMAGED, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} is no picture that can be read ({first_line(error)}).") from error


def _pixels(picture: object, path: Path) -> np.ndarray:
    mode = picture.mode  # type: ignore[attr-defined]  # Pillow may be missing to mypy
    convert = picture.convert  # type: ignore[attr-defined]  # see above
    if mode.startswith("I;16"):
        return (np.asarray(picture) >> 8).astype("uint8")[..., None]
    if mode in ("1", "L"):
        return np.asarray(convert("L"))[..., None]
    if mode in ("LA", "RGBA", "PA") or "transparency" in getattr(picture, "info", {}):
        alpha = np.asarray(convert("RGBA"))[..., 3]
        if (alpha < 255).any():
            raise UserError(
                f"{path} has transparent pixels, which a model does not see: save it on the "
                "background that it is to have."
            )
        return np.asarray(convert("L"))[..., None] if mode == "LA" else np.asarray(convert("RGB"))
    if mode in ("I", "F"):
        raise UserError(f"{path} has pixels of mode {mode}: save it as grey or RGB of 8 bits.")
    return np.asarray(convert("RGB"))


def resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return pixels in another size, by averaging where it is smaller.

    Args:
        pixels: Bytes `[height, width, channels]`.
        height: The new height.
        width: The new width.

    Raises:
        UserError: Pillow is missing.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise missing_extra("Pillow", "images", "another size of images") from error
    grey = pixels.shape[-1] == 1
    picture = Image.fromarray(pixels[..., 0] if grey else pixels)
    made = np.asarray(picture.resize((width, height), Image.Resampling.BOX))
    return made[..., None] if grey else made
