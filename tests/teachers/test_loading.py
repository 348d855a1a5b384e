"""Teachers by name: what is loaded is what was saved, or a sentence says what is missing."""

import json
import shutil

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from tiny_bert import PIECES, checkpoint, texts

from tfkd import load_teacher
from tfkd.errors import UserError
from tfkd.models.saving import save_keras
from tfkd.models.text_model import TextModel
from tfkd.students import build
from tfkd.teachers import digest_spec, save
from tfkd.text import learn

LABELS = ("schlecht", "größer", "mixed: both")
IDS = np.array([[2, 9, 7, 3], [2, 8, 3, 0]], "int32")


@pytest.fixture(scope="module")
def encoder():
    return learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=20)


@pytest.fixture(scope="module")
def model(encoder):
    made = build("text_cnn", encoder.vocab_size, 3, "tiny", seed=0)
    return TextModel(made, encoder, LABELS)


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "teacher"
    save(model, folder)
    return folder


@pytest.fixture
def saved(whole, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(whole, tmp_path / "teacher")


def test_what_was_saved_is_loaded(model, encoder, saved):
    """Model, tokenizer, length and names: one lost, and the teacher is another."""
    for spec in (f"keras:{saved}", f"keras:{saved / 'model.keras'}"):
        found = load_teacher(spec)
        np.testing.assert_array_equal(found(IDS), model(IDS))
        assert found.labels == LABELS
        assert found.encoder.max_length == 20
        assert found.encoder.encode("A good film") == encoder.encode("A good film")
    assert load_teacher(f"keras:{saved}", max_length=7).encoder.max_length == 7


def test_a_model_with_its_classes_in_another_order(model, tmp_path):
    """The names are written in the order of the model that is written."""
    turned = model.reordered([2, 0, 1])
    save(turned, tmp_path / "turned")
    found = load_teacher(f"keras:{tmp_path / 'turned'}")
    at = [found.labels.index(name) for name in turned.labels]
    np.testing.assert_array_equal(found(IDS)[:, at], turned(IDS))


def test_saving_again_over_what_is_there(model, saved):
    save(model, saved)
    np.testing.assert_array_equal(load_teacher(f"keras:{saved}")(IDS), model(IDS))
    assert not list(saved.glob("part-*"))


def test_an_interrupted_save_leaves_what_was_there(saved):
    """A disk that is full must not cost the model that was there before."""

    class Broken:
        def save(self, path):
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")

    before = (saved / "model.keras").read_bytes()
    with pytest.raises(OSError, match="No space"):
        save_keras(Broken(), saved / "model.keras")
    assert (saved / "model.keras").read_bytes() == before
    load_teacher(f"keras:{saved}")
    (saved / "model.keras").unlink()
    with pytest.raises(UserError, match=r"holds no \.keras file"):
        load_teacher(f"keras:{saved}")


def test_which_of_several_files(saved):
    """The run's own names win; otherwise nothing is guessed."""
    shutil.copy(saved / "model.keras", saved / "alone.keras")
    load_teacher(f"keras:{saved}")
    (saved / "model.keras").rename(saved / "distilled.keras")
    with pytest.raises(UserError, match=r"holds alone\.keras, distilled\.keras: give the path"):
        load_teacher(f"keras:{saved}")
    load_teacher(f"keras:{saved / 'distilled.keras'}")


def test_a_file_of_names(saved):
    """Written by hand on Windows: a byte order mark, CRLF, a blank line at the end."""
    text = "\ufeff" + "".join(f"{name}\r\n" for name in LABELS) + "\r\n"
    (saved / "labels.txt").write_bytes(text.encode())
    assert load_teacher(f"keras:{saved}").labels == LABELS
    (saved / "labels.txt").unlink()
    assert load_teacher(f"keras:{saved}").labels == ()


def spoil(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def without_tokenizer(folder):
    for name in ("tokenizer.json", "vocab.txt"):
        (folder / name).unlink()


def small_embedding(folder):
    save_keras(build("text_cnn", 10, 3, "tiny"), folder / "model.keras")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (shutil.rmtree, r"there is no .*teacher: give the path of a \.keras file or of its folder"),
        (without_tokenizer, "no tokenizer at .*: expected a tokenizer.json or a vocab.txt"),
        (spoil("model.keras", b"PK half"), r"model\.keras cannot be loaded as a Keras model"),
        (spoil("labels.txt", b"a\nb\n"), "has 3 classes and 2 names for them"),
        (spoil("labels.txt", b"a\nb\xff\nc\n"), r"labels\.txt is not UTF-8"),
        (small_embedding, "the tokenizer next to .* tokens, more than the model's embedding"),
    ],
)
def test_a_folder_that_is_not_whole(saved, spoil, words):
    spoil(saved)
    with pytest.raises(UserError, match=words):
        load_teacher(f"keras:{saved}")


def with_code(folder, suffix):
    """A teacher whose file brings along a function that leaves a trace when it is loaded."""
    trace = folder / "trace"
    layer = keras.layers.Lambda(eval(f"lambda x: (open({str(trace)!r}, 'w'), x * 2)[1]"))
    tokens = keras.Input((4,), name="input_ids")
    made = keras.Model(tokens, keras.layers.Dense(3)(layer(tokens)))
    (folder / "model.keras").unlink()
    made.save(folder / f"model{suffix}")
    trace.unlink()  # building the model ran it
    return trace


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_with_code_inside_is_refused(saved, suffix):
    """A downloaded teacher that runs what its maker wrote: the file of a Lambda is a program."""
    trace = with_code(saved, suffix)
    with pytest.raises(UserError, match=rf"model{suffix} cannot be loaded as a Keras model"):
        load_teacher(f"keras:{saved / f'model{suffix}'}")
    assert not trace.exists()


@pytest.mark.parametrize("spec", ["", "keras:", "minilm", "onnx:x", "teachers/imdb"])
def test_an_unknown_kind(spec):
    with pytest.raises(UserError, match=f"unknown teacher '{spec}': write `keras:PATH`"):
        load_teacher(spec)


def test_the_fingerprint_is_of_what_is_loaded(saved):
    """Another model under the same name: its targets must not be mixed with the old ones."""
    spec = f"keras:{saved}"
    before = digest_spec(spec)
    (saved / "report.json").write_text("{}")
    (saved / "other.txt").write_text("")
    assert digest_spec(spec) == before
    seen = {before}
    for name in ("labels.txt", "vocab.txt", "model.keras"):
        with (saved / name).open("ab") as file:
            file.write(b" ")
        assert digest_spec(spec) == digest_spec(f"keras:{saved / 'model.keras'}")
        seen.add(digest_spec(spec))
    assert len(seen) == 4


def test_the_fingerprint_of_a_folder_at_home(saved, monkeypatch):
    """`~` is a folder: taken literally, every teacher there would have the same digest."""
    monkeypatch.setenv("HOME", str(saved.parent))
    for kind in ("keras", "hf"):
        assert digest_spec(f"{kind}:~/teacher") == digest_spec(f"{kind}:{saved}")


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("hf") / "bert")


def test_a_hugging_face_folder(bert):
    """Names, casing and length come from the folder."""
    pytest.importorskip("keras_hub")
    found = load_teacher(f"hf:{bert}")
    assert found.labels == ("class 0", "class 1", "class 2")
    assert found.encoder.max_length == 48
    assert found.encoder.encode("A b") == [2, PIECES.index("a"), PIECES.index("b"), 3]
    assert found(texts()).shape == (4, 3)
    assert load_teacher(f"hf:{bert}", max_length=9).encoder.max_length == 9
    with pytest.raises(UserError, match="max_length is 49, and the teacher reads at most 48"):
        load_teacher(f"hf:{bert}", max_length=49)


def more_pieces(folder):
    (folder / "vocab.txt").write_text("\n".join([*PIECES, "more"]) + "\n")


def without_config(folder):
    (folder / "config.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_config, "is no Hugging Face model folder: expected a folder with config.json"),
        (spoil("config.json", b"{"), r"config\.json is not JSON"),
        (spoil("config.json", b"[1]"), r"config\.json holds no settings"),
        (more_pieces, "has 32 pieces and the model's embedding 31 rows"),
        (lambda folder: (folder / "vocab.txt").unlink(), "no tokenizer at"),
    ],
)
def test_a_hugging_face_folder_that_is_not_whole(bert, tmp_path, spoil, words):
    folder = shutil.copytree(bert, tmp_path / "bert")
    spoil(folder)
    with pytest.raises(UserError, match=words):
        load_teacher(f"hf:{folder}")


def test_a_folder_that_is_not_there(tmp_path, monkeypatch):
    """Asked of the hub, which is told to be offline here."""
    hub = pytest.importorskip("huggingface_hub")

    def offline(name):
        raise ConnectionError("offline\nand more lines")

    monkeypatch.setattr(hub, "snapshot_download", offline)
    words = r"there is no folder org/model, and the .* hub did not give it \(offline\): give"
    with pytest.raises(UserError, match=words):
        load_teacher("hf:org/model")


def test_the_fingerprint_of_a_hugging_face_folder(bert, tmp_path):
    folder = shutil.copytree(bert, tmp_path / "bert")
    before = digest_spec(f"hf:{folder}")
    assert before == digest_spec(f"hf:{bert}")
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "hidden_act": "relu"}))
    assert digest_spec(f"hf:{folder}") != before
