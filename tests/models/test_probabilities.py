import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import UserError
from tfkd.models.probabilities import check_probabilities, check_reading, ends_linear, to_logits

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 30.0, -30.0]], "float32")


def refuse(value, form="multiclass", reading="auto", known_linear=False):
    check_probabilities(
        value, whose="teacher", form=form, reading=reading, known_linear=known_linear
    )


@pytest.mark.parametrize("kind", ["softmax", "sigmoid"])
def test_keras_activations_give_their_logits_back(kind):
    """The logarithm of a probability that was rounded to 1 has lost the tail."""
    value = keras.activations.get(kind)(tf.constant(LOGITS))
    np.testing.assert_array_equal(to_logits(value), LOGITS)


def test_probabilities_are_inverted():
    """softmax(log p) = p and sigmoid(logit p) = p: no double softmax."""
    p = tf.nn.softmax(LOGITS)
    np.testing.assert_allclose(tf.nn.softmax(to_logits(p, "softmax")), p, atol=1e-6)
    p = tf.nn.sigmoid(LOGITS)
    np.testing.assert_allclose(tf.nn.sigmoid(to_logits(p, "sigmoid")), p, atol=1e-6)


@pytest.mark.parametrize("reading", ["softmax", "sigmoid"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_certain_probabilities_stay_finite(reading, dtype):
    """log 0 from a teacher in half precision is a NaN in the student."""
    got = to_logits(tf.constant([[0.0, 1.0]], dtype), reading)
    assert np.isfinite(np.asarray(got, "float32")).all()
    assert got[0, 0] < 0 < got[0, 1] - got[0, 0]


def test_logits_are_left_alone():
    """A reading must not touch what is right already."""
    for reading in ("auto", "logits"):
        np.testing.assert_array_equal(to_logits(LOGITS, reading), LOGITS)


def test_unrecognised_softmax_is_refused_with_the_cure():
    """A double softmax trains to a plateau and looks like a weak student."""
    with pytest.raises(UserError, match=r'probabilities \(softmax\).*teacher_outputs="softmax"'):
        refuse(tf.nn.softmax(LOGITS))


@pytest.mark.parametrize("form", ["binary", "multilabel"])
def test_unrecognised_sigmoid_is_refused_with_the_cure(form):
    """The same for a sigmoid."""
    with pytest.raises(UserError, match=r'\(sigmoid\).*teacher_outputs="sigmoid"'):
        refuse(tf.nn.sigmoid(LOGITS[:, :1]), form=form)


def test_softmax_at_the_end_of_a_multilabel_model():
    """Its logits are those of a softmax: classes that exclude each other."""
    with pytest.raises(UserError, match=r'does not end in sigmoid.*form="multiclass"'):
        refuse(keras.activations.softmax(tf.constant(LOGITS)), form="multilabel")


def test_sigmoid_at_the_end_of_a_multiclass_model():
    """The other way round."""
    with pytest.raises(UserError, match=r'does not end in softmax.*form="multilabel"'):
        refuse(keras.activations.sigmoid(tf.constant(LOGITS)))


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (tf.constant(LOGITS), {}),
        (tf.nn.softmax(LOGITS), {"reading": "softmax"}),
        (tf.nn.softmax(LOGITS), {"reading": "logits"}),
        (tf.nn.softmax(LOGITS), {"known_linear": True}),
        (keras.activations.softmax(tf.constant(LOGITS)), {}),
        (keras.activations.sigmoid(tf.constant(LOGITS)), {"form": "multilabel"}),
        (tf.nn.sigmoid(LOGITS), {"form": "regression"}),
        (tf.zeros((2, 3)), {"form": "multilabel"}),
        (tf.constant([[np.nan, 0.5]]), {}),
    ],
)
def test_what_is_accepted(value, options):
    """A refusal of sound logits is as bad as a silent double softmax."""
    refuse(value, **options)


def test_unknown_reading():
    """A misspelt word must not mean the default."""
    with pytest.raises(UserError, match=r"student_outputs='probs'.*'softmax'"):
        check_reading("probs", "student_outputs")


def test_ends_linear():
    """Known only where the last layer itself says so."""
    dense = keras.layers.Dense
    inner = keras.Sequential([keras.Input((4,)), dense(3)])
    assert ends_linear(inner)
    assert ends_linear(keras.Sequential([keras.Input((4,)), dense(4), inner]))
    assert not ends_linear(keras.Sequential([keras.Input((4,)), dense(3, "softmax")]))
    wrapped = keras.Sequential([keras.Input((4,)), dense(3), keras.layers.Lambda(lambda x: x)])
    assert not ends_linear(wrapped)
    assert not ends_linear(lambda x: x)


def test_the_logits_of_several_outputs_are_judged():
    """Of a dict, the first entry is not the one that counts."""
    x = keras.Input((4,))
    linear, softmaxed = keras.layers.Dense(2)(x), keras.layers.Lambda(tf.nn.softmax)(x)
    assert not ends_linear(keras.Model(x, {"hidden": linear, "logits": softmaxed}))
    assert ends_linear(keras.Model(x, {"hidden": softmaxed, "logits": linear}))
