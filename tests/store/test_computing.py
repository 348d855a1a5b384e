"""Running a teacher: texts of similar length together, outputs in order, padding cut off."""

import keras
import numpy as np
import pytest
from store_toys import ALL, VOCABULARY, Tokens, texts

from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.store.computing import Computer
from tfkd.store.keys import examples_of
from tfkd.store.manifest import LENGTH
from tfkd.text import batching, learn


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(batching, "TOKENS", 30)


def computer(teacher, examples, reads=("logits",), form=dict):
    return Computer(teacher, reads, form, examples)


def alone(teacher, example, reads=ALL) -> dict:
    """What the teacher says of one example without any padding."""
    found = teacher({name: each[None] for name, each in example.items()}, reads)
    named = {}
    for name, value in found.items():
        if isinstance(value, tuple):
            named |= {f"{name}.{i}": each[0] for i, each in enumerate(value)}
        elif name in reads:
            named[name] = value[0]
    return named


def test_each_example_has_its_own_outputs_without_padding():
    """Sorted by length to be quick, and put back: else each text gets another one's target."""
    examples, teacher, told = examples_of(texts(40)), Tokens(), []
    made = computer(teacher, examples, ALL)
    found = made(examples, told.append)
    assert sum(told) == len(found) == 40
    for example, outputs in zip(examples, found, strict=True):
        expected = alone(Tokens(), example)
        assert list(outputs) == list(expected)
        for name, array in outputs.items():
            np.testing.assert_allclose(array, expected[name], rtol=1e-5, atol=1e-6)


def test_batches_are_narrow_and_bounded():
    """Every batch padded to the longest text of all; or a new shape, and its cost, for each."""
    examples, teacher = examples_of(texts(60, longest=30)), Tokens()
    made = computer(teacher, examples)
    teacher.rows, teacher.widths = 0, []
    made(examples)
    assert teacher.rows == 60
    assert set(teacher.widths) == {8, 16, 24, 30}  # steps of 8, and no more than the longest


def test_the_axes_of_the_tokens_are_found():
    """A class axis cut off at the length of the text."""
    examples = examples_of(texts(9, longest=4))  # as many tokens as classes
    made = computer(Tokens(), examples, ALL)
    shapes = {name: each.shape for name, each in made.outputs(examples).items()}
    assert shapes == {
        "logits": (4,),
        "hidden_states.0": (LENGTH, 3),
        "hidden_states.1": (LENGTH, 3),
        "attentions.0": (2, LENGTH, LENGTH),
    }


def test_without_a_mask_the_zeros_at_the_end_are_the_padding():
    """The same texts from another pipeline, stored a second time with other lengths."""
    batch = texts(12)
    examples = examples_of({"input_ids": batch["input_ids"]})
    made = computer(Tokens(), examples, ("hidden_states",))
    lengths = batch["attention_mask"].sum(1).tolist()
    assert [made.lengths(each).tokens for each in examples] == lengths
    assert [len(each["hidden_states.0"]) for each in made(examples)] == lengths


def test_features_have_no_padding():
    """Columns of features cut off because they end in zeros."""
    x = np.zeros((70, 5), "float32")
    x[:, 0] = np.arange(70)
    x[::2, 3] = 1
    examples, seen = examples_of(x), []

    def teacher(inputs):
        seen.append(np.asarray(inputs).shape)
        return np.asarray(inputs)

    found = computer(teacher, examples, form=object)(examples)
    np.testing.assert_array_equal([each["logits"] for each in found], x)
    assert {shape[1] for shape in seen} == {5}


@pytest.mark.parametrize("form", [tuple, list])
def test_a_teacher_of_several_inputs(form):
    """Two inputs handed over in the order of their names, x1 before x10."""
    many = [np.full((3, 1), i, "float32") for i in range(12)]
    examples = examples_of(many)

    def teacher(inputs):
        assert type(inputs) is form
        return np.concatenate([np.asarray(each) for each in inputs], axis=1)

    found = computer(teacher, examples, form=form)(examples)
    assert [each["logits"].tolist() for each in found] == [list(range(12))] * 3


def test_a_text_model():
    """Ids fed as the mask are a model that answers, and answers wrong."""
    encoder = learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=12)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    mask = keras.Input((None,), dtype="int32", name="attention_mask")
    x = keras.layers.Embedding(60, 4)(ids) * keras.ops.cast(mask, "float32")[..., None]
    logits = keras.layers.Dense(2)(keras.ops.sum(x, axis=1))
    model = keras.Model(
        {"input_ids": ids, "attention_mask": mask}, {"logits": logits, "hidden_states": x}
    )
    teacher = TextModel(model, encoder, order=[1, 0])
    words = ["good", "a bad film", "good good a film"]
    examples = [{"ids": np.array(each, "int32")} for each in encoder.encode_many(words)]
    found = computer(teacher, examples, ("logits", "hidden_states"))(examples)
    expected = teacher.logits(words)
    np.testing.assert_allclose([each["logits"] for each in found], expected, atol=1e-5)
    assert [each["hidden_states"].shape for each in found] == [
        (len(each["ids"]), 4) for each in examples
    ]
    np.testing.assert_allclose(
        computer(teacher, examples)(examples)[2]["logits"], expected[2], atol=1e-5
    )


def test_a_text_model_and_a_dict_of_ids():
    """The inputs that a Hugging Face tokenizer makes, and KeyError: 'ids'."""
    encoder = learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=12)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    x = keras.layers.Embedding(VOCABULARY, 4)(ids) * keras.ops.cast(ids > 0, "float32")[..., None]
    logits = keras.layers.Dense(2)(keras.ops.sum(x, axis=1))
    teacher = TextModel(keras.Model({"input_ids": ids}, logits), encoder)
    expected = teacher(texts(20)["input_ids"])
    for batch in (texts(20), {"token_ids": texts(20)["input_ids"]}):
        examples = examples_of(batch)
        found = computer(teacher, examples)(examples)
        np.testing.assert_allclose([each["logits"] for each in found], expected, atol=1e-5)


def test_a_text_without_tokens():
    """An empty review, and an error that names nothing."""
    batch = texts(5)
    for each in batch.values():
        each[3] = 0
    examples = examples_of(batch)
    found = computer(Tokens(), examples, ALL)(examples)
    np.testing.assert_array_equal(found[3]["logits"], np.zeros(4))
    assert found[3]["hidden_states.0"].shape == (1, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_is_named(value):
    """One NaN among the targets and every weight of the student is NaN after one step."""
    examples = examples_of(texts(10))

    def spoilt(inputs, reads):
        found = Tokens()(inputs, reads)
        ids = np.asarray(inputs["input_ids"])
        wrong = (ids[:, :1] == examples[4]["input_ids"][0])[..., None]
        return {**found, "hidden_states": np.where(wrong, value, found["hidden_states"][0])}

    made = computer(spoilt, examples[:1], ("logits", "hidden_states"))
    words = r"the teacher returned NaN or \+inf in 'hidden_states' for \d of \d+ examples"
    with pytest.raises(UserError, match=words):
        made(examples)


def test_a_class_that_is_ruled_out_is_legal():
    """-inf is a masked class."""
    examples = examples_of(texts(3))
    found = computer(lambda x: np.tile([0.0, -np.inf], (len(x["input_ids"]), 1)), examples)(
        examples
    )
    assert [each["logits"].tolist() for each in found] == [[0.0, -np.inf]] * 3


@pytest.mark.parametrize("rows", [1, 7])
def test_another_number_of_rows_is_refused(rows):
    """One row for all: NumPy copies it to every example without a word."""
    examples = examples_of(texts(3))
    with pytest.raises(UserError, match=rf"logits \[{rows}, 2\] for \d examples.*be the batch"):
        computer(lambda x: np.ones((rows, 2)), examples)(examples)


def test_what_the_teacher_does_not_return_is_named():
    """A run of hours that ends without the hidden states that it was made for."""
    examples = examples_of(texts(3))
    with pytest.raises(UserError, match=r"returned 'logits' and not 'hidden_states'"):
        computer(lambda x: np.ones((len(x["input_ids"]), 2)), examples, ("hidden_states",))(
            examples
        )
