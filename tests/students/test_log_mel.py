"""The spectrogram in the graph is that of the usual formulas."""

import numpy as np
import pytest

from tfkd.students.log_mel import fourier_kernel, log_mel, mel_matrix, shortest

RATE, BANDS = 8000, 24


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def spectrogram(keras):
    """A model from half a second of samples to the spectrogram."""
    audio = keras.Input((4000,))
    return keras.Model(audio, log_mel(audio, RATE, BANDS))


def sounds(seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (3, 4000)).astype("float32")


def reference(samples, matrix):
    """The formulas of librosa, with NumPy's Fourier transform and SciPy's window."""
    window = pytest.importorskip("scipy.signal").get_window("hann", 200)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 200, axis=1)[:, ::80] * window
    power = np.abs(np.fft.rfft(frames)) ** 2 @ matrix
    # power_to_db(power, ref=np.max, top_db=80) of each recording
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    below = decibels - decibels.max(axis=(1, 2), keepdims=True)
    return np.maximum(below, -80) / 40 + 1


def test_the_graph_computes_what_numpy_does(spectrogram):
    found = spectrogram.predict(sounds(), verbose=0)
    assert found.shape == (3, 48, BANDS)
    np.testing.assert_allclose(found, reference(sounds(), mel_matrix(RATE, BANDS)), atol=1e-4)


def test_the_bands_are_the_triangles_of_htk():
    """`librosa.filters.mel(htk=True, norm=None)` written out."""
    edges = 700 * (
        10 ** (np.linspace(*(2595 * np.log10(1 + np.array([20, 4000]) / 700)), 26) / 2595) - 1
    )
    mel = 2595 * np.log10(1 + np.linspace(0, 4000, 101) / 700)
    edges = 2595 * np.log10(1 + edges / 700)
    rise = (mel[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - mel[:, None]) / np.diff(edges)[1:]
    np.testing.assert_allclose(
        mel_matrix(RATE, BANDS), np.maximum(0, np.minimum(rise, fall)), atol=1e-4
    )


def test_a_tone_is_loudest_in_its_own_band(spectrogram):
    tone = np.sin(2 * np.pi * 1000 * np.arange(4000) / RATE)[None].astype("float32")
    found = spectrogram.predict(tone, verbose=0)[0]
    band = mel_matrix(RATE, BANDS)[round(1000 / (RATE / 200))].argmax()
    assert set(found.argmax(axis=1)) == {band}


def test_loudness_does_not_count(spectrogram):
    """Somebody farther from the microphone says the same."""
    loud, quiet = (spectrogram.predict(sounds() * gain, verbose=0) for gain in (3.0, 0.01))
    np.testing.assert_allclose(loud, quiet, atol=1e-3)
    assert loud.max() == pytest.approx(1.0)
    silent = spectrogram.predict(np.zeros((1, 4000), "float32"), verbose=0)
    assert np.isfinite(silent).all()


def test_the_kernel_is_fixed(spectrogram):
    assert not spectrogram.trainable_weights
    assert fourier_kernel(200).shape == (200, 1, 202)
    assert shortest(16_000) == 400
