"""Optimizers from settings: what the default is, what decays, and what does not go together."""

import keras
import numpy as np
import pytest

from tfkd.running.config import make_config
from tfkd.running.optimizers import OPTIMIZERS, SCHEDULES, OptimizerPlan
from tfkd.running.plan import plan_training


def rates(plan, steps=100):
    optimizer = plan.make(0.1, steps)
    return [float(optimizer._learning_rate(step)) for step in range(steps + 1)]


def test_the_default_is_the_one_that_results_were_made_with():
    """Numbers of the docs that nobody can repeat."""
    optimizer = OptimizerPlan().make(0.01, 1000)
    settings = optimizer.get_config()
    assert type(optimizer) is keras.optimizers.Adam
    assert (settings["beta_1"], settings["beta_2"], settings["epsilon"]) == (0.9, 0.99, 1e-7)
    assert settings["weight_decay"] is None
    assert settings["global_clipnorm"] is None
    expected = keras.optimizers.schedules.CosineDecay(
        0.01 / 50, 950, warmup_target=0.01, warmup_steps=50
    )
    assert optimizer._learning_rate.get_config() == expected.get_config()


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warm_up", [0, 10])
def test_a_rate_rises_and_falls(schedule, warm_up):
    """A first step of nothing, a jump after the warm-up, or a rate that never falls."""
    found = rates(OptimizerPlan(schedule=schedule, warm_up=warm_up))
    assert found[0] > 0
    assert found[warm_up] == pytest.approx(0.1) == max(found)
    assert all(np.diff(found[: warm_up + 1]) > 0)
    assert all(np.diff(found[warm_up:]) <= 0)
    assert found[-1] == pytest.approx(0.1 if schedule == "constant" else 0.0)
    half = {"cosine": 0.05, "linear": 0.05, "constant": 0.1}[schedule]
    assert found[warm_up + (100 - warm_up) // 2] == pytest.approx(half, abs=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_one_trains_and_biases_do_not_decay(name):
    """A name that no optimizer has, or a norm that is pulled to zero."""
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2), keras.layers.LayerNormalization()]
    )
    before = [weight.numpy() for weight in model.weights]
    decay = 0.5 if name in ("adamw", "lion") else 0.0
    optimizer = OptimizerPlan(name, decay, clip=1.0, warm_up=0).make(0.1, 100)
    optimizer.apply([keras.ops.zeros_like(each) for each in model.weights], model.weights)
    moved = [(b != w.numpy()).any() for b, w in zip(before, model.weights, strict=True)]
    assert moved == [bool(decay), False, False, False]
    optimizer.apply([keras.ops.ones_like(each) for each in model.weights], model.weights)
    assert all((b != w.numpy()).any() for b, w in zip(before, model.weights, strict=True))


def test_gradients_are_clipped_together():
    """A limit for each variable by itself, which turns the direction."""
    optimizer = OptimizerPlan("sgd", clip=1.0).make(1.0, 100)
    clipped = optimizer._clip_gradients([keras.ops.array([3.0]), keras.ops.array([4.0])])
    np.testing.assert_allclose(np.ravel(clipped), [0.6, 0.8], atol=1e-6)


def test_a_rate_that_is_not_given_fits_the_optimizer():
    """Adam's rate for Lion, whose steps are ten times as long."""
    plans = [
        plan_training(make_config({"data": "sample", "optimizer": name}), 100)
        for name in ("adam", "adamw", "lion")
    ]
    first = plans[0].learning_rate
    assert [plan.learning_rate / first for plan in plans] == pytest.approx([1.0, 1.0, 0.1])


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--weight-decay", "0.1"), "adam has none: write --optimizer adamw"),
        (("--optimizer", "sgd"), "write, say, --learning-rate 0.1"),
        (("--optimizer", "sgd", "--learning-rate", "1", "--weight-decay", "1"), "sgd has none"),
        (("--clip", "-1"), "clip is -1.0: write 0 or more"),
        (("--patience", "-1"), "patience is -1: write 0 or more"),
    ],
)
@pytest.mark.parametrize("command", ["distill", "teach"])
def test_what_does_not_go_together(command, flags, words, refused, monkeypatch, tmp_path):
    """A flag that is read and forgotten, found when the result is there."""
    monkeypatch.setattr("tfkd.running.run_data.open_data", None)
    given = ("sample:60", "--teacher", "train:text_cnn:tiny", "--max-length", "32")
    assert words in refused(command, *given, *flags, "--to", "out")
    assert not (tmp_path / "out").exists()


def test_epochs_of_a_teacher_that_is_not_trained(refused, taught, tmp_path):
    """A number of epochs that changes nothing."""
    given = ("sample:60", "--teacher", f"keras:{taught}", "--teacher-epochs", "3")
    assert "is not trained here" in refused("distill", *given, "--to", "out")


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags",
    [
        ("--optimizer", "adamw", "--weight-decay", "0.1", "--clip", "0.5", "--schedule", "linear"),
        ("--optimizer", "lion", "--schedule", "constant", "--warmup", "0"),
    ],
)
def test_resumed_it_is_the_same(flags, tfkd, short_settings, tmp_path, monkeypatch):
    """An optimizer that begins anew in the middle."""
    monkeypatch.setattr("tfkd.running.fitting._BACKUP_STEPS", 1)
    command = ("distill", *short_settings, *flags, "--epochs", "3", "--batch-size", "40")
    assert tfkd(*command, "--to", "whole")[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr("tfkd.running.fitting.replace_when_whole", None)
        with pytest.raises(TypeError):
            tfkd(*command, "--to", "out")
    assert list((tmp_path / "out" / "distilled" / "backup").iterdir())
    assert tfkd(*command, "--to", "out")[0] == 0
    models = (keras.models.load_model(f"{name}/student.keras") for name in ("whole", "out"))
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)
