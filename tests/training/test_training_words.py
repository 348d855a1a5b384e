"""Training by word: words of padding are none, for losses, metrics and bad targets alike."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import Batch, Distiller, HardLabels, SoftTargets, hinton
from tfkd.models import masks
from tfkd.students.word_vectors import gather_words
from tfkd.text.words import NO_CELL

TAGS, TOKENS, WORDS = 3, 12, 6


def batch(seed=0, count=5, *, tokens=TOKENS, words=WORDS):
    """Inputs, a teacher's logits and labels of sentences of 1 to 5 words, padded."""
    rng = np.random.default_rng(seed)
    lengths = 1 + rng.permutation(count) % 5
    ids, starts = np.zeros((count, tokens), "int32"), np.full((count, words), -1, "int32")
    logits = np.zeros((count, words, TAGS), "float32")
    labels = np.full((count, words), -100, "int32")
    for i, length in enumerate(lengths):
        ids[i, : 2 * length + 2] = rng.integers(1, 50, 2 * length + 2)
        starts[i, :length] = 1 + 2 * np.arange(length)
        logits[i, :length] = rng.normal(size=(length, TAGS))
        labels[i, :length] = rng.integers(0, TAGS, length)
    return {"input_ids": ids, "word_starts": starts}, logits, labels


def tagger():
    """A student that answers by word."""
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    starts = keras.Input((None,), dtype="int32", name="word_starts")
    hidden = keras.layers.Embedding(50, 4)(ids)
    hidden = keras.layers.Conv1D(4, 3, padding="same")(hidden)
    logits = keras.layers.Dense(TAGS)(gather_words(hidden, starts))
    return keras.Model({"input_ids": ids, "word_starts": starts}, {"logits": logits})


def as_fed(given):
    inputs, logits, labels = given
    return {"student": inputs, "targets": {"logits": logits}}, labels


def trained(given, objective, **options):
    """The logs of one step, and the weights after it."""
    distiller = Distiller(student=tagger(), objective=objective)
    distiller.compile(keras.optimizers.SGD(0.1), jit_compile=False, **options)
    # As `fit` reads a feed: of any number of words.
    signature = tf.nest.map_structure(
        lambda a: tf.TensorSpec((None, None, *a.shape[2:]), a.dtype), as_fed(given)
    )
    data = tf.data.Dataset.from_generator(lambda: [as_fed(given)], output_signature=signature)
    data = data.apply(tf.data.experimental.assert_cardinality(1))
    history = distiller.fit(data, verbose=0)
    logs = {name: values[0] for name, values in history.history.items()}
    return logs, distiller.student.get_weights()


@pytest.mark.parametrize("mean", ["examples", "tokens"])
def test_padding_changes_nothing(mean):
    """Words of padding with the teacher's logits 0 are taught as if all tags were equal."""
    objective = hinton(temperature=2.0).averaged(mean)
    narrow = trained(batch(), objective, metrics=["accuracy"])
    wide = trained(batch(tokens=40, words=24), objective, metrics=["accuracy"])
    assert narrow[0] == pytest.approx(wide[0], abs=1e-6)
    for one, other in zip(narrow[1], wide[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_each_word_counts_the_same_where_tokens_are_averaged():
    """A mean over padded positions, or over sentences that was asked for by word."""
    inputs, logits, labels = batch()
    student = tagger()(inputs)["logits"].numpy()
    p, q = (tf.nn.softmax(each / 2.0).numpy() for each in (logits, student))
    divergence = 4.0 * (p * (np.log(p) - np.log(q))).sum(-1)
    there = inputs["word_starts"] >= 0
    logs, _ = trained(
        (inputs, logits, labels), (1.0 * SoftTargets(temperature=2.0)).averaged("tokens")
    )
    assert logs["soft_targets"] == pytest.approx(divergence[there].mean(), rel=1e-4)
    logs, _ = trained((inputs, logits, labels), 1.0 * SoftTargets(temperature=2.0))
    by_sentence = (divergence * there).sum(1) / there.sum(1)
    assert logs["soft_targets"] == pytest.approx(by_sentence.mean(), rel=1e-4)


def test_accuracy_is_that_of_words():
    """Padding counted as right, or as wrong, in every epoch's line."""
    inputs, logits, labels = batch()
    labels[0, 0] = -100
    best = tagger()(inputs)["logits"].numpy().argmax(-1)
    known = labels >= 0
    logs, _ = trained((inputs, logits, labels), HardLabels(), metrics=["accuracy"])
    assert logs["accuracy"] == pytest.approx((best == labels)[known].mean(), abs=1e-6)


def test_sentences_without_labels_learn_from_the_teacher():
    """-100 in all words taken for a class, or for a sentence that is to be left out."""
    inputs, logits, labels = batch()
    labels[2:] = -100
    logs, _ = trained((inputs, logits, labels), HardLabels() + SoftTargets(temperature=2.0))
    few = {name: array[:2] for name, array in inputs.items()}
    of_few, _ = trained((few, logits[:2], labels[:2]), HardLabels())
    of_all, _ = trained((inputs, logits, labels), 1.0 * SoftTargets(temperature=2.0))
    assert logs["hard_labels"] == pytest.approx(of_few["hard_labels"], rel=1e-5)
    assert logs["soft_targets"] == pytest.approx(of_all["soft_targets"], rel=1e-5)


def test_nan_of_one_word():
    """NaN in the target of one word, and every weight of the student is NaN."""
    inputs, logits, labels = batch()
    logits[inputs["word_starts"] < 0] = np.nan
    expected, _ = trained((inputs, np.nan_to_num(logits), labels), 1.0 * SoftTargets())
    logs, weights = trained((inputs, logits, labels), 1.0 * SoftTargets())
    assert logs["soft_targets"] == pytest.approx(expected["soft_targets"], rel=1e-5)
    assert all(np.isfinite(each).all() for each in weights)
    distiller = Distiller(student=tagger(), objective=1.0 * SoftTargets())
    distiller.compile("sgd", jit_compile=False)
    logits[1, 0, 0] = np.nan
    with pytest.raises(Exception, match="NaN"):
        distiller.fit(*as_fed((inputs, logits, labels)), batch_size=5, verbose=0)


def test_cells_of_an_answer_are_classes():
    """Start and end as two words of which a mask leaves one; padding as an answer."""
    inputs, logits, _ = batch()
    cells = tf.constant(
        np.where(inputs["word_starts"][:, None] < 0, NO_CELL, logits.transpose(0, 2, 1)[:, :2])
    )
    assert masks.position_mask(inputs, None, {"logits": cells}) is None
    words = masks.position_mask(inputs, None, {"logits": tf.constant(logits)})
    np.testing.assert_array_equal(words, inputs["word_starts"] >= 0)

    @tf.function(
        input_signature=[
            {name: tf.TensorSpec((None, None), tf.int32) for name in inputs},
            tf.TensorSpec((None, 2, None), tf.float32),
        ]
    )
    def traced(inputs, cells):
        assert masks.position_mask(inputs, None, {"logits": cells}) is None
        return cells

    traced(inputs, cells)
    outputs = {"logits": cells}
    other = {"logits": tf.where(cells > NO_CELL, -cells, NO_CELL)}
    loss = SoftTargets(temperature=2.0)(outputs, other, Batch(), {})
    assert np.isfinite(loss).all()
    wide = [
        {"logits": tf.pad(o["logits"], [[0, 0], [0, 0], [0, 9]], constant_values=NO_CELL)}
        for o in (outputs, other)
    ]
    np.testing.assert_allclose(SoftTargets(temperature=2.0)(*wide, Batch(), {}), loss, rtol=1e-5)
