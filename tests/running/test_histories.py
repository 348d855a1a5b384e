"""What is read from histories: trainings that ended too early."""

import json
from types import SimpleNamespace

import pytest

from tfkd.data import Example
from tfkd.running.config import make_config
from tfkd.running.histories import describe_best_epochs, find_unfinished
from tfkd.tasks.text_classification import TextClassification

FALLING = [2.0, 1.8, 1.6, 1.5, 1.4, 1.3]
FLAT = [2.0, 1.5, 1.3, 1.29, 1.30, 1.28]
RISING = [2.0, 1.0, 0.9, 1.0, 1.2, 1.4]


def context(folder, distilled, alone, scores=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), **settings):
    for name, losses in (("distilled", distilled), ("alone", alone)):
        (folder / name).mkdir()
        lines = [
            {"epoch": n, "loss": 3.0 / n, "val_loss": loss, "val_accuracy": score}
            for n, (loss, score) in enumerate(zip(losses, scores, strict=True), 1)
        ]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (folder / name / "history.jsonl").write_text(text)
    config = make_config({"data": "sample", **settings})
    data = SimpleNamespace(read=lambda split: [Example(text="a", label=0)])
    return SimpleNamespace(folder=folder, config=config, task=TextClassification(), data=data)


@pytest.mark.parametrize(
    ("distilled", "alone", "expected"),
    [
        (FALLING, FALLING, ["distilled", "alone"]),
        (FALLING, FLAT, ["distilled"]),
        (RISING, FALLING, ["alone"]),
        (FLAT, RISING, []),
    ],
)
def test_which_were_still_improving(distilled, alone, expected, tmp_path):
    """A training loss that falls for ever, in a student that knows its texts by heart."""
    assert find_unfinished(context(tmp_path, distilled, alone)) == expected


def test_where_an_earlier_epoch_was_kept_it_had_ended(tmp_path):
    """More epochs for one that stopped by itself."""
    run = context(tmp_path, FALLING, FALLING, (0.1, 0.9, 0.3, 0.3, 0.3, 0.3), patience=4)
    assert find_unfinished(run) == []
    assert describe_best_epochs(run) == {"best epoch": "distilled 2 of 6, alone 2 of 6"}


def test_a_run_without_histories(tmp_path):
    """A traceback in the report of a run whose histories were removed."""
    config = make_config({"data": "sample"})
    data = SimpleNamespace(read=lambda split: [Example(text="a", label=0)])
    run = SimpleNamespace(folder=tmp_path, config=config, task=TextClassification(), data=data)
    assert find_unfinished(run) == []
    assert describe_best_epochs(run) == {}


def test_a_stage_of_hidden_layers_says_nothing_of_answers(tmp_path):
    """The best epoch of a student whose last layer has not been trained."""
    stages = [
        {"name": "inside", "objective": [{"loss": "Hint"}]},
        {"name": "answers", "objective": [{"loss": "SoftTargets"}]},
    ]
    run = context(tmp_path, FALLING, FLAT, stage=stages, patience=2)
    (tmp_path / "distilled").rename(tmp_path / "stage-1-inside")
    assert describe_best_epochs(run) == {"best epoch": "alone 6 of 6"}
    (tmp_path / "stage-1-inside").rename(tmp_path / "stage-2-answers")
    assert find_unfinished(run) == ["distilled"]
