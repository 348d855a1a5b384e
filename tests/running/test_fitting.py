"""Training on feeds: how long, how fast, and what is kept on the way."""

from tfkd.running.best_epoch import read_history
from tfkd.running.fitting import TrainingPlan


def test_a_history_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path):
    """A full disk that makes a run impossible to go on with."""
    assert read_history(tmp_path) == []
    (tmp_path / "history.jsonl").write_text('{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "lo')
    assert read_history(tmp_path) == [{"epoch": 1, "loss": 0.5}]


def test_the_rate_rises_and_falls_to_zero():
    """A warm-up that is longer than a short training, or a rate that stays high."""
    optimizer = TrainingPlan(steps=10, epochs=2, learning_rate=0.1).make_optimizer()
    rates = [float(optimizer._learning_rate(step)) for step in (0, 5, 20)]
    assert rates[0] < 0.01
    assert abs(rates[1] - 0.1) < 1e-6
    assert rates[2] < 1e-6
