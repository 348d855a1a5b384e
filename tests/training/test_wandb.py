"""Weights & Biases, offline: its own Keras callback sees what a `Distiller` reports."""

import json

import keras
import pytest
from toys import data, distil, linear

wandb = pytest.importorskip("wandb", reason="needs the extra 'wandb'")


def test_its_callback_logs_every_term(tmp_path, monkeypatch):
    """A dashboard with a loss, and none of its terms."""
    from wandb.integration.keras import WandbMetricsLogger

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    x, y = data(32)
    with wandb.init(dir=tmp_path, project="tfkd", settings={"disable_git": True}) as run:
        history, _ = distil(
            linear(seed=1),
            x,
            y,
            teacher=linear(seed=7),
            compile={"optimizer": keras.optimizers.SGD(0.1), "metrics": ["accuracy"]},
            validation_data=(x, y),
            epochs=2,
            callbacks=[WandbMetricsLogger()],
        )
        logged = json.loads(json.dumps(dict(run.summary)))
    for name in ("loss", "hard_labels", "soft_targets", "accuracy", "val_loss", "val_accuracy"):
        assert logged[f"epoch/{name}"] == pytest.approx(history[name][-1]), name
    assert list(tmp_path.rglob("run-*.wandb"))
