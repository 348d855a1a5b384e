"""Sounds go the whole way, from files to answers, by the same commands as texts."""

import json
import shutil

import numpy as np
import pytest

KINDS = ("falling", "flat", "rising")
# Runs `tfkd ARGUMENTS` with what a device has.
BARE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {"tensorflow", "keras", "scipy", "sklearn", "librosa", "filelock"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from tfkd import cli
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def room(sound_room, monkeypatch):
    """The folder of data and run, to read from."""
    monkeypatch.chdir(sound_room)
    monkeypatch.setenv("COLUMNS", "120")
    return sound_room


def test_the_run_of_sounds_has_its_report_and_card(room):
    """Models that learnt nothing pass every other test."""
    report = json.loads((room / "run" / "report.json").read_text())
    scores = {row["name"]: row["scores"]["accuracy"] for row in report["rows"]}
    assert scores["teacher"] > 0.8
    assert scores["distilled"] > 0.6
    (file,) = (name for name in scores if name.startswith("exported"))
    assert scores[file] == pytest.approx(scores["distilled"], abs=0.03)
    assert "60 test recordings" in report["title"]
    settings = (room / "run" / "config.toml").read_text()
    assert 'name = "audio-classification"' in settings


def test_speakers_who_are_kept_apart_are_heard_in_the_test_alone(room):
    facts = json.loads((room / "run" / "data.json").read_text())
    assert facts["counts"] == {"train": 120, "validation": 60, "test": 60}


def test_the_student_hears_at_the_rate_of_the_data(room):
    """A spectrogram at 16 kHz of samples at 8 kHz learns too, and says nothing."""
    keras = pytest.importorskip("keras")
    model = keras.models.load_model(room / "run" / "student.keras")
    assert model.input_shape == (None, 4000)
    assert model.get_layer("fourier").kernel_size == (200,)
    assert model.get_layer("fourier").strides == (80,)


def test_a_file_on_a_device_answers_for_wav_files(room, python, tmp_path, tone, write_wav):
    """NumPy and LiteRT alone; at another rate as well, and softer."""
    for number in range(12):
        samples = tone(KINDS[number % 3], 1000 + number)
        write_wav(tmp_path / f"{number}.wav", samples)
        write_wav(tmp_path / f"{number}-twice.wav", np.repeat(samples // 2, 2), rate=16_000)
    names = [f"{tmp_path}/{i}{end}.wav" for i in range(12) for end in ("", "-twice")]
    printed = python(BARE, "predict", "run", *names, cwd=room)
    answers = [line.split()[0] for line in printed.splitlines()]
    assert len(answers) == 24, printed
    assert np.mean([answers[2 * i] == KINDS[i % 3] for i in range(12)]) > 0.6
    assert np.mean([answers[2 * i] == answers[2 * i + 1] for i in range(12)]) > 0.8


def test_arrays_paths_and_archives_get_the_same_answers(room, tfkd, tmp_path, tone, write_wav):
    from tfkd import runtime
    from tfkd.data.sounds import resample

    predictor = runtime.load(room / "run" / "student.tflite")
    samples = tone("rising", 5000)
    path = write_wav(tmp_path / "a.wav", samples)
    np.savez(tmp_path / "some.npz", audio=samples, length=[len(samples)], rate=8000)
    code, printed, said = tfkd("predict", "run", "--json", tmp_path / "some.npz")
    assert code == 0, said
    first = json.loads(printed)
    # Every number between two others is heard by nobody at half of the rate.
    fine = resample(samples / 32768, 8000, 16_000)
    given = {"audio": fine, "rate": 16_000}
    answers = predictor.predict([samples, samples / 32768, path, str(path), given])
    values = [answer.probability for answer in answers]
    assert values == pytest.approx([first["probability"]] * 5, abs=1e-3)


def test_a_silent_or_broken_recording_is_one_sentence(room, refused, tmp_path, write_wav):
    write_wav(tmp_path / "silent.wav", np.zeros(4000))
    (tmp_path / "none.wav").write_bytes(b"no sound")
    assert "silent.wav is silent" in refused("predict", "run", tmp_path / "silent.wav")
    assert "none.wav is no WAV file" in refused("predict", "run", tmp_path / "none.wav")


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on(room, tfkd, tmp_path, monkeypatch):
    """What is there is kept: the teacher's outputs are not computed again."""
    shutil.copytree(room, tmp_path / "room")
    monkeypatch.chdir(tmp_path / "room")
    run = tmp_path / "room" / "run"
    before = (run / "student.tflite").read_bytes()
    for name in ("student.tflite", "report.json", "student.keras"):
        (run / name).unlink()
    code, printed, said = tfkd("distill", run / "config.toml", "--to", "run")
    assert code == 0, said
    assert "examples to compute" not in printed + said
    assert len((run / "student.tflite").read_bytes()) == len(before)
