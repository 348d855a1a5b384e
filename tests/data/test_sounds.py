"""Recordings of every kind become the same samples, and what is none is refused in one sentence."""

import struct
import wave

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data.sounds import as_samples, fit_length, read_wave, resample

TONE = np.sin(2 * np.pi * 440 * np.arange(800) / 8000) * 0.8


def write(path, samples, *, width=2, channels=1, rate=8000):
    """Write samples from -1 to 1 as PCM of `width` bytes."""
    full = 2 ** (8 * width - 1) - 1
    whole = np.round(np.repeat(np.asarray(samples)[:, None], channels, axis=1) * full).astype("<i8")
    raw = (whole + (128 if width == 1 else 0)).reshape(-1, 1).view("uint8")[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(raw)
    return path


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_width_and_number_of_channels_holds_the_same_tone(tmp_path, width, channels):
    """24 bits have no type in NumPy, and 8 bits alone are without a sign."""
    samples, rate = read_wave(write(tmp_path / "a.wav", TONE, width=width, channels=channels))
    assert rate == 8000
    assert samples.dtype == "float32"
    np.testing.assert_allclose(samples, TONE, atol=1.5 / 2 ** (8 * width - 1) + 1e-6)


def test_channels_become_their_mean(tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.array([[16384, 0], [0, -16384]], "<i2").tobytes())
    assert read_wave(tmp_path / "a.wav").samples.tolist() == [0.25, -0.25]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda good: b"", "is empty"),
        (lambda good: b"ID3" + bytes(100), "is no WAV file: save it as 16-bit PCM"),
        (lambda good: good[:20] + struct.pack("<H", 3) + good[22:], "a WAV file of floats: save"),
        (lambda good: good[:20] + struct.pack("<H", 85) + good[22:], "a WAV file of MP3: save"),
        (lambda good: good[:-300], "is cut off: it holds 650 of the 800 samples"),
        (lambda good: good[:30], "is a damaged WAV file"),
        (lambda good: good[:40] + bytes(4), "holds no samples"),
        (lambda good: good[:44] + bytes(1600), "is silent: its 800 samples lie within"),
    ],
)
def test_files_that_cannot_be_heard_are_refused(tmp_path, make, words):
    """Each of these reads as noise or as nothing where nobody looks at the header."""
    good = write(tmp_path / "good.wav", TONE).read_bytes()
    (tmp_path / "bad.wav").write_bytes(make(good))
    with pytest.raises(UserError, match=words) as error:
        read_wave(tmp_path / "bad.wav")
    assert "bad.wav" in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.wav cannot be read"):
        read_wave(tmp_path / "none.wav")


@pytest.mark.parametrize(
    "array",
    [
        np.round(TONE * 32767).astype("int16"),
        np.round(TONE * 127 + 128).astype("uint8"),
        TONE,
        np.stack([TONE, TONE], axis=1),
        np.round(np.stack([TONE, TONE], axis=1) * 32767).astype("int16"),
    ],
)
def test_the_type_of_an_array_says_its_full_scale(array):
    np.testing.assert_allclose(as_samples(array, "a"), TONE, atol=0.02)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([0.1, np.nan]), "a has nan at sample 1: give finite numbers"),
        (np.array([0.0, 12_000.0]), "floats up to 12,000: give floats from -1 to 1"),
        (np.zeros((3, 4, 5)), r"a is float64 \[3, 4, 5\]: give samples"),
        (np.array(["a", "b"]), "a is <U1"),
        (np.zeros(0), "a holds no samples"),
        (np.zeros(9, "int16"), "a is silent"),
        # The samples of 16 bits in a list of JSON, or in a wider array.
        (np.round(TONE * 32767).astype("int64"), "whole numbers are read by their type"),
        (np.round(TONE * 32767).astype("int32"), "whole numbers are read by their type"),
    ],
)
def test_arrays_that_are_no_recordings_are_refused(array, words):
    with pytest.raises(UserError, match=words):
        as_samples(array, "a")


def test_another_rate_keeps_the_tone_and_turns_none_into_another():
    """Leaving out samples would turn 3,000 Hz at 8 kHz into 1,000 Hz at 4 kHz."""
    signal = pytest.importorskip("scipy.signal")
    time = np.arange(4000) / 8000
    low, high = np.sin(2 * np.pi * 400 * time), np.sin(2 * np.pi * 3000 * time)
    halved = resample(low + high, 8000, 4000)
    np.testing.assert_allclose(halved, low[::2], atol=1e-6)
    noise = np.random.default_rng(0).normal(size=3001)
    for rate in (5000, 11025, 16000):
        expected = signal.resample(noise, round(3001 * rate / 8000))
        np.testing.assert_allclose(resample(noise, 8000, rate), expected, atol=1e-5)


def test_lengths_are_made_equal_around_the_middle():
    assert fit_length(np.arange(1, 8), 4).tolist() == [2, 3, 4, 5]
    assert fit_length(np.arange(1, 4), 6).tolist() == [0, 1, 2, 3, 0, 0]
    assert fit_length(np.arange(3), 3).tolist() == [0, 1, 2]
