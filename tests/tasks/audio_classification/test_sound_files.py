"""Where recordings are found, and what is refused with one sentence."""

import lzma

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data.opening import open_data
from tfkd.tasks import find, infer_by_files

KINDS = ("falling", "flat", "rising")


def opened(path, **settings):
    return open_data(path, reader=find("audio-classification", settings))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tone, write_wav):
    """Folders of WAV files by class."""
    root = tmp_path_factory.mktemp("wav")
    for number in range(36):
        kind, split = KINDS[number % 3], "train" if number < 27 else "test"
        write_wav(root / split / kind / f"{number}.wav", tone(kind, number))
    return root


def test_folders_by_class(folder, tone):
    data = opened(folder, seconds=0.5)
    assert data.labels == KINDS
    assert data.counts["train"] + data.counts["validation"] == 27
    assert data.schema.settings["rate"] == 8000
    example = next(data.read("test"))
    np.testing.assert_allclose(example["audio"], tone("falling", 27) / 32768, atol=1e-6)
    assert infer_by_files(folder) == "audio-classification"


def test_tables_of_paths_start_at_their_folder(folder):
    lines = ["audio,label,speaker"]
    for number in range(36):
        kind, split = KINDS[number % 3], "train" if number < 27 else "test"
        lines.append(f"{split}/{kind}/{number}.wav,{kind},{'abc'[number // 3 % 3]}")
    (folder / "all.csv").write_text("\n".join(lines) + "\n")
    data = opened(folder / "all.csv", test_speakers="b", validation_speakers="c")
    assert data.counts == {"train": 12, "validation": 12, "test": 12}


def test_archives_hold_speakers_and_a_test_part(tmp_path, caplog, archive):
    """The voices of a test part that are in train too are told."""
    test = np.arange(60) % 5 == 0
    path = archive(tmp_path / "tones.npz", 60, rate=8000, test=test)
    (tmp_path / "tones.npz.xz").write_bytes(lzma.compress(path.read_bytes()))
    with caplog.at_level("INFO", "tfkd"):
        data = opened(tmp_path / "tones.npz.xz")
    assert data.counts["test"] == 12
    assert "4 of the 4 speakers of test are in train too" in caplog.text
    assert infer_by_files(path) == "audio-classification"
    apart = opened(path, test_speakers="ann, bob")
    assert {example["speaker"] for example in apart.read("test")} == {"ann", "bob"}
    assert not {"ann", "bob"} & {example["speaker"] for example in apart.read("train")}


def test_a_cut_keeps_each_speaker_on_one_side(tmp_path, archive):
    """At random, a model is tested on voices that it knows."""
    path = archive(tmp_path / "tones.npz", 240, rate=8000)
    data = opened(path)
    voices = [{e["speaker"] for e in data.read(split)} for split in ("train", "test")]
    assert all(voices)
    assert not voices[0] & voices[1]


def test_longer_recordings_are_told(tmp_path, caplog, archive):
    path = archive(tmp_path / "tones.npz", 60, rate=8000)
    with caplog.at_level("INFO", "tfkd"):
        opened(path, seconds=0.3)
    assert "training recordings last longer than 0.3 s: their middle is kept" in caplog.text


def test_rows_are_of_one_length_and_rate(tone):
    task = find("audio-classification", {"rate": 4000, "seconds": 0.5})
    samples = tone("flat", 1)
    given = [{"audio": samples, "rate": rate} for rate in (8000, 16_000, 4000, "8000")]
    rows = task.encode([task.example(each, "a") for each in given], None, task.schema(KINDS))
    assert {row["audio"].shape for (row,) in rows} == {(2000,)}
    assert {row["audio"].dtype.name for (row,) in rows} == {"float32"}
    with pytest.raises(UserError, match="the rate is 'fast'"):
        task.example({"audio": samples, "rate": "fast"}, "a")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"sound": np.ones(9)}, "holds sound: expected an array audio"),
        ({"audio": np.ones(9)}, r"audio is an array \[9\]: expected \[recordings, samples\]"),
        ({"audio": np.ones(9), "length": [4, 4]}, "length adds up to 8, and audio has 9 samples"),
        ({"audio": np.eye(30), "label": np.ones(29)}, r"label is an array \[29\] beside 30"),
        ({"audio": np.eye(30), "label": np.arange(30) % 2}, "do not say their rate"),
        ({"audio": np.eye(30), "label": np.arange(30) % 2, "rate": -1}, "rate is -1: expected one"),
        ({"audio": np.eye(30) * 99, "label": np.arange(30) % 2, "rate": 8000}, "up to 99"),
        (
            {"audio": np.full((30, 30), np.inf), "label": np.arange(30) % 2, "rate": 8000},
            "at sample",
        ),
    ],
)
def test_archives_that_hold_no_recordings_are_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(UserError, match=words):
        opened(tmp_path / "bad.npz")


def test_damaged_archives_and_empty_classes_are_refused(tmp_path, folder, tone, write_wav):
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    (tmp_path / "bad.npz.xz").write_bytes(b"nothing")
    for name in ("bad.npz", "bad.npz.xz"):
        with pytest.raises(UserError, match="is no archive of NumPy"):
            opened(tmp_path / name)
    write_wav(tmp_path / "few" / "a" / "1.wav", tone("flat", 1))
    (tmp_path / "few" / "b").mkdir()
    with pytest.raises(UserError, match=r"holds no \.wav"):
        opened(tmp_path / "few")
    with pytest.raises(UserError, match=r"the speakers of .* are nobody"):
        opened(folder / "train", test_speakers="ann")


def test_texts_are_no_recordings(tmp_path):
    (tmp_path / "texts.csv").write_text("text,label\ngood,1\nbad,0\n")
    with pytest.raises(UserError, match="holds no recordings: give WAV files"):
        opened(tmp_path / "texts.csv")
    assert infer_by_files(tmp_path / "texts.csv") == ""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rate": 8}, "the setting rate is 8"),
        ({"rate": "8k"}, "the setting rate is '8k'"),
        ({"seconds": 0}, "the setting seconds is 0"),
        ({"test_speakers": "nobody"}, "names 'nobody', and the speakers of .* are ann, bob"),
        ({"test_speakers": "ann,bob,cem,dia"}, "leave some to train"),
    ],
)
def test_impossible_settings_are_refused(tmp_path, archive, settings, words):
    path = archive(tmp_path / "tones.npz", 24, rate=8000)
    with pytest.raises(UserError, match=words):
        opened(path, **settings)


def test_students_are_tried_before_a_recording_says_its_rate(tmp_path, archive):
    """A run builds its student once without data, to refuse impossible settings at once."""
    task = find("audio-classification", {"seconds": 0.5})
    assert task.student_settings(task.schema(KINDS)) == {"rate": 16_000}
    assert task.input_shapes(task.schema(KINDS)) == {"audio": (8000,)}
    data = open_data(archive(tmp_path / "tones.npz", 60, rate=8000), reader=task)
    assert task.student_settings(data.schema) == {"rate": 8000}
    assert task.input_shapes(data.schema) == {"audio": (4000,)}
