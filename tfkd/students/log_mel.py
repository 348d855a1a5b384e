"""A recording's loudness by pitch and time, computed by layers that every runtime has.

Frames times a window and a Fourier transform are one convolution with fixed weights, and bands of
pitch a matrix. So an exported file takes samples and needs no library of sounds, and no operation
beyond those built into LiteRT.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import ops

FRAME, HOP = 0.025, 0.010
"""Seconds that a frame lasts, and from the start of one to that of the next."""
LOWEST = 20.0
"""The lowest pitch in Hz; the highest one is half of the rate."""
QUIETEST, RANGE = 1e-10, 80.0
"""The smallest power that is told from none, and the decibels below the loudest that are kept."""


def fourier_kernel(frame: int) -> np.ndarray:
    """Return a Hann window times the cosines and sines of each frequency: `[frame, 1, 2 * bins]`.

    The window is that of `scipy.signal.get_window("hann", frame)`.

    Args:
        frame: Samples of a frame.
    """
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    waves = np.fft.rfft(np.eye(frame) * window[:, None])
    return np.concatenate([waves.real, waves.imag], axis=1)[:, None].astype("float32")


def mel_matrix(rate: int, bands: int) -> np.ndarray:
    """Return how much of each frequency is in each band: `[bins, bands]`, as Keras computes it.

    It is also `librosa.filters.mel(htk=True, norm=None)`, transposed.

    Args:
        rate: Samples in a second.
        bands: Bands of pitch, equally wide in mel.
    """
    found = keras.layers.MelSpectrogram().linear_to_mel_weight_matrix(
        bands, shortest(rate) // 2 + 1, rate, LOWEST, rate / 2
    )
    return np.asarray(found)


def log_mel(audio: keras.KerasTensor, rate: int, bands: int) -> keras.KerasTensor:
    """Return decibels below the loudest point of each clip, scaled to -1 to 1.

    A louder recording gives the same numbers. They are those of
    `librosa.power_to_db(power, ref=np.max, top_db=80)`, divided by 40, plus one.

    Args:
        audio: `[batch, samples]`, from -1 to 1.
        rate: Samples in a second.
        bands: Bands of pitch.

    Returns:
        `[batch, frames, bands]`.
    """
    frame, hop = shortest(rate), round(HOP * rate)
    kernel, matrix = fourier_kernel(frame), mel_matrix(rate, bands)
    framed = keras.layers.Conv1D(
        kernel.shape[-1], frame, strides=hop, use_bias=False, trainable=False, name="fourier",
        dtype="float32",
    )  # fmt: skip
    squares = ops.square(framed(ops.expand_dims(audio, -1)))
    # Sums the squares of cosine and sine too.
    banded = keras.layers.Dense(
        bands, use_bias=False, trainable=False, name="bands", dtype="float32"
    )
    power = banded(squares)
    framed.set_weights([kernel])
    banded.set_weights([np.concatenate([matrix, matrix])])
    decibels = ops.log(ops.maximum(power, QUIETEST)) * (10 / math.log(10))
    below = decibels - ops.max(decibels, axis=(1, 2), keepdims=True)
    return ops.maximum(below, -RANGE) / (RANGE / 2) + 1.0


def shortest(rate: int) -> int:
    """Return the samples of the shortest recording that has a frame.

    >>> shortest(8000)
    200
    """
    return round(FRAME * rate)
