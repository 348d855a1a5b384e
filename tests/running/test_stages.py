"""Stages with frozen layers: which weights move in which stage, and names before any work."""

import json

import keras
import numpy as np
import pytest
import tomli_w
from tiny_bert import checkpoint

from tfkd.models.layers import walk
from tfkd.running import fitting

FROZEN = {"name": "head", "epochs": 1, "frozen": ["embeddings", "conv_"]}
EVERYTHING = {"name": "all", "epochs": 2}


@pytest.fixture
def moves(monkeypatch):
    """The layers whose weights moved in each training, by its title."""
    real, found = fitting.train_distiller, {}

    def watch(distiller, *arguments, **options):
        layers = dict(walk(distiller.student))
        before = {path: layer.get_weights() for path, layer in layers.items()}
        real(distiller, *arguments, **options)
        found[options["log"].title] = {
            path
            for path, layer in layers.items()
            for a, b in zip(before[path], layer.get_weights(), strict=True)
            # Seeds of dropouts move too.
            if a.dtype == "float32" and (a != b).any()
        }

    monkeypatch.setattr(fitting, "train_distiller", watch)
    return found


def settings(path, **training):
    path.write_text(tomli_w.dumps({"data": {"source": "sample:60"}, "training": training}))
    return path


def flags(file):
    model = keras.models.load_model(file, compile=False)
    return {path: layer.trainable for path, layer in walk(model)}


def same(one, other):
    models = (keras.models.load_model(each, compile=False) for each in (one, other))
    for a, b in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_frozen_stage_and_the_next_one(tfkd, short_settings, moves, tmp_path):
    """Layers that stay frozen for good, in the saved student too."""
    toml = settings(tmp_path / "run.toml", stage=[FROZEN, EVERYTHING])
    assert tfkd("distill", toml, *short_settings[1:], "--to", "out")[0] == 0
    everything = {"token_embedding", "conv_2", "conv_3", "conv_4", "logits"}
    assert moves == {"stage-1-head": {"logits"}, "stage-2-all": everything}
    assert all(flags("out/student.keras").values())


@pytest.mark.slow
def test_an_interrupted_frozen_stage_goes_on(tfkd, short_settings, tmp_path, monkeypatch):
    """A stage that goes on with the layers of another one frozen."""
    stages = [{**FROZEN, "epochs": 3}, {**EVERYTHING, "frozen": ["conv_"]}]
    toml = settings(tmp_path / "run.toml", stage=stages, batch_size=20)
    command = ("distill", toml, *short_settings[1:])
    assert tfkd(*command, "--to", "whole")[0] == 0
    for title in ("stage-1-head", "stage-2-all"):
        with monkeypatch.context() as patch:
            patch.setattr(fitting, "_history_callback", interrupting(title, after=2))
            assert tfkd(*command, "--to", "out")[0] == 130
    assert tfkd(*command, "--to", "out")[0] == 0
    same("whole/student.keras", "out/student.keras")
    lines = (tmp_path / "out" / "stage-1-head" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def interrupting(title, after):
    """The callback of the history, which raises in one training after so many epochs."""
    real = fitting._history_callback

    def make(log, *arguments):
        callback = real(log, *arguments)
        if log.title == title:

            def stop(epoch, logs=None):
                if epoch + 1 == after:
                    raise KeyboardInterrupt
                return type(callback).on_epoch_end(callback, epoch, logs)

            callback.on_epoch_end = stop
        return callback

    return make


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("bert"), classes=2)


@pytest.mark.slow
def test_a_student_of_the_teachers_layers(bert, tfkd, moves, tmp_path):
    """Names of a library that nobody knows, and embeddings that are trained all the same."""
    stages = [{**FROZEN, "frozen": ["embeddings", "block_0"]}, {**EVERYTHING, "epochs": 1}]
    toml = settings(tmp_path / "run.toml", stage=stages)
    given = ("--teacher", f"hf:{bert}", "--student", "shrink:2", "--max-length", "24", "--no-alone")
    assert tfkd("distill", toml, *given, "--quantize", "float32", "--to", "out")[0] == 0
    first, second = moves["stage-1-head"], moves["stage-2-all"]
    assert not [path for path in first if "embedding" in path or "layer_0/" in path]
    assert [path for path in first if "layer_1/" in path]
    assert [path for path in second if "token_embedding" in path]
    assert [path for path in second if "layer_0/" in path]
    assert first < second
    assert all(flags("out/student.keras").values())


@pytest.mark.slow
def test_frozen_in_every_stage(tfkd, short_settings, moves):
    """A flag that reaches the student and not the one that it is compared with."""
    given = [each for each in short_settings if each != "--no-alone"]
    assert tfkd("distill", *given, "--freeze", "embeddings, conv_2", "--to", "out")[0] == 0
    assert moves["distilled"] == moves["alone"] == {"conv_3", "conv_4", "logits"}
    assert all(flags("out/student.keras").values())


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ({"frozen": ["token_embeding"]}, "did you mean token_embedding?"),
        ({"frozen": ["block_7"]}, "has no layer 'block_7' to freeze"),
        ({"frozen": "conv_"}, "write a list of names"),
        ({"frozen": ["token_embedding", "conv_", "logits"]}, "leaves nothing to train"),
        ({"epochs": "two"}, "stage 2: epochs is 'two': expected a whole number"),
        ({"learning_rate": -1}, "stage 2: learning_rate is -1.0: write 0 or more"),
    ],
)
def test_told_before_anything_is_read(stage, words, refused, short_settings, tmp_path, monkeypatch):
    """A typing error in the second stage, found behind the teacher and the first one."""
    monkeypatch.setattr("tfkd.running.context.open_run_data", None)
    toml = settings(tmp_path / "run.toml", stage=[FROZEN, stage])
    assert words in refused("distill", toml, *short_settings[1:], "--to", "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["block_9", "conv_2"])
def test_told_before_a_shrunk_student_is_trained(name, bert, refused, tmp_path):
    """Layers of another student, found behind an hour of the teacher."""
    given = ("--teacher", f"hf:{bert}", "--student", "shrink:2", "--max-length", "24")
    said = refused("distill", "sample:60", *given, "--freeze", name, "--to", "out")
    assert f"has no layer '{name}' to freeze" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_patience_is_for_stages_that_learn_answers(bert, tfkd, tmp_path):
    """A stage of hidden layers that ends by the score of a last layer which it does not train."""
    hidden = [{"loss": "Hint"}]
    stages = [{"name": "inside", "epochs": 3, "objective": hidden}, {"name": "all", "epochs": 9}]
    toml = settings(tmp_path / "run.toml", stage=stages, patience=1)
    given = ("--teacher", f"hf:{bert}", "--student", "shrink:1", "--max-length", "24", "--no-alone")
    assert tfkd("distill", toml, *given, "--quantize", "float32", "--to", "out")[0] == 0
    done = [
        len((tmp_path / "out" / name / "history.jsonl").read_text().splitlines())
        for name in ("stage-1-inside", "stage-2-all")
    ]
    assert done[0] == 3
    assert done[1] < 9
