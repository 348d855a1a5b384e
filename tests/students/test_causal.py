"""A causal student sees what was before, and nothing else."""

import keras
import numpy as np
import pytest

from tfkd import UserError, students
from tfkd.models.decoders import find_graphs
from tfkd.models.saving import save_keras
from tfkd.students import build, causal


@pytest.fixture(scope="module")
def model():
    return causal(40, "tiny", seed=1)


def logits(model, ids):
    return model(np.array([ids], "int32")).numpy()[0]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("seq2seq", {"encoder": 0}),
        ("seq2seq", {"decoder": 0}),
        ("seq2seq", {"encoder": 1.5}),
        ("gru_seq2seq", {"decoder": 0}),
        ("causal", {"layers": -2}),
        ("causal", {"heads": 0}),
        ("causal", {"width": 0}),
    ],
)
def test_a_student_that_writes_has_blocks(name, settings):
    """A student without an encoder that is taken for a language model, and ignores its source."""
    ((setting, value),) = settings.items()
    with pytest.raises(UserError, match=f"{setting} is {value}: write a whole number, at least 1"):
        getattr(students, name)(40, "tiny", **settings)


def test_a_model_that_sees_a_source_is_no_language_model(model, monkeypatch):
    """An older file without an encoder, whose texts would ignore their source."""
    assert find_graphs(model) is not None
    monkeypatch.setattr(students.writing_layers, "_check_counts", lambda options: None)
    assert find_graphs(students.seq2seq(40, "tiny", encoder=0)) is None


def test_a_later_token_changes_nothing_before_it(model):
    """A mask the other way round learns to copy, and its loss looks wonderful."""
    one, other = logits(model, [2, 7, 8, 9, 4]), logits(model, [2, 7, 8, 30, 31])
    np.testing.assert_allclose(one[:3], other[:3], atol=1e-5)
    assert np.abs(one[3] - other[3]).max() > 1e-3


def test_an_earlier_token_changes_what_comes_after(model):
    one, other = logits(model, [2, 7, 8, 9]), logits(model, [2, 6, 8, 9])
    assert np.abs(one[3] - other[3]).max() > 1e-4


def test_padding_changes_nothing(model):
    np.testing.assert_allclose(
        logits(model, [2, 7, 8, 0, 0, 0])[:3], logits(model, [2, 7, 8]), atol=1e-5
    )


def test_one_table_embeds_and_foretells(model):
    """Two tables would be half of a small file."""
    table = [weight for weight in model.weights if 40 in weight.shape]
    assert len(table) == 1


def test_a_reloaded_model_needs_no_custom_layer(model, tmp_path):
    save_keras(model, tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", compile=False)
    np.testing.assert_allclose(logits(again, [2, 7, 8]), logits(model, [2, 7, 8]), atol=1e-6)


def test_it_is_no_classifier():
    with pytest.raises(UserError, match="no classifier"):
        build("causal", 40, 2)
