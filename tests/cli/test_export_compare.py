"""`tfkd export` and `tfkd compare` of a finished run."""

import json
import re
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tfkd.exporting import gate
from tfkd.runtime import Classifier, bench
from tfkd.runtime.quantisations import KINDS


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory):
    """A copy that may get more files."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("run") / "run")


def test_compare_shows_table_markdown_and_json(finished, tfkd):
    """A report that cannot be pasted or read by a program."""
    code, table, _ = tfkd("compare", finished)
    assert code == 0
    assert "agreement with teacher" in table
    code, markdown, _ = tfkd("compare", finished, "--format", "markdown")
    assert markdown == (finished / "report.md").read_text() + "\n"
    code, found, _ = tfkd("compare", finished, "--format", "json")
    assert json.loads(found) == json.loads((finished / "report.json").read_text())
    code, both, _ = tfkd("compare", finished, finished)
    assert both.count("agreement with teacher") == 2


@pytest.mark.parametrize("flag", [("--title", "Films"), ("--texts", "9"), ("--without", "words")])
def test_flags_of_the_page_need_the_page(finished, refused, flag):
    """A table without the title that was asked for."""
    assert f"{flag[0]} is for the page" in refused("compare", finished, *flag)


def test_a_page_has_no_other_form(finished, refused, tmp_path):
    """A page, and no JSON, for a program that reads JSON."""
    said = refused("compare", finished, "--html", "page.html", "--format", "json")
    assert "--format json is for reports that are printed" in said
    assert not (tmp_path / "page.html").exists()


def test_paths_of_a_page_may_be_strings(finished, tmp_path, monkeypatch):
    """A traceback of `pathlib`, or a run for each letter of a folder."""
    import tfkd

    monkeypatch.chdir(tmp_path)
    with pytest.raises(tfkd.UserError, match="write the path of a page"):
        tfkd.write_page(str(finished), "report.txt")
    with pytest.raises(tfkd.UserError, match="nowhere"):
        tfkd.write_page("nowhere", "page.html")


def test_compare_again_measures_the_same_scores(run, tfkd, same_runs, finished, monkeypatch):
    """A second measurement that trains, or scores other models or texts."""
    monkeypatch.setattr("tfkd.running.fitting.train_distiller", None)
    (run / "report.json").write_text("{")
    code, printed, _ = tfkd("compare", run, "--again")
    assert code == 0
    assert "tokens of transfer" not in printed
    same_runs(finished, run)
    assert not (run / "work").exists()


@pytest.mark.parametrize("quantize", ["float32", "float16"])
def test_export_another_tflite(run, finished, tfkd, quantize):
    """An export that takes the place of the one before."""
    before = (run / "student.tflite").read_bytes()
    code, printed, _ = tfkd("export", run, "--quantize", quantize)
    assert code == 0
    assert f"student-{quantize}.tflite" in printed
    assert "agreement 100.00%" in printed
    assert (run / "student.tflite").read_bytes() == before
    code, printed, _ = tfkd("predict", run / f"student-{quantize}.tflite", "a good film")
    assert code == 0
    assert not (run / "work").exists()


def test_export_after_the_data_and_the_folder_moved(copy, tfkd, tmp_path, monkeypatch):
    """'there is no file reviews.csv', from any folder but that in which the run was made."""
    config = (copy / "config.toml").read_text()
    assert '"sample:' in config
    (copy / "config.toml").write_text(re.sub(r'"sample:\d+"', '"reviews.csv"', config))
    elsewhere = tmp_path / "elsewhere"
    copy.rename(elsewhere)
    monkeypatch.chdir(elsewhere)
    quantize = ("--quantize", "full-int8") if find_spec("ai_edge_quantizer") else ()
    code, printed, _ = tfkd("export", ".", "--to", "again.tflite", *quantize)
    assert code == 0
    assert " kB, " in printed
    kept = json.loads(Path("kept.json").read_text())["examples"]
    assert f"verified on {len(kept['validation'])} texts" in printed
    assert 0 < len(kept["train"]) <= 100
    Path("kept.json").unlink()
    assert "reviews.csv" in tfkd("export", ".", "--to", "third.tflite")[2]


def test_bench_takes_the_folders_of_runs(run, finished, tfkd, monkeypatch):
    """'no file RUN', where `predict` takes it."""
    monkeypatch.setattr(bench, "STARTS", 1)
    monkeypatch.setattr(bench, "REPEATS", 1)
    code, printed, _ = tfkd("bench", run, finished)
    assert code == 0
    assert f"| {run.name}/student.tflite |" in printed
    assert f"| {finished.name}/student.tflite |" in printed


def test_export_for_mediapipe(run, tfkd):
    """A file for phones in the place of the run's own, or one that only phones can read."""
    before = (run / "student.tflite").read_bytes()
    code, printed, _ = tfkd("export", run, "--client", "mediapipe")
    assert code == 0
    assert "student-mediapipe.tflite" in printed
    assert (run / "student.tflite").read_bytes() == before
    code, printed, _ = tfkd("predict", run / "student-mediapipe.tflite", "a good film")
    assert code == 0
    assert printed.split()[0] in ("negative", "positive")


def test_export_to_keras_and_saved_model(run, tfkd, tmp_path):
    """A format that the help promises and nobody tried."""
    import keras
    import tensorflow as tf

    ids = np.array([[2, 7, 8, 3]], "int32")
    expected = keras.models.load_model(run / "student.keras", compile=False)(ids)
    code, _, _ = tfkd("export", run, "--to", "small.keras")
    assert code == 0
    again = keras.models.load_model("small.keras", compile=False)
    np.testing.assert_allclose(again(ids), expected, atol=1e-6)
    code, printed, _ = tfkd("export", run, "--to", "small")
    assert code == 0
    assert "verified on 25 texts" in printed
    served = tf.saved_model.load(str(tmp_path / "small")).signatures
    name = "serve" if "serve" in served else "serving_default"
    (logits,) = served[name](tf.constant(ids)).values()
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_export_refuses_what_it_cannot_write(run, refused, tmp_path):
    """Somebody's folder replaced by a model."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("mine")
    assert "holds other files" in refused("export", run, "--to", "mine")
    assert "is a file" in refused("export", run, "--to", "file")
    assert "cannot write" in refused("export", run, "--to", "file/small.tflite")
    assert "needs a LiteRT file" in refused("export", run, "--to", "a.keras", "--quantize", "int8")
    assert "ends in '.h5'" in refused("export", run, "--to", "small.h5")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "file").read_text() == "mine"


def test_no_finished_run(refused, copy, tmp_path):
    """`--again` on a run that was interrupted, which would train for hours."""
    assert "no run's folder" in refused("export", "nowhere")
    assert "no run's folder" in refused("compare", "nowhere", "--again")
    assert "no report.json" in refused("compare", "nowhere")
    for name in ("student.tflite", "student.keras"):
        (copy / name).unlink()
        assert f"has no {name} yet" in refused("compare", copy, "--again")
    assert "has no student.keras yet" in refused("export", copy)
    assert not (copy / "work").exists()


def test_a_file_that_differs_is_written_milder(copy, settings, tfkd, monkeypatch):
    """Hours of training that end without a report, for one answer too many in int8."""
    for name in ("student.tflite", "report.json", "report.md"):
        (copy / name).unlink()
    monkeypatch.setitem(KINDS, "int8", replace(KINDS["int8"], agreement=2.0))
    monkeypatch.setattr(gate, "ENOUGH", 1)
    code, printed, said = tfkd("distill", *settings, "--to", copy)
    assert code == 0
    assert "the int8 file does not compute" in printed + said
    rows = json.loads((copy / "report.json").read_text())["rows"]
    assert rows[-1]["name"] == "exported (float16)"
    assert Classifier(copy / "student.tflite").quantize == "float16"
