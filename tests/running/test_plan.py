"""What a run will do, from its settings alone."""

import pytest

from tfkd.running.config import make_config
from tfkd.running.plan import live_reads, plan_training, trains_on_stored
from tfkd.running.stages import read_stages
from tfkd.tasks import DEFAULT, find

INSIDE = {"objective": [{"loss": "Hint"}], "epochs": 3}
LOGITS = {"name": "logits", "objective": [{"loss": "SoftTargets"}], "epochs": 2}


def test_the_student_alone_takes_the_steps_of_all_stages():
    """A comparison that the teacher wins by training longer."""
    settings = {"data": "sample", "batch_size": 10, "stage": [INSIDE, LOGITS]}
    config = make_config(settings)
    plans = [plan_training(config, 95, stage) for stage in read_stages(config)]
    assert [plan.epochs for plan in plans] == [3, 2]
    alone = plan_training(config, 95)
    assert (alone.steps, alone.epochs) == (10, 5)


def test_a_stage_may_have_its_own_rate():
    """A rate of a stage that is read and forgotten."""
    stages = [{**LOGITS, "learning_rate": 0.5}, LOGITS]
    config = make_config({"data": "sample", "stage": stages, "learning_rate": 0.1})
    rates = [plan_training(config, 100, stage).learning_rate for stage in read_stages(config)]
    assert rates == [0.5, 0.1]


@pytest.mark.parametrize(
    ("settings", "reads", "stored"),
    [
        ({}, set(), True),
        ({"cache": False}, set(), False),
        ({"stage": [LOGITS, INSIDE]}, {"hidden_states"}, False),
    ],
)
def test_only_logits_are_learnt_from_the_store(settings, reads, stored):
    """A teacher that is loaded for nothing, or hidden states that nobody stored."""
    config = make_config({"data": "sample", **settings})
    assert live_reads(config, find(DEFAULT)) == reads
    assert trains_on_stored(config, find(DEFAULT)) == stored
