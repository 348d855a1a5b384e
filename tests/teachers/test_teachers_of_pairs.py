"""Teachers of pairs, of every kind: logits are those of the library that made the model."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_bert import checkpoint

keras = pytest.importorskip("keras")

from tfkd import export, load_teacher, store, students
from tfkd.data import Schema
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.tasks import find
from tfkd.teachers import save
from tfkd.text import learn

PAIRS = [
    ("a b c", "d e"),
    ("a", "b c d e f g h i j"),
    ("a b c d e f g h i j k l m n o p q r", "s t u v w x y z a b c d"),
    ("d e", "a b c"),
    ("z z", "z z"),
]
LENGTH = 20


@pytest.fixture(scope="module")
def task():
    return find("text-classification", {"pair": True})


@pytest.fixture(scope="module", params=["bert", "distilbert"])
def folder(request, tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("hf") / request.param, request.param)


@pytest.fixture(scope="module")
def expected(folder):
    """What transformers says of each pair, read by its own tokenizer."""
    pytest.importorskip("tf_keras")
    transformers = pytest.importorskip("transformers")
    model = transformers.TFAutoModelForSequenceClassification.from_pretrained(folder)
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"))
    logits = []
    for pair in PAIRS:
        cut = {"truncation": "longest_first", "max_length": LENGTH, "return_tensors": "tf"}
        read = dict(tokenizer(*pair, **cut))
        if folder.name == "distilbert":
            del read["token_type_ids"]
        logits.append(model(read).logits[0].numpy())
    return np.array(logits)


@pytest.mark.slow_but_one
@pytest.mark.parametrize("kind", ["hf", "hub", "tf", "torch"])
def test_logits_of_pairs_are_those_of_transformers(folder, expected, task, kind):
    needed = {"hub": "keras_hub", "hf": "keras_hub", "torch": "torch"}
    pytest.importorskip(needed.get(kind, "transformers"))
    if kind == "hub" and folder.name == "distilbert":
        pytest.skip("KerasHub is asked for BERT alone")
    teacher = load_teacher(f"{kind}:{folder}", max_length=LENGTH, task=task)
    np.testing.assert_allclose(teacher.logits(PAIRS), expected, atol=2e-4)
    # In the graph of a training, as a dict of what the student reads.
    rows = [row for row, *_ in task.encode([_example(p) for p in PAIRS], teacher.encoder, Schema())]
    width = max(len(row["input_ids"]) for row in rows)
    batch = {
        name: tf.constant([[*row[name], *[0] * (width - len(row[name]))] for row in rows])
        for name in task.inputs
    }
    live = teacher.in_graph(batch)["logits"].numpy()
    np.testing.assert_allclose(live, expected, atol=2e-4)


def _example(pair):
    return dict(zip(("text", "text_pair"), pair, strict=True))


def test_a_single_text_is_read_as_before(folder):
    """A folder that is loaded for one text has no input for segments."""
    teacher = load_teacher(f"hf:{folder}", max_length=LENGTH)
    assert np.isfinite(teacher.logits(["a b c", "d"])).all()


def test_segments_are_left_out_where_a_tokenizer_has_none(tmp_path, task):
    """RoBERTa has an input for them, and was trained with zeros."""
    pytest.importorskip("transformers")
    import json

    from tokenizers import processors

    from tfkd.text import load

    folder = checkpoint(tmp_path / "bert")
    plain = load(folder)
    plain.tokenizer.post_processor = processors.RobertaProcessing(("[SEP]", 3), ("[CLS]", 2))
    plain.tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"do_lower_case": True, "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    teacher = load_teacher(f"hf:{folder}", task=task)
    assert not teacher.reads_segments
    ids, segments = teacher.encoder.encode_pairs([("a b", "c")])[0]
    assert ids == [2, 5, 6, 3, 3, 7, 3]
    assert segments == [0, 0, 0, 0, 0, 1, 1]
    both = {"input_ids": np.array([ids], "int32"), "token_type_ids": np.array([segments], "int32")}
    zeros = {**both, "token_type_ids": np.zeros_like(both["token_type_ids"])}
    said = teacher.outputs(both, ("logits",))["logits"].numpy()
    np.testing.assert_array_equal(said, teacher.outputs(zeros, ("logits",))["logits"].numpy())


# -- other kinds -------------------------------------------------------------------------------

TEXTS = [("a good film", "a bad film"), ("good", "bad bad"), ("a bad film", "a good film")]
LABELS = ("bad", "good")


@pytest.fixture(scope="module")
def encoder():
    return learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=16)


def made(task, encoder, seed):
    """A student with weights at random, as a teacher."""
    name = "transformer"
    model = students.build_for(task, Schema(LABELS), name, encoder.vocab_size, "tiny", seed=seed)
    return TextModel(model, encoder, LABELS)


@pytest.fixture(scope="module")
def teacher(task, encoder):
    return made(task, encoder, 1)


def test_segments_say_which_text_is_which(teacher):
    one, _, other = teacher.logits(TEXTS)
    assert np.abs(one - other).max() > 1e-3


def test_a_keras_file(teacher, task, tmp_path):
    save(teacher, tmp_path / "keras")
    again = load_teacher(f"keras:{tmp_path / 'keras'}", task=task)
    np.testing.assert_allclose(again.logits(TEXTS), teacher.logits(TEXTS), atol=1e-5)


@pytest.mark.parametrize("name", ["token_type_ids", "segment_ids", "input_type_ids"])
def test_inputs_by_other_names(teacher, encoder, task, tmp_path, name):
    ids, segments = (keras.Input((None,), dtype="int32", name=n) for n in ("token_ids", name))
    logits = teacher.model({"input_ids": ids, "token_type_ids": segments})
    renamed = TextModel(keras.Model({"token_ids": ids, name: segments}, logits), encoder, LABELS)
    np.testing.assert_allclose(renamed.logits(TEXTS), teacher.logits(TEXTS), atol=1e-5)


def test_a_tflite_and_a_saved_model(teacher, encoder, task, tmp_path):
    expected = teacher.logits(TEXTS)
    export(teacher.model, tmp_path / "t.tflite", encoder=encoder, labels=LABELS, task=task)
    again = load_teacher(f"tflite:{tmp_path / 't.tflite'}", task=task)
    np.testing.assert_allclose(again.logits(TEXTS), expected, atol=1e-4)
    export(teacher.model, tmp_path / "saved", encoder=encoder, labels=LABELS, task=task)
    again = load_teacher(f"saved_model:{tmp_path / 'saved'}", task=task)
    np.testing.assert_allclose(again.logits(TEXTS), expected, atol=1e-4)


def test_several_teachers_read_both_texts_with_tokenizers_of_their_own(teacher, task, tmp_path):
    other = made(task, learn(["film bad good a"] * 9, vocab_size=40, max_length=12), 2)
    for name, model in (("one", teacher), ("other", other)):
        save(model, tmp_path / name)
    spec = " + ".join(f"keras:{tmp_path / name}" for name in ("one", "other"))
    joined = load_teacher(spec, task=task)
    likely = [_softmax(model.logits(TEXTS)) for model in (teacher, other)]
    np.testing.assert_allclose(_softmax(joined.logits(TEXTS)), np.mean(likely, axis=0), atol=1e-5)


def _softmax(logits):
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def test_a_function_of_ids_is_given_ids_alone(encoder):
    """A model without segments reads pairs too."""
    model = students.build("text_cnn", encoder.vocab_size, 2, "tiny", seed=0)
    seen = []

    def teacher(ids):
        seen.append(ids)
        return model(ids)

    logits = TextModel(teacher, encoder, LABELS).logits(TEXTS)
    assert logits.shape == (3, 2)
    assert not any(isinstance(each, dict) for each in seen)


def test_a_store_of_pairs_is_found_by_both_texts(teacher, tmp_path):
    swapped = [(b, a) for a, b in TEXTS]
    stored = store.write(tmp_path / "s", teacher, [*TEXTS, *swapped], verbose=0, dtype="float32")
    # ("a good film", "a bad film") the other way round is among them already.
    assert stored.rows == 4


def test_answers_of_a_black_box_to_pairs_are_a_teacher(task, tmp_path):
    """What an API said of pairs, by their texts alone."""

    def api(inputs):
        first, second = (np.asarray(inputs[name]).astype(str) for name in ("text", "text_pair"))
        return np.array([[len(a), len(b)] for a, b in zip(first, second, strict=True)], "float32")

    store.write(tmp_path / "s", api, TEXTS, verbose=0, dtype="float32")
    (tmp_path / "s" / "labels.txt").write_text("bad\ngood\n")
    teacher = load_teacher(f"store:{tmp_path / 's'}", task=task)
    expected = [[len(a), len(b)] for a, b in TEXTS]
    np.testing.assert_array_equal(teacher.logits(TEXTS), expected)
    with pytest.raises(Exception, match="lacks"):
        teacher.logits([("a bad film", "good")])


def test_a_store_knows_both_texts(teacher, tmp_path):
    """The same first text with another second one is another example."""
    pairs = [("a good film", "bad"), ("a good film", "good"), ("a good film", "bad")]
    stored = store.write(tmp_path / "s", teacher, pairs, verbose=0, dtype="float32")
    assert stored.rows == 2
    with pytest.raises(UserError, match="another"):
        store.write(tmp_path / "s", made(find("", {"pair": True}), teacher.encoder, 9), pairs)
