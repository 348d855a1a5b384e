"""What a store lacks, and what was changed behind `join`: counted, computed or refused."""

import numpy as np
import pytest
import tensorflow as tf
from join_toys import OBJECTIVE, TEACHER, X, Y, batched, trained
from store_toys import Tokens, features, rows_of, texts, write
from toys import assert_same_weights, distil, linear

from tfkd.errors import UserError
from tfkd.store import StoredTeacher, join


def test_missing_examples_are_counted_before_anything(stored):
    """Zeros for targets, or an error in the last hour of the epoch."""
    more = np.concatenate([X, features(5, seed=9)])
    with pytest.raises(UserError, match=r"lacks 5 of 53 examples: write them with the same teach"):
        join(stored, batched(more))


@pytest.mark.parametrize("at", [0, 40])
@pytest.mark.parametrize("way", ["join", "teacher"])
def test_missing_examples_stop_the_run_with_one_sentence(stored, at, way):
    """A page of TensorFlow's errors with our sentence in the middle."""
    more = X.copy()
    more[at : at + 3] += 1
    dataset, teacher = batched(more, Y), StoredTeacher(stored)
    if way == "join":
        dataset, teacher = join(stored, dataset, check=False), None
    with pytest.raises(UserError, match=r"^.* lacks 3 of 8 examples: ") as caught:
        trained(dataset, teacher=teacher)
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_missing_examples_in_the_validation(stored):
    """The same, behind the first epoch."""
    more = features(8, seed=9)
    with pytest.raises(UserError, match="lacks 8 of 8 examples"):
        trained(
            join(stored, batched(X, Y)),
            validation_data=join(stored, batched(more, Y[:8]), check=False),
        )


def test_missing_examples_are_computed(stored):
    """The teacher, run for what is stored as well; or not run, and rows of another example."""

    class Counted:
        model, rows = TEACHER, 0

        def __call__(self, inputs):
            self.rows += len(inputs)
            return TEACHER(inputs)

    more, teacher = np.concatenate([X, features(6, seed=9)]), Counted()
    for size in (9, 54):
        dataset = join(stored, batched(more, size=size), teacher=teacher, missing="compute")
        found = np.concatenate([x["targets"]["logits"] for x in dataset.as_numpy_iterator()])
        expected = TEACHER.predict(more, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert 12 <= teacher.rows < 30


def test_missing_texts_are_computed_in_the_width_of_the_batch(tmp_path):
    """Hidden states of what was computed, shifted against those of what was stored."""
    teacher, batch, reads = Tokens(), texts(48), ("logits", "hidden_states")
    write(tmp_path, teacher, rows_of(batch, range(30)), reads=reads)
    dataset = join(tmp_path, batched(batch), teacher=teacher, missing="compute")
    for x in dataset.as_numpy_iterator():
        expected = Tokens()(x["student"], reads)
        for one, other in zip(
            tf.nest.flatten({name: x["targets"][name] for name in reads}),
            tf.nest.flatten(expected),
            strict=True,
        ):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_computed_and_stored_are_trained_alike(tmp_path):
    """Half of the targets from the store and half from the teacher, under one student."""
    write(tmp_path, TEACHER, X[:24], dtype="float32")
    dataset = join(tmp_path, batched(X, Y), teacher=TEACHER, missing="compute")
    live = trained(batched(X, Y), teacher=TEACHER)
    assert_same_weights(trained(dataset), live, atol=1e-6)


@pytest.mark.parametrize("at", [0, 5])
def test_texts_changed_behind_join_are_refused(stored, at):
    """Augmented text under the targets of the text that it was."""

    def change(step, element):
        x, y = element
        noisy = tf.where(tf.equal(step, at), x["student"] + 1e-3, x["student"])
        return {**x, "student": noisy}, y

    dataset = join(stored, batched(X, Y)).enumerate().map(change)
    words = r"8 example\(s\) are not those that their stored targets belong to.*never after join"
    with pytest.raises(UserError, match=words) as caught:
        trained(dataset)
    assert ("at step 6 of epoch 1" in str(caught.value)) == (at == 5)


def test_a_refused_example_trains_nothing(stored):
    """The last step before the error, taken with another text's target."""
    student = linear(seed=1)

    def change(x, y):
        return {**x, "student": x["student"] + 1.0}, y

    joined = join(stored, batched(X, Y))
    with pytest.raises(UserError, match="at step 2 of epoch 1"):
        distil(student, joined.take(1).concatenate(joined.skip(1).map(change)), objective=OBJECTIVE)
    twin = linear(seed=1)
    distil(twin, joined.take(1), objective=OBJECTIVE)
    assert_same_weights(student, twin, atol=1e-6)
