"""Runs whose texts or embeddings are changed: what is learnt from, going on, and who is refused."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tomli_w

from tfkd import UserError, tasks
from tfkd.data import Example, Schema
from tfkd.data.encoded_writer import encode
from tfkd.data.example_file import ExampleFile
from tfkd.data.feeding import Feed
from tfkd.running import fitting
from tfkd.running.perturbation import parse_perturbation
from tfkd.running.perturbed_texts import PerturbedTexts, perturb_texts
from tfkd.text import learn
from tfkd.text.text_changes import parse_change
from tfkd.training.attacks import parse_attack

TEXTS = [f"an unforgettable film number {i} about people" for i in range(40)]
TASK, SCHEMA = tasks.find("text-classification"), Schema(("bad", "good"))


@pytest.fixture
def texts(tmp_path):
    """The transfer set of a run, as its trainings see it."""
    examples = [Example(text=text, label=i % 2) for i, text in enumerate(TEXTS)]
    encoder = learn(TEXTS * 4, vocab_size=200, max_length=40)
    config = SimpleNamespace(training=SimpleNamespace(seed=3))
    context = SimpleNamespace(task=TASK, data=SimpleNamespace(schema=SCHEMA), config=config)
    found = SimpleNamespace(
        context=context,
        encoder=encoder,
        keep=lambda split: ExampleFile.keep(iter(examples), tmp_path / split),
    )
    return found, encode(iter(examples), TASK, encoder, tmp_path / "set", schema=SCHEMA)


def batches(feed, epoch):
    feed.epoch = epoch
    return list(feed.batches())


def test_each_pass_has_changes_of_its_own(texts):
    """The same typing errors in all passes, clean texts forgotten, labels of other texts."""
    run, encoded = texts
    changes = [parse_change("typos:0.3")]

    def make():
        return Feed(
            encoded, 8, 3, reread=PerturbedTexts(run, "transfer", encoded=encoded, changes=changes)
        )

    plain, feed, again = Feed(encoded, 8, 3), make(), make()
    passes, changed = [], 0
    for epoch in (0, 1):
        for (inputs, labels), (same, _), (clean, right) in zip(
            batches(feed, epoch), batches(again, epoch), batches(plain, epoch), strict=True
        ):
            np.testing.assert_array_equal(inputs["student"], same["student"])
            np.testing.assert_array_equal(labels, right)
            width = max(inputs["student"].shape[1], clean["student"].shape[1])
            read, was = (
                np.pad(each["student"], ((0, 0), (0, width - each["student"].shape[1])))
                for each in (inputs, clean)
            )
            changed += int((read != was).any(1).sum())
        passes.append({bytes(row) for x, _ in batches(feed, epoch) for row in x["student"]})
    assert 0.3 < changed / 80 < 0.7
    assert passes[0] != passes[1]


def test_shares_of_replicas_hold_the_same_texts(texts):
    """A text that is changed otherwise because another replica reads it."""
    run, encoded = texts
    changes = [parse_change("drop:0.3")]
    reread = PerturbedTexts(run, "transfer", encoded=encoded, changes=changes)
    rows = np.array([7, 2, 31, 5])
    whole = reread(rows, 4)["input_ids"]
    for part in np.array_split(np.arange(4), 2):
        own = reread(rows[part], 4)["input_ids"]
        np.testing.assert_array_equal(own, whole[part][:, : own.shape[1]])
        assert not whole[part][:, own.shape[1] :].any()


def test_changes_that_no_student_sees_are_said(texts, caplog):
    """An hour of training on capitals, with a tokenizer that lower-cases."""
    caplog.set_level("WARNING", "tfkd")
    perturb_texts(*texts, [parse_change("case:0.5")])
    assert "perturb has case, and the student reads the first texts as they were" in caplog.text


@pytest.mark.slow
def test_an_interrupted_run_goes_on_with_the_same_changes(
    tfkd, short_settings, tmp_path, monkeypatch
):
    """Other typing errors after a pause, or a state of the attack that is lost."""
    stage = {"name": "both", "epochs": 2, "perturb": ["typos:0.3", "drop:0.1", "vat:0.5"]}
    tables = {"data": {"source": "sample:60"}, "training": {"stage": [stage], "batch_size": 20}}
    toml = tmp_path / "run.toml"
    toml.write_text(tomli_w.dumps(tables))
    command = ("distill", toml, *short_settings[1:])
    assert tfkd(*command, "--to", "whole")[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "_history_callback", interrupting("both"))
        assert tfkd(*command, "--to", "out")[0] == 130
    assert tfkd(*command, "--to", "out")[0] == 0
    one, other = (
        keras.models.load_model(tmp_path / each / "student.keras", compile=False).get_weights()
        for each in ("whole", "out")
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def interrupting(title):
    """The callback of the history, which raises in one training after an epoch."""
    real = fitting._history_callback

    def make(log, *arguments):
        callback = real(log, *arguments)
        if log.title == title:
            ended = callback.on_epoch_end

            def stop(epoch, logs=None):
                if epoch == 1:
                    raise KeyboardInterrupt
                ended(epoch, logs)

            callback.on_epoch_end = stop
        return callback

    return make


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--perturb", "typo:0.1"], "perturb has 'typo:0.1': write one of typos, case, drop, fgm"),
        (["--perturb", "typos:2"], "typos:2: write the share of the words"),
        (["--perturb", "fgm:0"], "fgm:0: write a size above 0, e.g. fgm:1.0"),
        (["--perturb", "vat:-1"], "vat:-1: write a size above 0"),
        (["--perturb", "fgm", "--perturb", "vat"], "perturb has fgm and vat: write one of them"),
        (["--perturb", "drop", "--perturb", "drop:0.2"], "perturb has drop twice: write it once"),
        (
            ["--perturb", "typos", "--task", "token-classification"],
            "perturb has typos, which changes words of texts, and the task token-classification",
        ),
        (
            ["--perturb", "vat", "--form", "regression"],
            "vat compares probabilities, and the student's answers have none: write fgm",
        ),
    ],
)
def test_told_before_anything_is_read(flags, words, refused, short_settings, tmp_path, monkeypatch):
    """A typing error that is found behind the teacher's pass."""
    monkeypatch.setattr("tfkd.running.context.open_run_data", None)
    given = list(short_settings)
    if flags[-2] in ("--task", "--form"):
        at = given.index("--teacher")
        given[at : at + 2] = ["--teacher", "train"]
        at = given.index("--student")
        given[at : at + 2] = []
    assert words in refused("distill", *given, *flags, "--to", "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ({"perturb": 0.1}, "stage 1: perturb is 0.1: write a list of texts"),
        ({"perturb": ["noise"]}, "stage 1: perturb has 'noise': write one of"),
        (
            {"perturb": ["typos"], "objective": [{"loss": "Hint"}]},
            "compares hidden_states token by token",
        ),
    ],
)
def test_stages_that_cannot_be(stage, words, refused, short_settings, tmp_path):
    """States of other tokens than the teacher's, compared without a word."""
    toml = tmp_path / "run.toml"
    toml.write_text(
        tomli_w.dumps({"data": {"source": "sample:60"}, "training": {"stage": [stage]}})
    )
    assert words in refused("distill", toml, *short_settings[1:], "--to", "out")


def test_settings_are_read():
    """A kind that is dropped without a word."""
    found = parse_perturbation(["case", "vat:0.5", "typos:0.2"])
    assert [(c.kind, c.share) for c in found.changes] == [("case", 0.1), ("typos", 0.2)]
    assert found.attack.size == 0.5
    with pytest.raises(UserError, match="no attack is called"):
        parse_attack("pgd")
