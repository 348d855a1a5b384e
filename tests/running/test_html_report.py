"""`tfkd compare --html` of finished runs: the figures, what is missing, and what is refused."""

import importlib.util
import json
import shutil

import pytest

from tfkd.progress import log_progress
from tfkd.running.reports import figures, page_files


@pytest.fixture
def plain(monkeypatch):
    """A page without its plots, where the extra is not installed."""
    monkeypatch.setattr(page_files, "check_installed", lambda: None)
    monkeypatch.setattr(page_files, "page", lambda found: f"{page_files.PAGE}{len(found['runs'])}")


def gathered(*folders, most=0) -> list[dict]:
    return figures.gather_figures(list(folders), log_progress, most)["runs"]


def texts_that_differ(run: dict) -> set:
    (table,) = run["sections"]["differences"]["figures"]
    return {cells[0] for cells in table["rows"]}


def test_the_page_the_json_and_the_card(copy, finished, tfkd, tmp_path):
    """A command that says it wrote what it did not; the run is trained again, or littered."""
    for name in ("altair", "vl_convert"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"needs {name}, in the extra report")
    (copy / "README.md").unlink()
    code, printed, said = tfkd("compare", copy, finished, "--html", "out/page.html")
    assert code == 0, said
    assert "page      out/page.html, its figures page.json" in printed
    assert "tokens of transfer" not in printed
    html = (tmp_path / "out" / "page.html").read_text(encoding="utf-8")
    found = json.loads((tmp_path / "out" / "page.json").read_text(encoding="utf-8"))
    assert [run["name"] for run in found["runs"]] == ["copy", finished.name]
    assert all(run["name"] in html for run in found["runs"])
    assert "name: copy" in (copy / "README.md").read_text()
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["page.html", "page.json"]
    assert not (copy / "work").exists()


def test_the_figures_are_those_of_the_report(copy, tfkd):
    """Other texts, other models, or their order mixed up: the accuracy is another one."""
    code, _, _ = tfkd("export", copy, "--quantize", "float16")
    assert code == 0
    (run,) = gathered(copy)
    rows = {row["name"]: row for row in run["rows"]}
    report = json.loads((copy / "report.json").read_text())
    assert json.loads(json.dumps(run["rows"][:-1])) == report["rows"]
    low, high = rows["teacher"]["interval"]
    assert low < rows["teacher"]["scores"]["accuracy"] < high
    for row in ("exported (float16)", "distilled"):
        assert rows[row]["scores"]["accuracy"] == rows["distilled"]["scores"]["accuracy"]
        assert rows[row]["agreement"] == rows["distilled"]["agreement"]
    assert run["texts"] == {
        "texts": 50,
        "of": 50,
        "student": "student.tflite",
        "teacher": "stored",
        "teacher_missing": "",
        "store_missing": "",
    }
    sections = run["sections"]
    ((_, (errors,)),) = sections["calibration"]["figures"]
    (matrices,) = sections["confusion"]["figures"]
    assert [matrix["model"] for matrix in matrices] == ["teacher", "student"]
    names = ("teacher", "exported (int8)")
    for name, matrix, (_, ece) in zip(names, matrices, errors["rows"], strict=True):
        right = sum(counts[i] for i, counts in enumerate(matrix["counts"]))
        assert right / 50 == pytest.approx(rows[name]["scores"]["accuracy"])
        assert ece == pytest.approx(rows[name]["scores"]["ece"], abs=1e-6)
    other_answers = sections["differences"]["lead"][1]["value"]
    assert 1 - other_answers / 50 == pytest.approx(rows["exported (int8)"]["agreement"])
    assert [each["name"] for each in run["histories"]][:2] == ["distilled", "alone"]
    assert "hard_labels" in run["histories"][0]["epochs"][0]
    assert run["histories"][0]["metrics"] == ["accuracy"]
    plot, _ = sections["robustness"]["figures"]
    assert {row["model"] for row in plot["rows"]} == {"teacher", "student"}


def test_the_same_figures_each_time_and_of_fewer_texts(finished):
    """A page that says something else with every look."""
    (one,), (other,) = gathered(finished), gathered(finished, finished)
    assert json.dumps(one) == json.dumps(other)
    (few,) = gathered(finished, most=10)
    assert (few["texts"]["texts"], few["texts"]["of"]) == (10, 50)
    shown = texts_that_differ(few)
    assert len(shown) <= 10
    assert shown < texts_that_differ(one)


def test_without_the_stored_outputs_the_teacher_runs_again(copy, finished):
    """Twenty minutes of a teacher, or no figures at all, for a folder that was cleaned up."""
    shutil.rmtree(copy / "targets")
    (run,), (whole,) = gathered(copy), gathered(finished)
    assert run["texts"]["teacher"] == "asked again"
    assert run["sections"]["confusion"] == whole["sections"]["confusion"]
    assert not (copy / "targets").exists()


def test_without_the_teacher_the_student_alone(copy):
    """A teacher's folder that is gone takes the student's figures with it."""
    shutil.rmtree(copy / "targets")
    shutil.rmtree(copy / "teacher")
    config = (copy / "config.toml").read_text()
    (copy / "config.toml").write_text(
        config.replace('"train:bag_of_ngrams:tiny"', '"keras:nowhere"')
    )
    (run,) = gathered(copy)
    assert "nowhere" in run["texts"]["teacher_missing"]
    assert "nowhere" in run["sections"]["differences"]["note"]
    (matrices,) = run["sections"]["confusion"]["figures"]
    assert [matrix["model"] for matrix in matrices] == ["student"]
    assert "nowhere" in run["sections"]["fairness"]["missing"]


def test_a_run_whose_texts_are_gone(copy):
    """One run of last year, and no page for the ten others."""
    config = (copy / "config.toml").read_text()
    (copy / "config.toml").write_text(config.replace('"sample:200"', '"gone.jsonl"'))
    (run,) = gathered(copy)
    assert "gone.jsonl" in run["texts_missing"]
    assert "sections" not in run
    assert len(run["rows"]) == 4
    assert run["histories"]


def test_somebody_elses_files_stay(finished, plain, tfkd, refused, tmp_path):
    """`--html package.html`, and `package.json` was not a report."""
    (tmp_path / "package.json").write_text('{"name": "mine"}')
    (tmp_path / "index.html").write_text("<!doctype html>mine")
    (tmp_path / "folder.html").mkdir()
    assert "package.json is there" in refused("compare", finished, "--html", "package.html")
    assert "index.html is there" in refused("compare", finished, "--html", "index.html")
    assert "path of a page" in refused("compare", finished, "--html", "folder.html")
    assert "path of a page" in refused("compare", finished, "--html", "page.pdf")
    assert "how many" in refused("compare", finished, "--html", "a.html", "--texts", "-1")
    assert "no report.json" in refused("compare", "nowhere", "--html", "a.html")
    assert (tmp_path / "package.json").read_text() == '{"name": "mine"}'
    assert (tmp_path / "index.html").read_text() == "<!doctype html>mine"
    for _ in range(2):  # a page of its own may be written again
        code, _, said = tfkd("compare", finished, "--html", "a.html", "--texts", "5")
        assert code == 0, said


def test_the_run_has_written_its_card(finished):
    """A folder that is handed on, and nobody knows what is in it."""
    found = (finished / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag" in found
    assert "train:bag_of_ngrams:tiny" in found
    assert "Hinton, Vinyals, Dean 2015" in found
