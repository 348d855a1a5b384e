import numpy as np
import pytest
import tensorflow as tf

from tfkd.losses._batch import Batch
from tfkd.models import masks
from tfkd.training import batches
from tfkd.training.batches import Inputs

LOGITS = tf.zeros((2, 3, 4))
MASK = tf.constant([[1, 1, 0], [1, 0, 0]])


def test_a_students_own_input_called_teacher_is_no_request():
    """A model with an input named `teacher` must get its whole dict."""
    x = {"teacher": 1, "ids": 2}
    assert batches.split_by_model(x) == Inputs(x, x)
    x = {"student": 1, "ids": 2}
    assert batches.split_by_model(x) == Inputs(x, x)


def test_inputs_by_model():
    """Two tokenizers, two sets of ids: swapped ids train on noise."""
    assert batches.split_by_model({"student": 1, "teacher": 2}) == Inputs(1, 2, None)
    targets = {"logits": 3}
    assert batches.split_by_model({"student": 1, "targets": targets}) == Inputs(1, 1, targets)
    x = {"student": 1, "teacher": 2, "targets": targets, "checksum": 4}
    assert batches.split_by_model(x) == Inputs(1, 2, targets, 4)


@pytest.mark.parametrize("data", [1.0, (1.0,), (1.0, None), (1.0, None, None), [1.0]])
def test_unlabelled_data(data):
    """Keras hands x over bare, or in a tuple, or with None."""
    assert batches.unpack(data) == (Inputs(1.0, 1.0), None, None)


def test_labels_in_a_dict_or_tuple_of_one():
    """Hugging Face data sets call it `labels`."""
    ids = np.array([1, 2])
    for y in ({"labels": ids}, (ids,)):
        assert batches.unpack((0, y))[1].numpy().tolist() == [1, 2]


@pytest.mark.parametrize("name", ["attention_mask", "padding_mask"])
def test_mask_by_the_names_of_the_libraries(name):
    """A mask that is not found counts padding, and nobody is told."""
    mask = masks.position_mask({"ids": 0, name: MASK}, None, {"logits": LOGITS})
    np.testing.assert_array_equal(mask, MASK)


def test_mask_of_keras_itself():
    """`Embedding(mask_zero=True)` marks its padding on the tensor."""
    logits = tf.zeros((2, 3, 4))
    logits._keras_mask = tf.cast(MASK, tf.bool)
    np.testing.assert_array_equal(masks.position_mask(None, None, {"logits": logits}), MASK)


def test_no_mask_on_one_row_of_logits_per_example():
    """An attention mask [batch, time] is no mask for logits [batch, classes]."""
    outputs = {"logits": tf.zeros((2, 4))}
    assert masks.position_mask({"attention_mask": MASK}, None, outputs) is None
    outputs = {"logits": tf.zeros((2, 2, 3))}
    assert masks.position_mask({"attention_mask": MASK[:, :, None]}, None, outputs) is None


@pytest.mark.parametrize("tokens", [2, 3])
def test_no_mask_on_the_start_and_the_end_of_an_answer(tokens):
    """Every token is a class there; a mask of two tokens looks like one of start and end."""
    outputs = masks.name_span_logits({"logits": tf.zeros((2, 2, tokens))})
    inputs = {"attention_mask": MASK[:, :tokens]}
    assert masks.position_mask(inputs, None, outputs) is None
    masked = masks.mask_span_logits(outputs, inputs)["logits"]
    np.testing.assert_array_equal(masked[:, 1], np.where(MASK[:, :tokens], 0, -np.inf))


def weights_of(labels=None, sample_weight=None, mask=None, logits=LOGITS, class_weight=None):
    labels, sample_weight, mask = (
        None if a is None else tf.constant(a) for a in (labels, sample_weight, mask)
    )
    make_batch = batches.BatchMaker(lambda *_: mask, class_weight)
    return make_batch(Inputs(0, 0), labels, sample_weight, {"logits": logits})


def test_sample_weights_weigh_examples():
    """[batch] and [batch, 1] are the same weights, as in Keras."""
    for given in ([2.0, 0.5], [[2.0], [0.5]]):
        batch, weight = weights_of(sample_weight=given)
        assert batch.mask is None
        np.testing.assert_array_equal(weight, [2.0, 0.5])


def test_token_weights_go_into_the_mask():
    """A weight per token averaged away is a weight ignored."""
    given = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    batch, weight = weights_of(sample_weight=given, mask=MASK.numpy())
    # tokens that count: (1, 2) and (4,), with means 1.5 and 4
    np.testing.assert_allclose(batch.mask, [[1 / 1.5, 2 / 1.5, 0], [1, 0, 0]])
    np.testing.assert_array_equal(weight, [1.5, 4.0])
    np.testing.assert_allclose(batch.mask * weight[:, None], given * MASK.numpy())


def test_equal_token_weights_are_an_example_weight():
    """Normalised within the example, a weight of 2 on all its tokens would be none."""
    batch, weight = weights_of(sample_weight=np.array([[2.0] * 3, [0.0] * 3]))
    np.testing.assert_array_equal(batch.mask, [[1, 1, 1], [0, 0, 0]])
    np.testing.assert_array_equal(weight, [2.0, 0.0])


def test_class_weights():
    """-100 looked up in a table of class weights is the last class but 99."""
    labels, logits = np.array([0, 1, -100, 2]), tf.zeros((4, 3))
    _, weight = weights_of(labels, [1.0, 1.0, 1.0, 10.0], None, logits, {0: 5.0, 1: 2.0})
    np.testing.assert_array_equal(weight, [5.0, 2.0, 1.0, 10.0])


def test_class_weights_of_tokens():
    """Rare tags weigh more at their own position only."""
    batch, weight = weights_of(np.array([[0, 1, -100], [1, 0, 0]]), class_weight={1: 3.0})
    np.testing.assert_allclose(batch.mask * weight[:, None], [[1, 3, 1], [3, 1, 1]], rtol=1e-6)
    np.testing.assert_allclose(weight, [5 / 3, 5 / 3])


def test_not_finite():
    """-inf is a masked class; NaN and +inf are a broken teacher, except under a mask."""
    rows = [[0.0, 1.0], [-np.inf, 0.0], [np.nan, 0.0], [np.inf, 0.0]]
    logits = tf.constant(rows)
    assert batches.find_not_finite(logits, None).numpy().tolist() == [False, False, True, True]
    logits, mask = tf.constant([rows[:3], rows[1:]]), tf.constant([[1, 1, 0], [1, 1, 0]])
    assert batches.find_not_finite(logits, mask).numpy().tolist() == [False, True]


def test_bad_examples_weigh_nothing():
    """One NaN example must not cost the good ones beside it."""
    bad = tf.constant([True, False])
    np.testing.assert_array_equal(batches.zero_weights(bad, None), [0.0, 1.0])
    np.testing.assert_array_equal(batches.zero_weights(bad, tf.constant([3, 2])), [0.0, 2.0])
    token = tf.ones((2, 3))
    np.testing.assert_array_equal(batches.zero_weights(bad, token), [[0, 0, 0], [1, 1, 1]])
    values = tf.constant([[np.nan, 1.0], [2.0, 3.0]])
    np.testing.assert_array_equal(batches.zero_examples(bad, values), [[0, 0], [2, 3]])


def test_weights_for_metrics():
    """-100 counted as an error: an accuracy that sinks with every unlabelled example."""
    batch = Batch(labels=tf.constant([[1, -100, 3], [2, 2, 2]]), mask=tf.cast(MASK, tf.float32))
    labels, valid, weighted = batches.metric_inputs(batch, tf.constant([0.5, 2.0]), LOGITS)
    assert labels.numpy().tolist() == [[1, 0, 3], [2, 2, 2]]
    assert valid.numpy().tolist() == [[1, 0, 0], [1, 0, 0]]
    assert weighted.numpy().tolist() == [[0.5, 0, 0], [2, 0, 0]]


def test_weights_for_metrics_of_partial_multilabel_rows():
    """A class without a label is no 0."""
    batch = Batch(labels=tf.constant([[1, -100], [-100, -100]]))
    _, valid, _ = batches.metric_inputs(batch, tf.ones(2), tf.zeros((2, 2)))
    assert valid.numpy().tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("name", ["decoder_input_ids", "decoder_token_ids"])
def test_a_decoder_without_labels_and_mask(name):
    """All positions count, padding too; or the first one does not, where a text starts with 0."""
    ids = tf.constant([[0, 7, 0, 8, 0, 0], [2, 0, 0, 0, 0, 0]])
    mask = masks.position_mask({name: ids}, None, {"logits": tf.zeros((2, 6, 9))})
    assert mask.numpy().astype(int).tolist() == [[1, 1, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0]]
