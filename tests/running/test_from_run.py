"""A student that starts from an earlier run: its weights, vocabulary and task, for new data."""

import json
import shutil

import numpy as np
import pytest

from tfkd.data import Schema
from tfkd.errors import UserError
from tfkd.running.config import read_config
from tfkd.running.earlier_run import adopt_earlier
from tfkd.running.warm_start import match_classes

ONE_EPOCH = ("--epochs", "1", "--no-alone", "--quantize", "float32")


@pytest.fixture
def texts(tmp_path):
    """Write texts of some classes, by default 90 of three."""

    def write(classes=("positive", "mixed", "negative"), count=90):
        rows = (
            {"text": f"a {classes[i % len(classes)]} film {i}", "label": classes[i % len(classes)]}
            for i in range(count)
        )
        path = tmp_path / f"{len(classes)}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


@pytest.fixture
def teacher(texts):
    """The flags of a teacher that is trained in a second."""
    return ("--teacher", "train:bag_of_ngrams:tiny", "--teacher-epochs", "1")


def weights(run):
    import keras

    return keras.models.load_model(run / "student.keras", compile=False).get_weights()


def test_a_student_starts_where_the_earlier_one_ended(finished, tfkd, teacher, tmp_path):
    """No step at all: the same weights; and a report of what was forgotten, which is nothing."""
    run = tmp_path / "new"
    flags = ("--from", finished, *teacher, *ONE_EPOCH, "--learning-rate", "1e-12")
    code, printed, said = tfkd("distill", "sample:120", *flags, "--to", run)
    assert code == 0, said
    for mine, earlier in zip(weights(run), weights(finished), strict=True):
        np.testing.assert_allclose(mine, earlier, atol=1e-6)
    assert (run / "vocab.txt").read_bytes() == (finished / "vocab.txt").read_bytes()
    config = read_config(run / "config.toml").student
    assert (config.source, config.vocab_size, config.max_length) == ("text_cnn:tiny", 300, 32)
    scores = json.loads((run / "forgetting.json").read_text())
    assert set(scores) == {"earlier", "new"}
    for found in scores.values():
        assert found["before"] == pytest.approx(found["after"], abs=1e-4)
    assert "The student started from an earlier run: accuracy on the" in printed
    # The same command again is the same run, and goes on without the earlier one.
    (run / "report.json").unlink()
    code, printed, said = tfkd("distill", run / "config.toml")
    assert code == 0, said


def test_new_classes_are_learnt_beside_the_old_ones(finished, tfkd, teacher, texts, tmp_path):
    """The weights of known classes are kept by name, whatever their order."""
    run = tmp_path / "new"
    flags = ("--from", finished, *teacher, *ONE_EPOCH, "--learning-rate", "1e-12")
    code, printed, said = tfkd("distill", texts(), *flags, "--to", run)
    assert code == 0, said
    assert "known classes negative, positive; new classes mixed" in printed
    mine, earlier = weights(run), weights(finished)
    for new, old in zip(mine, earlier, strict=True):
        # The classes are sorted: negative, mixed and positive of mine.
        same = new if new.shape == old.shape else new[..., [1, 2]]
        np.testing.assert_allclose(same, old, atol=1e-6)
    scores = json.loads((run / "forgetting.json").read_text())
    assert set(scores) == {"earlier"}
    assert scores["earlier"]["before"] == pytest.approx(scores["earlier"]["after"], abs=1e-4)


def test_an_earlier_run_that_is_gone_is_needed_no_more(finished, tfkd, teacher, tmp_path):
    """Interrupted, and in the meantime somebody has tidied up."""
    earlier = shutil.copytree(finished, tmp_path / "earlier")
    run = tmp_path / "new"
    flags = ("--from", earlier, *teacher, *ONE_EPOCH, "--learning-rate", "1e-12", "--to", run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfkd.running._run.student_training.train_students", _interrupt)
        assert tfkd("distill", "sample:120", *flags)[0] == 130
    kept = weights(finished)
    shutil.rmtree(earlier)
    code, printed, said = tfkd("distill", "sample:120", *flags)
    assert code == 0, said
    for mine, old in zip(weights(run), kept, strict=True):
        np.testing.assert_allclose(mine, old, atol=1e-6)
    assert "What the student has forgotten of" in printed


def _interrupt(*_):
    raise KeyboardInterrupt


def test_an_earlier_run_that_changed_is_refused(finished, tfkd, refused, teacher, tmp_path):
    """Half of a training from one student, and half from another."""
    earlier = shutil.copytree(finished, tmp_path / "earlier")
    flags = ("--from", earlier, *teacher, *ONE_EPOCH, "--to", tmp_path / "new")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfkd.running._run.student_training.train_students", _interrupt)
        assert tfkd("distill", "sample:120", *flags)[0] == 130
    shutil.copy(finished / "alone.keras", earlier / "student.keras")
    said = refused("distill", "sample:120", *flags)
    assert "the run that the student starts from changed" in said


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--student", "bag_of_ngrams"), "the student is bag_of_ngrams, and that of"),
        (("--set", "filters=8"), "the student's settings are {'filters': 8}, and those of"),
        (("--task", "token-classification"), "the task is token-classification, and that of"),
        (("--form", "multilabel"), "a student goes on with its own task"),
        (("--tokenizer", "vocab.txt"), "has no tokenizer of its own"),
        (("--assistant", "text_cnn"), "has no assistant of its own"),
        (("--vocab-size", "500"), "vocab_size is 500, and the vocabulary is that of"),
        (("--start", "teacher"), "a student starts from one of them"),
    ],
)
def test_another_architecture_or_task_is_refused(finished, refused, flags, sentence):
    """Weights that fit nowhere, found by Keras an hour later."""
    assert sentence in refused("distill", "sample:120", "--from", finished, *flags)


def test_a_folder_that_is_no_finished_run_is_refused(finished, copy, refused, tmp_path):
    """A mistyped name; a run that was interrupted; one of a teacher's layers."""
    said = refused("distill", "sample:120", "--from", tmp_path / "none")
    assert "no finished run: it has no config.toml" in said
    (copy / "student.keras").unlink()
    assert "it has no student.keras" in refused("distill", "sample:120", "--from", copy)
    (copy / "student.keras").touch()
    config = (copy / "config.toml").read_text()
    (copy / "config.toml").write_text(config.replace('"text_cnn:tiny"', '"shrink:2"'))
    assert "made of its teacher's layers" in refused("distill", "sample:120", "--from", copy)
    (copy / "config.toml").write_text(config.replace('tune = ""', 'tune = "adapter:4"'))
    assert "was tuned by adapter:4" in refused("distill", "sample:120", "--from", copy)


def test_a_run_without_an_earlier_one_stays_as_it_is():
    """Every run passes through here."""
    from tfkd.running.config import make_config

    config = make_config({"data": "sample"})
    assert adopt_earlier(config) is config


@pytest.mark.parametrize(
    ("theirs", "ours", "places"),
    [
        (("neg", "pos"), ("negative", "positive"), None),
        (("a", "b"), ("b", "a"), [1, 0]),
        (("bearish", "bullish", "neutral"), ("negative", "neutral", "positive"), [-1, 2, -1]),
        (("a", "b", "c"), ("C", "d"), [2, -1]),
    ],
)
def test_classes_are_matched_by_name(theirs, ours, places):
    """Bullish is not neutral because both are the second."""
    assert match_classes(Schema(theirs), Schema(ours)) == places


def test_heads_that_differ_are_refused():
    """Classes of heads lie in settings."""
    with pytest.raises(UserError, match="the same ones"):
        match_classes(Schema((), {"a": 1}), Schema((), {"a": 2}))
