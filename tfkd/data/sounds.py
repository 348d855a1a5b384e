"""Recordings as samples: WAV files, arrays of any kind of numbers, other rates and lengths.

NumPy and the standard library alone, so that an exported file hears what its training heard.
"""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UserError

if TYPE_CHECKING:
    import numpy as np

SAVE_AS_PCM = "save it as 16-bit PCM, such as with `ffmpeg -i IN -c:a pcm_s16le OUT.wav`"
_FORMATS = {3: "floats", 6: "A-law", 7: "mu-law", 17: "ADPCM", 85: "MP3", 65534: "extensible WAV"}
_SILENT = 2.0**-15  # one step of 16 bits


class Sound(NamedTuple):
    """Samples `[samples]`, float32 from -1 to 1, and how many of them are a second."""

    samples: np.ndarray
    rate: int


def read_wave(path: str | Path) -> Sound:
    """Read a WAV file of 8, 16, 24 or 32 bits; several channels become their mean.

    Args:
        path: The file.

    Raises:
        UserError: A file that is no WAV of PCM, is cut off, or holds nothing that can be heard.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate, count = file.getparams()[:4]
            data = file.readframes(count)
    except (wave.Error, EOFError) as error:
        raise UserError(f"{path} {_what_is_wrong(content, error)}.") from None
    if width > 4 or not channels or not rate:
        raise UserError(
            f"{path} has {channels} channels of {8 * width} bits at {rate} Hz: {SAVE_AS_PCM}."
        )
    if len(data) < count * channels * width:
        raise UserError(
            f"{path} is cut off: it holds {len(data) // (channels * width):,} of the {count:,} "
            "samples that its header states. Record or copy it again."
        )
    samples = _unpack(data, width).reshape(-1, channels).mean(axis=1, dtype="float32")
    check_audible(samples, str(path))
    return Sound(samples, rate)


def _what_is_wrong(content: bytes, error: Exception) -> str:
    """Return what a file is that cannot be opened as a WAV of PCM."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return f"is no WAV file: {SAVE_AS_PCM}" if content else "is empty: give a WAV file"
    code = str(error).rpartition(":")[2].strip()
    if str(error).startswith("unknown format") and code.isdecimal():
        return f"is a WAV file of {_FORMATS.get(int(code), f'format {code}')}: {SAVE_AS_PCM}"
    if "format" in str(error):
        return f"is a WAV file that is not read ({error}): {SAVE_AS_PCM}"
    return f"is a damaged WAV file ({error or 'it ends early'}): record or copy it again"


def _unpack(data: bytes, width: int) -> np.ndarray:
    """Return whole numbers of `width` bytes as float32 from -1 to 1."""
    import numpy as np

    raw = np.frombuffer(data, "uint8")
    if width == 1:
        return (raw.astype("float32") - 128) / 128
    if width == 3:
        # The three bytes become the upper ones of four.
        raw = np.pad(raw.reshape(-1, 3), ((0, 0), (1, 0))).reshape(-1)
    whole = np.frombuffer(raw.tobytes(), "<i2" if width == 2 else "<i4")
    return (whole / 2 ** (15 if width == 2 else 31)).astype("float32")


def as_samples(array: np.ndarray, where: str) -> np.ndarray:
    """Return the samples of an array `[samples]` or `[samples, channels]` as float32 from -1 to 1.

    Args:
        array: Whole numbers, whose type says what is full scale, or floats from -1 to 1.
        where: What to call it in an error.

    Raises:
        UserError: Another shape, numbers that are none, or floats beyond full scale.
    """
    import numpy as np

    array = np.asarray(array)
    if array.ndim == 2 and 0 < array.shape[1] <= 8 < array.shape[0]:
        array = array.mean(axis=1) if array.dtype.kind == "f" else _scale(array).mean(axis=1)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise UserError(
            f"{where} is {array.dtype} {list(array.shape)}: give samples [samples], whole numbers "
            "or floats from -1 to 1."
        )
    samples = _scale(array)
    if not np.isfinite(samples).all():
        bad = int(np.argmin(np.isfinite(samples)))
        raise UserError(f"{where} has {samples[bad]} at sample {bad:,}: give finite numbers.")
    if len(samples) and np.abs(samples).max() > 1.5:
        raise UserError(
            f"{where} has floats up to {np.abs(samples).max():,.0f}: give floats from -1 to 1, or "
            "whole numbers, such as int16, as they were recorded."
        )
    check_audible(samples, where)
    return samples


def _scale(array: np.ndarray) -> np.ndarray:
    """Return whole numbers of any type as float32 from -1 to 1; floats stay as they are."""
    if array.dtype.kind == "f":
        return array.astype("float32")
    full = 2.0 ** (8 * array.dtype.itemsize - 1)
    shift = full if array.dtype.kind == "u" else 0.0
    return ((array - shift) / full).astype("float32")


def check_audible(samples: np.ndarray, where: str) -> None:
    """Refuse a recording without samples, or one that is silent.

    Args:
        samples: From -1 to 1.
        where: What to call it in an error.

    Raises:
        UserError: It is one; names `where`.
    """
    if not len(samples):
        raise UserError(f"{where} holds no samples: leave it out, or record it again.")
    if float(samples.max()) - float(samples.min()) <= _SILENT:
        # As int16 that are stored in 64 bits seem to be.
        raise UserError(
            f"{where} is silent: its {len(samples):,} samples lie within {_SILENT:.1g} of full "
            "scale. Leave it out; whole numbers are read by their type, int16 or int32."
        )


def resample(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Return samples at another rate, by cutting or extending their spectrum.

    So no tone turns into another one, as it does where samples are only left out. It is the method
    of `scipy.signal.resample`.

    Args:
        samples: `[samples]`.
        rate: How many of them are a second.
        wanted: How many shall be.

    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 100 * np.arange(1600) / 1600)
    >>> half = resample(tone, 1600, 800)
    >>> len(half), float(np.abs(half - tone[::2]).max()) < 1e-4
    (800, True)
    """
    import numpy as np

    count = max(1, round(len(samples) * wanted / rate))
    if rate == wanted or count == len(samples):
        return samples
    fewer = min(len(samples), count)
    spectrum = np.fft.rfft(samples)[: fewer // 2 + 1]
    if fewer % 2 == 0:
        # Half of the fewer rate stands for a frequency and its mirror image in one of both.
        spectrum[-1] *= 2.0 if count < len(samples) else 0.5
    changed = np.fft.irfft(spectrum, count) * (count / len(samples))
    return changed.astype("float32")


def fit_length(samples: np.ndarray, count: int) -> np.ndarray:
    """Return exactly `count` samples: the middle of more, or all and zeros on both sides.

    >>> import numpy as np
    >>> fit_length(np.arange(1, 6), 3).tolist(), fit_length(np.arange(1, 3), 5).tolist()
    ([2, 3, 4], [0, 1, 2, 0, 0])
    """
    import numpy as np

    spare = count - len(samples)
    if spare <= 0:
        start = -spare // 2
        return samples[start : start + count]
    return np.pad(samples, (spare // 2, spare - spare // 2))
