"""How a candidate is trained for a rung."""

import pytest

from tfkd.running.config import make_config
from tfkd.searching.halving import Rung
from tfkd.searching.workshop import _on_rung


@pytest.mark.parametrize(
    ("rung", "given", "epochs"),
    [
        (Rung(1 / 3), {"epochs": 12}, 12),
        (Rung(1.0, 1 / 3), {"epochs": 12}, 4),
        (Rung(1 / 3, 1 / 3), {"epochs": 1}, 1),
        # 3,200 texts in batches of 32 are 100 steps, and 10 epochs make 1,000.
        (Rung(1 / 3), {"batch_size": 32}, 10),
        (Rung(1.0, 1 / 3), {"batch_size": 32}, 3),
        (Rung(1.0, 1 / 3), {"batch_size": 32, "augment": 1}, 2),
    ],
)
def test_epochs_of_a_rung_are_a_part_of_those_on_all_texts(monkeypatch, rung, given, epochs):
    """As many epochs as make 1,000 steps of a few texts; no epoch at all."""
    monkeypatch.setattr("tfkd.running.fitting.EPOCHS", (2, 30))
    config = _on_rung(make_config({"data": "texts.csv", **given}), rung, texts=3_200)
    assert config.training.epochs == epochs
    assert config.data.share == rung.share


def test_whole_training_has_the_settings_of_the_candidate():
    """A winner whose epochs are written out, so that its settings file differs from its run."""
    config = make_config({"data": "texts.csv", "labelled": 9})
    assert _on_rung(config, Rung(), texts=3_200) == config
    assert _on_rung(config, Rung(1 / 3), texts=3_200).data.labelled == 3
