"""`tfkd teach --tune`, and stages that tune: what is trained, said, resumed and refused."""

import json

import keras
import numpy as np
import pytest
import tomli_w

pytest.importorskip("keras_hub")
from tiny_bert import checkpoint

from tfkd import UserError, load_teacher
from tfkd.models.layers import walk
from tfkd.running import fitting
from tfkd.running.config import make_config
from tfkd.running.stages import read_stages

SHORT = ("--max-length", "24", "--epochs", "1")


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("start") / "bert", classes=2)


def weights_of(file):
    """Return all weights of a saved model by the path of their layer."""
    model = keras.models.load_model(file, compile=False)
    return {
        f"{path}/{weight.name}": weight.numpy()
        for path, layer in walk(model)
        if not list(walk(layer))
        for weight in layer.weights
    }


@pytest.mark.slow
def test_a_teacher_with_lora(bert, tfkd, tmp_path):
    """What it says, and a folder like that of every other teacher."""
    command = ("teach", "sample:60", "--teacher", f"hf:{bert}", *SHORT)
    code, printed, errors = tfkd(*command, "--tune", "lora:2", "--to", "out")
    assert code == 0, errors
    head = 33 * 32 + 33 * 2
    trained = head + 4 * (32 * 4 * 2 + 2 * 8)
    assert f"lora:2: trains {trained:,} of " in printed + errors
    assert "with a learning rate of 0.0005" in printed + errors
    facts = json.loads((tmp_path / "out" / "score.json").read_text())["training"]
    assert (facts["tune"], facts["trained"]) == ("lora:2", trained)
    assert facts["weights"] > 10 * trained / 2
    assert facts["minutes"] >= 0
    assert facts["peak_memory_mb"] > 100
    names = weights_of("out/model.keras")
    assert not [name for name in names if "lora" in name]
    assert load_teacher("keras:out").logits(["a film"]).shape == (1, 2)


@pytest.mark.slow
def test_an_interrupted_tuning_goes_on(bert, tfkd, monkeypatch):
    """Matrices drawn anew, or an adapter that the backup does not know."""
    for way in ("lora:2", "adapter:4"):
        given = ("--teacher", f"hf:{bert}", "--max-length", "24", "--epochs", "2", "--tune", way)
        command = ("teach", "sample:60", *given, "--to")
        assert tfkd(*command, f"whole-{way[0]}")[0] == 0
        with monkeypatch.context() as patch:
            patch.setattr(fitting, "_history_callback", interrupting(fitting._history_callback))
            assert tfkd(*command, f"again-{way[0]}")[0] == 130
        assert tfkd(*command, f"again-{way[0]}")[0] == 0
        one, other = (weights_of(f"{run}-{way[0]}/model.keras") for run in ("whole", "again"))
        assert len(one) == len(other)
        for (name, value), again in zip(one.items(), other.values(), strict=True):
            np.testing.assert_allclose(value, again, rtol=0, atol=1e-6, err_msg=name)


def interrupting(make):
    """Make a history that stops the training in its second epoch."""

    def made(log, epochs):
        callback = make(log, epochs)

        class Stop(type(callback)):
            def on_train_batch_end(self, batch, logs=None):
                if len(fitting.read_history(log.folder)) == 1:
                    raise KeyboardInterrupt

        callback.__class__ = Stop
        return callback

    return made


@pytest.mark.slow
def test_a_stage_with_lora(tfkd, short_settings, tmp_path):
    """A student whose second stage trains few weights, in a file like any other's."""
    stages = [
        {"name": "first", "epochs": 1},
        {"name": "second", "epochs": 1, "tune": "lora:2,target=logits+inner"},
    ]
    data = {"data": {"source": "sample:60"}, "training": {"stage": stages}}
    (tmp_path / "run.toml").write_text(tomli_w.dumps(data))
    student = ("--student", "transformer:tiny", "--vocab-size", "300", "--max-length", "24")
    teacher = short_settings[short_settings.index("--teacher") :]
    said = tfkd("distill", tmp_path / "run.toml", *student, *teacher, "--to", "bad")[2]
    assert "no layer 'logits' below its head" in said
    stages[1]["tune"] = "lora:2,target=inner+token_embedding"
    (tmp_path / "run.toml").write_text(tomli_w.dumps(data))
    code, _, errors = tfkd("distill", tmp_path / "run.toml", *student, *teacher, "--to", "out")
    assert code == 0, errors
    names = weights_of("out/student.keras")
    assert names
    assert not [name for name in names if "lora" in name]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--tune", "lora:9"), "write a rank up to 8"),
        (("--tune", "top:99"), "has 2 blocks: write top:2 at most"),
        (("--tune", "most"), "tune is 'most': write all, head"),
        (("--tune", "bitfit", "--freeze", "embeddings"), "so leave one of them out"),
        (("--layer-decay", "0"), "write a number above 0 and up to 1"),
    ],
)
def test_teachers_that_cannot_be(given, words, bert, refused, tmp_path):
    """Refused before a folder is made."""
    command = ("teach", "sample:60", "--teacher", f"hf:{bert}", *SHORT)
    assert words in refused(*command, *given, "--to", "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", [("--tune", "head"), ("--layer-decay", "0.9")])
def test_a_teacher_from_scratch(given, refused, tmp_path):
    """Random weights that are kept."""
    said = refused("teach", "sample:60", "--teacher", "train:transformer:tiny", *given, "--to", "o")
    assert "starts from random weights: leave it out, or fine-tune an encoder" in said
    assert not (tmp_path / "o").exists()


def test_a_teacher_of_a_run_is_tuned(bert, refused):
    """The setting of a teacher that is not trained, and one that cannot be."""
    command = ("distill", "sample:60", *SHORT, "--to", "out", "--teacher")
    said = refused(*command, f"hf:{bert}", "--teacher-tune", "head")
    assert "is not fine-tuned here: leave it out, or write --teacher train:hf:FOLDER" in said
    said = refused(*command, f"train:hf:{bert}", "--teacher-tune", "top:3")
    assert "has 2 blocks" in said


def test_a_smaller_student_is_not_tuned():
    """Zeros that LoRA fills, or a compression's training that leaves what it broke."""
    smaller = {"compress": "sparse:0.5"}
    for stages in (
        [{**smaller, "tune": "lora:2"}],
        [{}, smaller, {"layer_decay": 0.9}],
    ):
        config = make_config({"data": "sample", "student": "text_cnn:tiny", "stage": stages})
        with pytest.raises(UserError, match="is healed by all its weights"):
            read_stages(config)
    config = make_config({"data": "sample", "student": "text_cnn:tiny", "tune": "bitfit"})
    stages = read_stages(config.replaced(compress=["sparse:0.5"]))
    assert [stage.tune for stage in stages] == ["bitfit", ""]
