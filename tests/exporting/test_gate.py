"""What is not known passes nowhere: NaN among figures, allowances, labels and outputs."""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers, ops

from tfkd.errors import UserError
from tfkd.exporting import export
from tfkd.exporting.gate import Difference, Differs, Figures, check_figures
from tfkd.runtime.quantisations import KINDS

NAN = math.nan
LOGITS = Difference("logits", 0.0, 0.0, 10.0)


def figures(difference=LOGITS, **changes):
    """Of a file without a fault, but for the changes."""
    base = {"checked": 200, "agreement": 1.0, "widest_flip": 0.0}
    base |= {"between_0_and_1": False, "sum_to_1": False}
    return Figures(differences=(difference,), **(base | changes))


def model():
    x = keras.Input((6,), name="x")
    return keras.Model(x, layers.Dense(3)(x))


@pytest.mark.parametrize("kind", ["float32", "int8"])
@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, {"tolerance": NAN}),
        ({}, {"max_drop": NAN}),
        ({"agreement": NAN}, {}),
        ({"checked": 9, "widest_flip": NAN}, {}),
        ({"difference": Difference("logits", NAN, NAN, 10.0)}, {}),
        ({"difference": Difference("logits", 0.0, 0.0, NAN)}, {}),
        ({"step_difference": NAN}, {}),
        ({"score": NAN, "keras_score": 0.9}, {"max_drop": 0.3}),
        ({"score": 0.9, "keras_score": NAN}, {"max_drop": 0.3}),
        ({"score": NAN, "keras_score": NAN, "agreement": 0.99}, {"max_drop": 0.3}),
    ],
)
def test_nan_closes_the_gate(kind, changes, allowed):
    """No number is greater than NaN, nor less."""
    with pytest.raises(Differs):
        check_figures(figures(**changes), KINDS[kind], **allowed)


@pytest.mark.parametrize("score", [NAN, math.inf])
def test_labels_that_say_no_score_leave_the_gate_to_the_answers(score):
    """The labels of a part of the heads, say: that is no fault of the file."""
    check_figures(figures(score=score, keras_score=score), KINDS["int8"], max_drop=0.3)
    with pytest.raises(Differs, match=r"1\.00 points of equal answers are lost, allowed 0\.3"):
        check_figures(
            figures(score=score, keras_score=score, agreement=0.99), KINDS["int8"], max_drop=0.3
        )


def test_the_greatest_difference_of_several_outputs_does_not_forget_nan():
    differences = (LOGITS, Difference("tags", NAN, NAN, 1.0))
    assert math.isnan(replace(figures(), differences=differences).max_difference)


@pytest.mark.parametrize("name", ["tolerance", "max_drop"])
@pytest.mark.parametrize(
    "value", [NAN, math.inf, -math.inf, np.float32("nan"), "0.1", pytest.param(10**400, id="huge")]
)
def test_an_allowance_that_is_no_number_is_refused_before_any_work(name, value, tmp_path):
    """With NaN every file passed."""
    with pytest.raises(UserError, match=f"^{name} is .*: write .* or leave {name} out.$"):
        export(None, tmp_path / "a.tflite", **{name: value})


def test_numbers_of_numpy_are_allowed(tmp_path):
    allowed = {"tolerance": np.float32(0.1), "max_drop": np.int64(1)}
    assert export(model(), tmp_path / "a.tflite", **allowed).agreement == 1.0


@pytest.mark.parametrize("label", [math.inf, -math.inf, NAN, 1e300])
def test_labels_beyond_whole_numbers_are_no_classes(label, tmp_path):
    """Infinity became the least whole number, which is no label; -inf ended in a traceback."""
    rows, labels = np.zeros((2, 6), "float32"), np.array([1.0, label])
    with pytest.raises(UserError, match="are no class numbers"):
        export(model(), tmp_path / "a.tflite", check=(rows, labels))


@pytest.mark.parametrize("masked", [-1e9, -math.inf])
def test_a_masked_class_hides_no_padding_that_counts(masked, tmp_path):
    """All else was near where one class is -inf."""
    encoder = padding_with_2()
    with pytest.raises(UserError, match="takes id 2, which its tokenizer pads with, for a token"):
        export(pooled([0.0, 0.0, masked]), tmp_path / "a.tflite", encoder=encoder)


def test_a_student_of_nan_is_told_as_such_and_not_as_one_that_counts_padding(tmp_path):
    with pytest.raises(UserError, match="the student returns NaN"):
        export(pooled([NAN] * 3), tmp_path / "a.tflite", encoder=padding_with_2())


def padding_with_2():
    from tokenizers import Tokenizer, models, pre_tokenizers

    from tfkd.text import TextEncoder

    words = ["a", "film", "<pad>", "<unk>"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return TextEncoder(tokenizer)


def pooled(added):
    """A student that takes padding for a word."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    mean = layers.GlobalAveragePooling1D()(layers.Embedding(4, 5, "random_normal")(ids))
    return keras.Model(
        ids, layers.Dense(3, kernel_initializer="ones")(mean * 40) + ops.array(added)
    )
