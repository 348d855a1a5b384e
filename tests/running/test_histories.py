"""What is read from histories: trainings that ended too early."""

import json
from types import SimpleNamespace

import pytest

from tfkd.data import Example
from tfkd.running.config import make_config
from tfkd.running.histories import describe_best_epochs, find_unfinished
from tfkd.tasks.text_classification import TextClassification
from tfkd.tasks.translation import Translation

FALLING = [2.0, 1.8, 1.6, 1.5, 1.4, 1.3]
FLAT = [2.0, 1.5, 1.3, 1.29, 1.30, 1.28]
RISING = [2.0, 1.0, 0.9, 1.0, 1.2, 1.4]


def write_history(folder, losses, scores, measure="accuracy"):
    folder.mkdir()
    lines = [
        {"epoch": n, "loss": 3.0 / n, "val_loss": loss, f"val_{measure}": score}
        for n, (loss, score) in enumerate(zip(losses, scores, strict=True), 1)
    ]
    (folder / "history.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def context(folder, distilled, alone, scores=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), **settings):
    for name, losses in (("distilled", distilled), ("alone", alone)):
        write_history(folder / name, losses, scores)
    return context_of(folder, TextClassification(), **settings)


def context_of(folder, reader, **settings):
    config = make_config({"data": "sample", **settings})
    data = SimpleNamespace(read=lambda split: [Example(text="a", label=0)])
    return SimpleNamespace(folder=folder, config=config, task=reader, data=data)


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


def test_a_translation_is_kept_by_its_measure_of_epochs(tmp_path):
    """Epoch 0 of 6, by a headline that is in no history."""
    for name in ("distilled", "alone"):
        write_history(tmp_path / name, FALLING, (0.1, 0.2, 0.3, 0.9, 0.5, 0.5), "chrf")
    run = context_of(tmp_path, Translation(), task="translation", patience=2)
    assert describe_best_epochs(run) == {"best epoch": "distilled 4 of 6, alone 4 of 6"}
    assert find_unfinished(run) == []


@pytest.mark.parametrize("scores", [(float("nan"),) * 6, (0.1, 0.9, 0.3, 0.3, 0.3, 0.3)])
def test_without_a_score_the_last_epoch_was_kept(tmp_path, scores):
    """Scores that are no numbers, or none of the measure: the weights are those of the end."""
    measure = "accuracy" if scores[0] != scores[0] else "other"
    write_history(tmp_path / "distilled", FALLING, scores, measure)
    run = context_of(tmp_path, TextClassification(), patience=2)
    assert describe_best_epochs(run) == {"best epoch": "distilled 6 of 6"}
    assert find_unfinished(run) == ["distilled"]


@pytest.mark.parametrize(
    ("spec", "folder", "kept"),
    [
        ("sparse:0.5", "sparse-0-5", 6),
        ("grid:int8", "grid-int8", 6),
        # Nothing holds these weights, so the best epoch is as small as the last one.
        ("low_rank:0.5", "low_rank-0-5", 2),
    ],
)
def test_a_stage_with_a_rule_keeps_its_last_epoch(tmp_path, spec, folder, kept):
    """An epoch that was not kept, as not all weights were zero or on the grid by then."""
    scores = (0.1, 0.9, 0.3, 0.3, 0.3, 0.3)
    names = ("stage-1-distilled", f"stage-2-{folder}", "alone", f"alone-2-{folder}")
    for name in names:
        write_history(tmp_path / name, FALLING, scores)
    run = context_of(tmp_path, TextClassification(), compress=[spec], patience=4)
    epochs = zip(names, (2, kept, 2, kept), strict=True)
    said = ", ".join(f"{name} {epoch} of 6" for name, epoch in epochs)
    assert describe_best_epochs(run) == {"best epoch": said}
    assert find_unfinished(run) == (["distilled", "alone"] if kept == 6 else [])


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
