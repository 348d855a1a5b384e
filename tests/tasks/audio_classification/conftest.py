"""Half-second tones of three kinds, and one teacher and one run for all tests of them."""

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.run_fixtures import call, short_teachers

RATE = 8000
KINDS = ("falling", "flat", "rising")


def make_tone(kind: str, seed: int) -> np.ndarray:
    """A tone with noise, int16: its pitch falls, stays or rises from a start of its own."""
    draw = np.random.default_rng([seed, KINDS.index(kind)])
    seconds = np.arange(draw.integers(2000, 4000)) / RATE
    slope = {"falling": -1500, "flat": 0, "rising": 1500}[kind]
    pitch = draw.uniform(1000, 2000) + slope * seconds
    samples = 0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
    return np.round(32767 * (samples + draw.normal(0, 0.02, len(seconds)))).astype("int16")


def save_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def save_archive(path: Path, count: int, **more) -> Path:
    """An archive of tones one after the other, as that of the spoken digits is."""
    clips = [make_tone(KINDS[i % 3], i) for i in range(count)]
    np.savez(
        path,
        audio=np.concatenate(clips),
        length=[len(clip) for clip in clips],
        label=[KINDS[i % 3] for i in range(count)],
        speaker=np.arange(count) // 3 % 4,
        speaker_names=["ann", "bob", "cem", "dia"],
        **more,
    )
    return path


@pytest.fixture(scope="session")
def tone():
    """Make a recording of one of three kinds: `tone(kind, seed)`."""
    return make_tone


@pytest.fixture(scope="session")
def write_wav():
    return save_wav


@pytest.fixture(scope="session")
def archive():
    return save_archive


@pytest.fixture(scope="session")
def sound_room(tmp_path_factory) -> Path:
    """A folder with data, a teacher that was taught, and a finished run; not to be changed."""
    pytest.importorskip("keras")
    room = tmp_path_factory.mktemp("sounds")
    save_archive(room / "tones.npz", 240)
    settings = ("rate=8000", "seconds=0.5", "test_speakers=ann", "validation_speakers=bob")
    task = [part for each in settings for part in ("--task-set", each)]
    with pytest.MonkeyPatch.context() as patch:
        short_teachers(patch)
        patch.chdir(room)
        short = ("--epochs", "7", "--batch-size", "16")
        teacher = ("--teacher", "train:audio_cnn:small")
        assert call("teach", "tones.npz", *task, *teacher, *short, "--to", "teacher") == 0
        student = ("--student", "audio_cnn:tiny", *short)
        given = ("--teacher", "keras:teacher")
        assert call("distill", "tones.npz", *task, *given, *student, "--to", "run") == 0
    return room
