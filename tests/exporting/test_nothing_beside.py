"""An export writes its target and nothing else: whatever lies next to it belongs to somebody."""

import zipfile

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import tfkd
from tfkd import UserError, students
from tfkd.exporting import export
from tfkd.text import learn

ONE = ["a good film", "a bad film", "far from dull"] * 10
TWO = ["a dull plot", "the plot was fine", "good cast, dull film"] * 10
OWN = (
    "labels.txt",
    "vocab.txt",
    "tokenizer.json",
    "preprocessing.json",
    "tfkd.json",
    "config.json",
)


@pytest.fixture(scope="module")
def pair():
    """Two students with vocabularies of their own."""
    encoders = learn(ONE, vocab_size=40, max_length=16), learn(TWO, vocab_size=36, max_length=12)
    models = [
        students.build("text_cnn", encoder.vocab_size, 2, "tiny", seed=i)
        for i, encoder in enumerate(encoders)
    ]
    return tuple(zip(models, encoders, strict=True))


def need_onnx(name):
    if name.endswith(".onnx"):
        pytest.importorskip("tf2onnx", reason="needs tf2onnx, in the extra onnx")
        pytest.importorskip("onnxruntime", reason="needs onnxruntime, in the extra onnx")


@pytest.mark.slow_but_one
@pytest.mark.parametrize("name", ["a.tflite", "a.keras", "a.onnx", "a", "phone.tflite"])
def test_files_of_somebody_stay(name, pair, tmp_path):
    """A user's own `labels.txt` was replaced without a word."""
    need_onnx(name)
    for each in OWN:
        (tmp_path / each).write_text(f"my own {each}")
    student, encoder = pair[0]
    client = "mediapipe" if name.startswith("phone") else None
    for _ in range(2):
        export(student, tmp_path / name, encoder=encoder, labels=["bad", "good"], client=client)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([*OWN, name])
    assert all((tmp_path / each).read_text() == f"my own {each}" for each in OWN)


def test_two_keras_files_of_one_folder_keep_their_own_tokenizers(pair, tmp_path):
    """The second export gave the first model other ids and other class names."""
    (one, first), (two, second) = pair
    export(one, tmp_path / "a.keras", encoder=first, labels=["bad", "good"], check=ONE)
    before = tfkd.load_teacher(f"keras:{tmp_path / 'a.keras'}")
    logits = before.logits(ONE)
    export(two, tmp_path / "b.keras", encoder=second, labels=["no", "yes"], check=TWO)
    (tmp_path / "labels.txt").write_text("x\ny\n")
    again = tfkd.load_teacher(f"keras:{tmp_path / 'a.keras'}")
    other = tfkd.load_teacher(f"keras:{tmp_path / 'b.keras'}", max_length=8)
    assert (again.labels, again.encoder.max_length) == (("bad", "good"), 16)
    assert (other.labels, other.encoder.max_length) == (("no", "yes"), 8)
    np.testing.assert_allclose(again.logits(ONE), logits)
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        assert archive.testzip() is None
    plain = keras.models.load_model(tmp_path / "a.keras", compile=False)
    assert plain.count_params() == one.count_params()


def test_the_digest_of_a_teacher_is_that_of_its_file(pair, tmp_path):
    """A stranger's labels.txt made another teacher of it, whose outputs were computed again."""
    from tfkd.teachers.file_digest import digest_spec

    student, encoder = pair[0]
    path = tmp_path / "a.keras"
    export(student, path, encoder=encoder, labels=["bad", "good"])
    before = digest_spec(f"keras:{path}")
    (tmp_path / "labels.txt").write_text("x\ny\n")
    assert digest_spec(f"keras:{path}") == before
    export(student, path, encoder=encoder, labels=["no", "yes"])
    assert digest_spec(f"keras:{path}") != before


@pytest.mark.parametrize("name", ["notes.txt", "labels.txt", "eval/report.md"])
def test_a_saved_model_with_other_files_is_not_replaced(name, pair, tmp_path):
    """Replacing the folder deleted what the user had put into it, or edited."""
    student, encoder = pair[0]
    target = tmp_path / "served"
    export(student, target, encoder=encoder, labels=["bad", "good"])
    (target / name).parent.mkdir(exist_ok=True)
    (target / name).write_text("mine")
    with pytest.raises(UserError, match=f"holds other files too .{name.split('/')[0]}"):
        export(student, target, encoder=encoder, labels=["bad", "good"])
    assert (target / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["a.tflite", "a.keras", "a.onnx"])
def test_class_names_without_an_encoder_stay_in_the_file(name, tmp_path):
    """They were dropped without a word."""
    need_onnx(name)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    path = tmp_path / name
    export(model, path, labels=["cat", "dog", "owl"])
    if name.endswith(".onnx"):
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path))
        inside = session.get_modelmeta().custom_metadata_map
        assert session.get_inputs()[0].shape == ["batch", 6]
    else:
        inside = tfkd.runtime.zip_tail.unpack(path)
    assert inside == {"labels.txt": "cat\ndog\nowl\n"}
