"""`tfkd teach`: a teacher on disk, distilled with `--teacher keras:FOLDER`."""

import json
import shutil

import pytest


@pytest.fixture
def teacher(taught, tmp_path):
    return shutil.copytree(taught, tmp_path / "teacher")


TEACH = ("teach", "sample:200", "--teacher", "train:bag_of_ngrams:tiny", "--epochs", "1")
LEARNT = ("--vocab-size", "300", "--max-length", "32")


def test_it_leaves_a_teacher(taught):
    """A teacher without the tokenizer that it was trained with."""
    names = ("model.keras", "tokenizer.json", "vocab.txt", "labels.txt", "score.json")
    assert [name for name in names if not (taught / name).is_file()] == []
    assert (taught / "labels.txt").read_text() == "negative\npositive\n"
    assert 0 <= json.loads((taught / "score.json").read_text())["accuracy"] <= 1
    assert not (taught / "work").exists()


def test_a_student_learns_from_it(taught, short_settings, tfkd, tmp_path):
    """A teacher that `distill` cannot read."""
    code, _, _ = tfkd("distill", *short_settings, "--to", "out")
    assert code == 0
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["teacher", "distilled", "exported (float32)"]
    stored = json.loads((taught / "score.json").read_text())
    assert rows[0]["scores"] == pytest.approx(stored, abs=1e-6)


def test_the_same_command_again_trains_nothing(teacher, tfkd, contents, monkeypatch):
    """A second Return key that fine-tunes for another night."""
    before = contents(teacher)
    monkeypatch.setattr("tfkd.running.teacher_run._encode", None)
    code, printed, _ = tfkd(*TEACH, *LEARNT, "--to", teacher)
    assert code == 0
    assert "is complete" in printed
    assert contents(teacher) == before


def test_interrupted_it_goes_on(taught, tfkd, monkeypatch, tmp_path):
    """A vocabulary learnt anew for old tokens, or hours of training lost while it is scored."""
    import keras
    import numpy as np

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    for name in ("_encode", "_train", "_report_score"):
        with monkeypatch.context() as patch:
            patch.setattr(f"tfkd.running.teacher_run.{name}", stop)
            code, _, _ = tfkd(*TEACH, *LEARNT, "--to", "again")
            assert code == 130
    # What was saved is only scored.
    monkeypatch.setattr("tfkd.running.teacher_run._train", stop)
    code, _, _ = tfkd(*TEACH, *LEARNT, "--to", "again")
    assert code == 0
    scores = [(each / "score.json").read_text() for each in (taught, tmp_path / "again")]
    assert scores[0] == scores[1]
    one, other = (
        keras.models.load_model(each / "model.keras", compile=False).get_weights()
        for each in (taught, tmp_path / "again")
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


def test_what_a_training_took_outlives_an_interruption(teacher, tfkd):
    """Minutes and weights that are gone, since the model was saved and not yet scored."""
    (teacher / "training.json").write_text('{"minutes": 3}')
    scores = json.loads((teacher / "score.json").read_text())
    (teacher / "score.json").unlink()
    assert tfkd(*TEACH, *LEARNT, "--to", teacher)[0] == 0
    assert json.loads((teacher / "score.json").read_text()) == {
        **scores,
        "training": {"minutes": 3},
    }
    assert not (teacher / "training.json").exists()


def test_the_settings_of_the_training_count(tfkd, monkeypatch):
    """A learning rate that is given and has no effect."""
    seen = []
    monkeypatch.setattr(
        "tfkd.running.fitting.train_distiller",
        lambda distiller, feed, plan, **rest: seen.append((feed, plan)) or 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        tfkd(*TEACH, *LEARNT, "--learning-rate", "0.5", "--batch-size", "20", "--to", "out")
    feed, plan = seen[0]
    assert (feed.batch_size, plan.learning_rate, plan.epochs) == (20, 0.5, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--teacher", "keras:somewhere"), "teach takes train"),
        (("--teacher", "train:bert"), "unknown teacher"),
        (("--teacher", "hf:nowhere"), "no Hugging Face model folder"),
        (("--teacher", "train:transformer:tiny", "--max-length", "600"), "reads at most 512"),
        (("--tokenizer", "nothing.txt"), "no tokenizer at nothing.txt"),
    ],
)
def test_wrong_settings_claim_no_folder(refused, arguments, words, tmp_path):
    """A typing mistake that takes the folder's name."""
    assert words in refused("teach", "sample:200", "--to", "out", *arguments)
    assert not (tmp_path / "out").exists()


def test_another_run_is_not_overwritten(teacher, refused, contents):
    """A teacher lost to a second one."""
    before = contents(teacher)
    said = refused(*TEACH, *LEARNT, "--to", teacher, "--seed", "1")
    assert "holds another run, with seed = 0" in said
    assert contents(teacher) == before


def test_frozen_layers_stay_as_they_began(tfkd, monkeypatch):
    """A flag that is read and forgotten, or that the saved teacher keeps."""
    import keras
    import numpy as np

    from tfkd.running import fitting

    real, moved = fitting.train_distiller, set()

    def watch(distiller, *arguments, **options):
        layers = [layer for layer in distiller.student.layers if layer.weights]
        before = [layer.get_weights() for layer in layers]
        real(distiller, *arguments, **options)
        for layer, weights in zip(layers, before, strict=True):
            if not all(map(np.array_equal, weights, layer.get_weights())):
                moved.add(layer.name)

    monkeypatch.setattr(fitting, "train_distiller", watch)
    assert tfkd(*TEACH, *LEARNT, "--freeze", "token_embedding", "--to", "out")[0] == 0
    assert moved == {"bigram_embedding", "logits"}
    model = keras.models.load_model("out/model.keras", compile=False)
    assert all(layer.trainable for layer in model._flatten_layers())


def test_a_fine_tuned_encoder_may_keep_its_lower_layers(tfkd, tmp_path, monkeypatch):
    """Names of a library that nobody knows, or layers that are trained all the same."""
    from tiny_bert import checkpoint

    from tfkd.models.layers import walk
    from tfkd.running import fitting

    real, moved = fitting.train_distiller, set()

    def watch(distiller, *arguments, **options):
        layers = dict(walk(distiller.student))
        before = {path: layer.get_weights() for path, layer in layers.items()}
        real(distiller, *arguments, **options)
        for path, weights in before.items():
            after = layers[path].get_weights()
            if any((a != b).any() for a, b in zip(weights, after, strict=True) if a.ndim):
                moved.add(path.partition("/")[2] or path)

    monkeypatch.setattr(fitting, "train_distiller", watch)
    bert = checkpoint(tmp_path / "bert", classes=2)
    given = ("--teacher", f"hf:{bert}", "--max-length", "24", "--freeze", "embeddings,block_0")
    assert tfkd("teach", "sample:60", *given, "--epochs", "1", "--to", "out")[0] == 0
    assert "logits" in moved
    assert any(path.startswith("transformer_layer_1") for path in moved)
    assert not [path for path in moved if "embedding" in path or "layer_0" in path]


@pytest.mark.parametrize(
    ("teacher", "words"),
    [
        ("train:text_cnn:tiny", "has no layer 'bigram' to freeze"),
        ("train", "has no layer 'token_embeding' to freeze (did you mean token_embedding"),
    ],
)
def test_layers_that_no_teacher_has(teacher, words, refused, tmp_path):
    """A typing error that trains what was to be kept."""
    name = "token_embeding" if teacher == "train" else "bigram"
    command = ("teach", "sample:60", "--teacher", teacher, *LEARNT, "--max-length", "32")
    assert words in refused(*command, "--freeze", name, "--to", "out")
    assert not (tmp_path / "out").exists()
