import numpy as np
import pytest
import tensorflow as tf

from tfkd import HardLabels, UserError
from tfkd.losses._batch import Batch


def loss(logits, labels, mask=None, **options):
    student = {"logits": tf.constant(logits, tf.float32)}
    mask = None if mask is None else tf.constant(mask)
    return HardLabels(**options)(student, None, Batch(None, tf.constant(labels), mask)).numpy()


def check(logits, labels, **options):
    HardLabels(**options).check(
        {"logits": tf.constant(logits)}, None, Batch(None, tf.constant(labels))
    )


def test_unlabelled_examples_count_nothing():
    """-100 read as a class index is garbage memory on one device and NaN on another."""
    objective = HardLabels()
    logits = {"logits": tf.constant([[2.0, 0.0], [0.0, 0.0]])}
    batch = Batch(labels=tf.constant([-100, 0]))
    np.testing.assert_allclose(objective(logits, None, batch), [0.0, np.log(2)], rtol=1e-6)
    np.testing.assert_array_equal(objective.counts(logits, batch), [0.0, 1.0])


def test_no_labels_at_all_count_nothing():
    """The unlabelled half of a transfer set must not pull the mean down."""
    logits = {"logits": tf.zeros((3, 2))}
    np.testing.assert_array_equal(HardLabels().counts(logits, Batch()), [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(HardLabels()(logits, None, Batch()), [0.0, 0.0, 0.0])


def test_multilabel_partial_labels():
    """An unknown class read as "absent" teaches the student that it is absent."""
    logits = np.log([[3.0, 9.0, 1.0]])
    # -ln 3/4 and -ln 1/2, the class in the middle unknown
    want = (np.log(4 / 3) + np.log(2)) / 2
    np.testing.assert_allclose(loss(logits, [[1, -100, 0]], form="multilabel"), [want], rtol=1e-6)
    np.testing.assert_array_equal(loss(logits, [[-100, -100, -100]], form="multilabel"), [0.0])


def test_multilabel_nothing_known_does_not_count():
    """Two examples, one without any label: the mean is over one."""
    logits = {"logits": tf.zeros((2, 2))}
    batch = Batch(labels=tf.constant([[1, -100], [-100, -100]]))
    np.testing.assert_array_equal(HardLabels("multilabel").counts(logits, batch), [1.0, 0.0])


def test_regression_with_missing_numbers():
    """NaN is how a missing measurement comes out of a table."""
    got = loss([[3.0, 1.0], [0.0, 0.0]], [[1.0, np.nan], [np.nan, np.nan]], form="regression")
    np.testing.assert_allclose(got, [4.0, 0.0])


def test_labels_with_and_without_a_last_axis_of_one():
    """[batch, 1] minus [batch] broadcasts to [batch, batch], silently."""
    np.testing.assert_allclose(loss([[3.0], [1.0]], [1.0, 1.0], form="regression"), [4.0, 0.0])
    np.testing.assert_allclose(loss([[3.0], [1.0]], [[1.0], [1.0]], form="regression"), [4.0, 0.0])
    one = loss([[3.0], [1.0]], [1, 0], form="binary")
    np.testing.assert_array_equal(one, loss([[3.0], [1.0]], [[1], [0]], form="binary"))
    one = loss([[3.0, 0.0], [1.0, 0.0]], [1, 0])
    np.testing.assert_array_equal(one, loss([[3.0, 0.0], [1.0, 0.0]], [[1], [0]]))


def test_smoothing_ignores_masked_classes():
    """Mass on a class at -inf is an infinite loss."""
    got = loss([[np.log(3.0), 0.0, -np.inf]], [1], label_smoothing=0.2)
    np.testing.assert_allclose(got, [1.27643], rtol=1e-5)  # as for two classes


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_smoothing_out_of_range(value):
    """A smoothing of 1 forgets the labels."""
    with pytest.raises(UserError, match=r"label_smoothing is .*write 0 <= value < 1"):
        HardLabels(label_smoothing=value)


def test_unknown_form():
    """A misspelt form must not fall back to a default."""
    with pytest.raises(UserError, match=r"form='multi'.*write one of 'multiclass', 'binary'"):
        HardLabels("multi")


def test_one_hot_labels_are_refused():
    """One-hot rows read as ids: half of the labels are class 0."""
    with pytest.raises(UserError, match=r"\(3, 2\).*class ids, not one-hot"):
        check(np.zeros((3, 2), "float32"), np.eye(3, 2, dtype="int32"))


@pytest.mark.parametrize(
    ("options", "logits", "labels", "words"),
    [
        ({}, (2, 3), [0, 3], r"label 3 is outside 0\.\.2"),
        ({}, (2, 3), [0, -1], r"label -1 is outside 0\.\.2"),
        ({"form": "binary"}, (2, 1), [0, 2], r"label 2 is outside 0\.\.1"),
        ({"form": "multilabel"}, (2, 2), [[0, 1], [0, 5]], r"label 5 is outside 0\.\.1"),
        ({"form": "multilabel"}, (2, 2), [0, 1], r"labels of shape \(2,\) do not fit"),
    ],
)
def test_labels_out_of_range(options, logits, labels, words):
    """TensorFlow returns NaN for such a label on a GPU and an address on a CPU."""
    with pytest.raises(UserError, match=words):
        check(np.zeros(logits, "float32"), np.array(labels), **options)


def test_ignored_labels_pass_the_check():
    """-100 is a word of ours, not a mistake."""
    check(np.zeros((2, 3), "float32"), np.array([-100, 2]))


@pytest.mark.parametrize(
    ("form", "size", "words"),
    [("multiclass", 1, r'softmax over one class.*form="binary"'), ("binary", 2, "wants one logit")],
)
def test_form_that_does_not_fit_the_logits(form, size, words):
    """A softmax over one class is 1: loss 0, gradient 0, accuracy of chance."""
    with pytest.raises(UserError, match=words):
        check(np.zeros((2, size), "float32"), np.zeros(2, "int32"), form=form)
