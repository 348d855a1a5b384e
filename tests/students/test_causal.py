"""A causal student sees what was before, and nothing else."""

import keras
import numpy as np
import pytest

from tfkd import UserError
from tfkd.models.saving import save_keras
from tfkd.students import build, causal


@pytest.fixture(scope="module")
def model():
    return causal(40, "tiny", seed=1)


def logits(model, ids):
    return model(np.array([ids], "int32")).numpy()[0]


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
