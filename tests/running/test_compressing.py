"""Compressions in a run: applied, healed, resumed, and refused before anything is done."""

import json
from pathlib import Path

import compression_toys
import keras
import numpy as np
import pytest
import tomli_w
from toys import data, linear, mlp

import tfkd as library
from tfkd import Distiller, UserError
from tfkd.compression import KINDS
from tfkd.models.zeros import share_of_zeros
from tfkd.reporting.report import load as load_report
from tfkd.running import fitting


@pytest.fixture(autouse=True, scope="module")
def _toys():
    """Two compressions of the tests among the real ones."""
    with pytest.MonkeyPatch.context() as patch:
        for name, place in compression_toys.KINDS.items():
            patch.setitem(KINDS, name, place)
        yield


def load(path):
    return keras.models.load_model(path, compile=False)


@pytest.fixture
def interrupt(monkeypatch):
    """Let a training end by Ctrl-C after its first epoch."""
    real = fitting._history_callback

    def make(title):
        def history(log, *arguments):
            callback = real(log, *arguments)
            if log.title == title:

                def stop(epoch, logs=None):
                    raise KeyboardInterrupt

                callback.on_epoch_begin = stop
            return callback

        patch = pytest.MonkeyPatch()
        patch.setattr(fitting, "_history_callback", history)
        return patch

    return make


@pytest.mark.slow
def test_a_run_and_the_same_one_interrupted(tfkd, short_settings, interrupt):
    """Another structure, or other bytes, where the run goes on; zeros lost while others heal."""
    command = ("distill", *short_settings, "--compress", "thin:", "--compress", "narrow:2")
    code, said, _ = tfkd(*command, "--to", "whole")
    assert code == 0
    assert "smaller   narrow:2 2 of 2, healed by 1 epoch of them" in said
    patch = interrupt("stage-3-narrow-2-1-of-2")
    assert tfkd(*command, "--to", "out")[0] == 130
    patch.undo()
    folder = Path("out", "stage-3-narrow-2-1-of-2")
    assert (folder / "compressed.keras").is_file()
    # As after a kill between the two files.
    (folder / "compressed.json").unlink()
    assert tfkd(*command, "--to", "out")[0] == 0
    whole, out = (load(Path(run, "student.keras")) for run in ("whole", "out"))
    assert [whole.get_layer(f"conv_{n}").filters for n in (2, 3, 4)] == [8, 8, 8]
    for a, b in zip(whole.get_weights(), out.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.mean(whole.get_layer("token_embedding").embeddings == 0) >= 0.5
    assert not [*Path("out").rglob("compressed.keras"), *Path("out").rglob("weights.npz")]
    sizes = json.loads((folder / "compressed.json").read_text())
    assert sizes["cut"]["parameters"] == sizes["healed"]["parameters"]
    assert set(sizes) == {"cut", "healed"}
    first = json.loads(Path("out", "stage-2-thin-", "compressed.json").read_text())
    assert first["before"]["parameters"] > sizes["cut"]["parameters"]
    assert 0 <= first["before"]["score"] <= 1
    assert first["before"]["zeros"] < first["healed"]["zeros"] <= 1


def test_a_compression_is_a_stage_in_toml(tfkd, short_settings):
    """A stage of its own, of epochs of its own, for both students."""
    stages = [{"epochs": 2}, {"compress": "narrow:1", "epochs": 1}, {"name": "end", "epochs": 1}]
    tables = {"data": {"source": "sample:60"}, "training": {"stage": stages}}
    Path("run.toml").write_text(tomli_w.dumps(tables))
    given = [each for each in short_settings[1:] if each != "--no-alone"]
    assert tfkd("distill", "run.toml", *given, "--to", "out")[0] == 0
    epochs = {
        file.parent.name: len(file.read_text().splitlines())
        for file in Path("out").glob("*/history.jsonl")
    }
    steps = load_report(Path("out")).steps
    assert [step.name for step in steps.steps] == ["as trained", "narrow:1", "narrow:1, healed"]
    before, cut, healed = steps.steps
    assert before.parameters > cut.parameters == healed.parameters
    assert set(healed.scores) == {"distilled", "alone"}
    assert f"| narrow:1 | {cut.scores['distilled']:.2%}".replace("%", " %") in steps.table()
    assert steps.table() in Path("out/report.md").read_text()
    distilled = {"stage-1-1": 2, "stage-2-narrow-1": 1, "stage-3-end": 1}
    assert epochs == {**distilled, "alone": 2, "alone-2-narrow-1": 2}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--compress", "narow:1"], "did you mean narrow?"),
        (["--compress", "narrow:1", "--student", "bag_of_ngrams:tiny"], "has none: leave it out"),
        (["--compress", "thin:last"], "write --quantize int4"),
        (["--compress", "thin:last", "--compress", "narrow:1"], "after it would undo it"),
        (["--compress-epochs", "2"], "nothing is compressed"),
        (["--compress", "narrow:1", "--compress-epochs", "-1"], "write 0 or more"),
    ],
)
def test_told_before_anything_is_read(given, words, refused, short_settings, monkeypatch):
    """A spec that is refused after an hour of the teacher and another of the student."""
    monkeypatch.setattr("tfkd.running.context.open_run_data", None)
    assert words in refused("distill", *short_settings, *given, "--to", "out")
    assert not Path("out").exists()


def test_assistants_stay_whole():
    """An assistant that is narrowed too."""
    from tfkd.running.chain import plan_assistants
    from tfkd.running.config import make_config

    config = make_config({"data": "sample", "student": "text_cnn", "assistant": "text_cnn:base"})
    config = config.replaced(compress="narrow:1", stage=[{"epochs": 1}, {"compress": "thin:"}])
    (assistant,) = plan_assistants(config, Path("out"))
    assert config.student.compress == ["narrow:1"]
    assert assistant.student.compress == []
    assert assistant.training.stage == [{"epochs": 1}]


def test_compress_in_python(monkeypatch):
    """Gradients of the distiller's own loss, for a model in the student's place."""
    seen = {}

    class Look(compression_toys.Thin):
        def apply(self, model, evidence):
            seen["inputs"] = [np.asarray(x).shape for x in evidence.inputs()]
            seen["gradients"] = evidence.gradients and list(evidence.gradients(model))
            return model

    monkeypatch.setattr(compression_toys, "Thin", Look)
    x, y = data(80)
    distiller = Distiller(student=mlp(dropout=0.5), teacher=linear())
    assert library.compress(distiller, "thin:", data=(x, y), batches=2) is distiller.student
    assert seen["inputs"] == [(32, 5), (32, 5)]
    distiller.compile("sgd")
    library.compress(distiller.student, "thin:", data=[x[:4], x[4:8], x[8:12]], batches=2)
    assert seen["inputs"] == [(4, 5), (4, 5)]
    assert seen["gradients"] is None


def test_refused_in_python():
    """A model of another library, which no compression can read."""
    with pytest.raises(UserError, match="only a Keras 3 model can be compressed"):
        library.compress(object(), "thin:")
    assert share_of_zeros(mlp()) > 0
