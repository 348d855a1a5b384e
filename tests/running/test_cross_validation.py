"""`--cross-validate`: a run for each fold, one table, and the same command goes on."""

import json

import numpy as np
import pytest

import tfkd as package
from tfkd.errors import UserError
from tfkd.running.config import make_config
from tfkd.running.cross_validation import plan_fold

SETTINGS = (
    *("--teacher", "train:bag_of_ngrams:tiny", "--student", "bag_of_ngrams:tiny"),
    *("--vocab-size", "200", "--max-length", "16", "--epochs", "2", "--quantize", "float32"),
)


@pytest.fixture(scope="module")
def validated(tmp_path_factory):
    """The folder of a cross-validation of three folds, and what it was made of."""
    from run_fixtures import call, short_teachers

    room = tmp_path_factory.mktemp("validated")
    lines = [
        {"text": f"a {('good', 'bad', 'dull')[n % 3]} film number {n}", "label": "abc"[n % 3]}
        for n in range(60)
    ]
    (room / "data.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    command = ("distill", room / "data.jsonl", *SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        short_teachers(patch)
        assert call(*command, "--cross-validate", "3", "--to", "folds") == 0
    return room / "folds", command


@pytest.mark.slow
def test_every_text_is_tested_once(validated):
    """The same test texts five times."""
    folder, _ = validated
    counts = [json.loads((folder / f"fold-{n}/data.json").read_text()) for n in (1, 2, 3)]
    assert sum(each["counts"]["test"] for each in counts) == 60


@pytest.mark.slow
def test_mean_and_deviation_of_all_folds(validated):
    """A mean of one fold, or a deviation of the mean."""
    folder, _ = validated
    found = json.loads((folder / "cross_validation.json").read_text())
    reports = [json.loads((folder / f"fold-{n}/report.json").read_text()) for n in (1, 2, 3)]
    assert found["folds"] == 3
    assert list(found["models"]) == ["teacher", "alone", "distilled", "exported (float32)"]
    for position, name in enumerate(found["models"]):
        scores = [report["rows"][position]["scores"]["accuracy"] for report in reports]
        accuracy = found["models"][name]["accuracy"]
        assert accuracy["folds"] == scores
        assert accuracy["mean"] == pytest.approx(np.mean(scores))
        assert accuracy["sd"] == pytest.approx(np.std(scores, ddof=1))
    table = (folder / "cross_validation.md").read_text()
    assert "| teacher |" in table
    assert "Distilled against alone: " in table
    assert "standard deviation over 3 folds" in table


@pytest.mark.slow
def test_the_same_command_shows_it_and_trains_nothing(validated, tfkd, contents, monkeypatch):
    """Folds that are trained again, or a command that ends in an error."""
    folder, command = validated
    monkeypatch.chdir(folder.parent)
    monkeypatch.setattr("tfkd.running.fitting.train_distiller", None)
    runs = [folder / f"fold-{n}" for n in (1, 2, 3)]
    before = [contents(run) for run in runs]
    code, printed, _ = tfkd(*command, "--cross-validate", "3", "--to", "folds")
    assert code == 0
    assert "Distilled against alone" in printed
    assert [contents(run) for run in runs] == before


@pytest.mark.slow
def test_a_fold_that_was_interrupted_goes_on(validated, tfkd, monkeypatch, tmp_path):
    """Hours of the first folds lost in the third one."""
    from tfkd.running import _run

    folder, command = validated
    real, calls = _run.run, []

    def stopping(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(_run, "run", stopping)
    given = (*command, "--cross-validate", "3", "--to", "folds")
    assert tfkd(*given)[0] == 130
    assert not (tmp_path / "folds" / "cross_validation.json").exists()
    assert tfkd(*given)[0] == 0
    ours, theirs = (
        json.loads((each / "cross_validation.json").read_text())["models"]
        for each in (tmp_path / "folds", folder)
    )
    for model, measures in theirs.items():
        for key, values in measures.items():
            assert ours[model][key]["folds"] == pytest.approx(values["folds"], abs=1e-6)


@pytest.mark.slow
def test_a_chosen_quantisation_may_differ(validated):
    """A row of one fold that another one does not have."""
    from dataclasses import replace

    from tfkd.reporting.fold_scores import CrossValidation
    from tfkd.reporting.report import load

    folder, _ = validated
    first, second = (load(folder / f"fold-{n}") for n in (1, 2))
    rows = (*second.rows[:-1], replace(second.rows[-1], name="exported (int4)"))
    found = CrossValidation(folder, "two", (first, replace(second, rows=rows)))
    assert list(found.scores)[-1] == "exported"


def test_the_settings_of_a_fold():
    """Folds in one folder, or runs of runs."""
    config = make_config({"data": "sample", "cross_validate": 4, "to": "out"})
    fold = plan_fold(config, 3)
    assert (fold.data.cross_validate, fold.data.fold, fold.to) == (0, "3/4", "out/fold-3")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cross_validate": 1}, "cross_validate is 1: write a number of folds"),
        ({"cross_validate": 5, "test": "t.csv"}, "each fold is a test split"),
        ({"cross_validate": 5, "fold": "1/5"}, "leave one of them out"),
        ({"fold": "6/5"}, "write 1/5 to 5/5"),
        ({"cross_validate": 5}, "call tfkd.cross_validate"),
    ],
)
def test_what_is_no_cross_validation(settings, words, tmp_path):
    """A test file that is never read, found when all folds are there."""
    with pytest.raises(UserError, match=words):
        package.distill(data="sample:60", verbose=0, to=str(tmp_path / "out"), **settings)
    assert not (tmp_path / "out").exists()
