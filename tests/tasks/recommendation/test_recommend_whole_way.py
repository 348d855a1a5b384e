"""From ratings to a file that recommends: one short run for all tests here."""

import json
import random

import numpy as np
import pytest
from tiny_bert import checkpoint

from tfkd.tasks import EMBEDDING

KINDS = ("horror", "comedy", "western", "romance")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Forty films of four kinds, and thirty users who like one kind each."""
    folder, draw = tmp_path_factory.mktemp("films"), random.Random(0)
    titles = [f"film {number} {KINDS[number % 4]}" for number in range(40)]
    items = [{"item": number, "text": text} for number, text in enumerate(titles)]
    events = []
    for user in range(30):
        own = [number for number in range(40) if number % 4 == user % 4]
        liked = draw.sample(own, 8)
        events += [{"user": user, "item": item, "time": t} for t, item in enumerate(liked)]
    for name, rows in (("items", items), ("interactions", events)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def run(films, tmp_path_factory):
    """The folder of a finished run on these films."""
    from tfkd.cli import main

    encoder = checkpoint(tmp_path_factory.mktemp("bert"), classes=2)
    folder = tmp_path_factory.mktemp("runs") / "run"
    settings = ("history=3", "negatives=5", "dimensions=8", "new_items=0.2")
    small = ("--max-length", "8", "--vocab-size", "120", "--epochs", "6", "--batch-size", "16")
    code = main([
        *("distill", str(films), "--recipe", "recommend", "--teacher", f"hf:{encoder}"),
        *("--student", "static:tiny", *small, "--quantize", "float32", "--to", str(folder)),
        *(part for setting in settings for part in ("--task-set", setting)),
    ])  # fmt: skip
    assert code == 0
    return folder


def rows_of(run):
    return {row["name"]: row for row in json.loads((run / "report.json").read_text())["rows"]}


def test_a_run_ranks_all_items_of_both_shelves(run):
    rows = rows_of(run)
    assert list(rows) == ["teacher", "alone", "distilled", "exported (float32)"]
    for row in rows.values():
        assert {"ndcg@10", "recall@10", "mrr", "new_ndcg@10"} <= {*row["scores"]}
    # Looking up takes no time, and says nothing of an encoder's.
    assert rows["teacher"].get("latency_p50") is None
    # By chance 10 of 30 items; a student that reads the kind leaves out three kinds of four.
    assert rows["distilled"]["scores"]["recall@10"] > 0.7


def test_no_epoch_is_scored_on_rows_that_say_nothing(run):
    """A `val_accuracy` of 0 in each epoch is a run that seems to learn nothing."""
    lines = (run / "distilled" / "history.jsonl").read_text().splitlines()
    assert len(lines) == 6
    assert not [name for line in lines for name in json.loads(line) if name.startswith("val_")]


def test_the_file_says_what_the_student_says(run):
    rows = rows_of(run)
    for name, value in rows["distilled"]["scores"].items():
        assert rows["exported (float32)"]["scores"][name] == pytest.approx(value, abs=1e-3)


def test_vectors_have_unit_length_and_users_are_their_mean(run):
    """An index of cosines would else order otherwise than training did."""
    from tfkd.runtime import load

    predictor = load(run / "student.tflite")
    row = {"liked": ["film 1 comedy"], "candidates": ["film 5 comedy", "film 2 western"]}
    (answer,) = predictor.predict([row])
    np.testing.assert_allclose(np.linalg.norm(answer.items, axis=1), 1.0, atol=1e-5)
    assert answer.user[-1] == 0.0
    assert answer.best(1)[0][0] == "film 5 comedy"
    assert EMBEDDING in predictor.task.outputs


def test_the_commands_know_the_file(run, tmp_path, monkeypatch):
    """Whatever takes a text for an example stops here."""
    from tfkd.cli import main

    monkeypatch.chdir(tmp_path)
    file, rows = str(run / "student.tflite"), tmp_path / "rows.jsonl"
    row = {"liked": ["film 1 comedy"], "candidates": ["film 2 western", "film 5 comedy"]}
    rows.write_text(json.dumps(row) + "\n")
    assert main(["predict", file, str(rows), "--to", "answers.jsonl"]) == 0
    assert '"film 5 comedy"' in (tmp_path / "answers.jsonl").read_text().partition("ranked")[2]
    assert main(["bench", file]) == 0
    assert main(["compare", str(run), "--html", "page.html"]) == 0
    assert main(["export", str(run), "--quantize", "int8", "--to", "small.tflite"]) == 0


def test_a_history_and_an_index_recommend(run):
    """New items are found by their texts, and what was liked is not recommended again."""
    from tfkd import UserError
    from tfkd.runtime import Index, load, recommend

    predictor, liked = load(run / "student.tflite"), ["film 4 horror", "film 8 horror"]
    new = [f"film {number} {KINDS[number % 4]}" for number in range(44, 55)]
    index = Index.of(predictor, [liked[0], *new])
    found = recommend(predictor, index, liked, k=3)
    assert all(each.entry.endswith("horror") for each in found[:2])
    assert liked[0] not in {each.entry for each in found}
    (row,) = predictor.predict([{"liked": liked, "candidates": new}])
    assert row.best(1)[0][0] == found[0].entry
    assert row.best(1)[0][1] == pytest.approx(found[0].score, abs=1e-5)
    with pytest.raises(UserError, match="nothing was liked"):
        recommend(predictor, index, [], k=3)
    with pytest.raises(UserError, match="from 1 to 11"):
        recommend(predictor, index, liked, k=12)


def test_a_teacher_has_to_be_given(films, capsys, tmp_path):
    from tfkd.cli import main

    code = main(["distill", str(films), "--recipe", "recommend", "--to", str(tmp_path / "run")])
    said = capsys.readouterr().err
    assert code == 2, said
    assert "give an encoder" in said
    assert not (tmp_path / "run").exists()
