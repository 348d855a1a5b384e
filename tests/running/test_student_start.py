"""A static student of a run starts from its teacher, where that has vectors."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tests.students.test_static_start import TEXTS, WIDTH, teacher  # noqa: F401 (a fixture)
from tfkd import UserError
from tfkd.models.text_model import TextModel
from tfkd.progress import log_progress
from tfkd.running.checks import check_settings
from tfkd.running.config import make_config
from tfkd.running.context import make_context
from tfkd.running.encoders import prepare_encoder
from tfkd.running.student import build_student
from tfkd.running.student_start import prepare_start, read_start
from tfkd.students import build
from tfkd.students.static import VECTORS
from tfkd.text import learn

SETTINGS = {
    "teacher": "keras:somewhere",
    "student": "static:tiny",
    "vocab_size": 200,
    "max_length": 16,
    "to": "run",
}


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS, vocab_size=60, max_length=32)


@pytest.fixture
def context_of(tmp_path, monkeypatch):
    """The context of a run with these settings, which looks for no teacher."""
    monkeypatch.setattr("tfkd.running.context.check_settings", lambda config, task: None)
    (tmp_path / "run").mkdir()
    (tmp_path / "texts.txt").write_text("".join(f"{text} {i}\n" for i, text in enumerate(TEXTS)))
    own = {"to": str(tmp_path / "run"), "data": str(tmp_path / "texts.txt")}

    def make(**changes):
        changes = {"task": "sentence-similarity", **own, **changes}
        return make_context(make_config({**SETTINGS, **changes}), log_progress)

    return make


def test_it_starts_from_the_vectors_of_its_teacher(context_of, teacher):  # noqa: F811
    """A start that only one of both students has, or that a restart computes again."""
    context = context_of()
    own = prepare_encoder(context)
    drawn = build_student(context, own, None)
    prepare_start(context, own, teacher)
    one, other = (build_student(context, own, None) for _ in range(2))
    table = read_start(context)
    found = one.get_layer(VECTORS).get_weights()[0]
    np.testing.assert_array_equal(found[:, :WIDTH], table.vectors)
    for ours, same in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, same)
    assert np.abs(found - drawn.get_layer(VECTORS).get_weights()[0]).max() > 0.01
    assert len(np.unique(table.logits)) > 5
    prepare_start(context, own, None)
    assert read_start(context) is not None


def test_a_start_of_random_numbers(context_of, teacher):  # noqa: F811
    for settings, given in ((({"start": "random"}), teacher), ({}, None)):
        context = context_of(**settings)
        prepare_start(context, prepare_encoder(context), given)
        assert read_start(context) is None


def test_students_of_classes_start_at_random_if_nothing_is_said(context_of, teacher):  # noqa: F811
    """Frequent words that weigh nothing, of which `not` is one."""
    of_classes = {"data": "sample:60", "task": "text-classification"}
    context = context_of(**of_classes)
    prepare_start(context, prepare_encoder(context), teacher)
    assert read_start(context) is None
    context = context_of(**of_classes, start="teacher")
    prepare_start(context, prepare_encoder(context), teacher)
    assert np.unique(read_start(context).logits).tolist() == [-10.0, 0.0]


def test_a_teacher_without_vectors(context_of, encoder, caplog):
    """A run that ends with an error for what is a help and no need."""
    cnn = TextModel(build("text_cnn", encoder.vocab_size, 2, "tiny"), encoder, origin="cnn")
    context = context_of()
    with caplog.at_level("INFO", "tfkd"):
        prepare_start(context, prepare_encoder(context), cnn)
    assert "the student starts at random: cnn gives no vectors of texts" in caplog.text
    context = context_of(start="teacher")
    with pytest.raises(UserError, match="cnn gives no vectors of texts"):
        prepare_start(context, prepare_encoder(context), cnn)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"student": "text_cnn:tiny"}, "the student text_cnn:tiny: only static starts from"),
        ({"teacher": "train"}, "the teacher train is trained in this run"),
        ({"from_run": "runs/a"}, "the student starts from the run runs/a"),
    ],
)
def test_a_start_that_cannot_be(changes, words):
    config = make_config({**SETTINGS, "data": "sample:60", **changes, "start": "teacher"})
    from tfkd.tasks import find

    with pytest.raises(UserError, match=words):
        check_settings(config, find(""))
