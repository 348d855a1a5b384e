"""`join` and `StoredTeacher`: training from a store is training beside the teacher."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf
from join_toys import OBJECTIVE, TEACHER, X, Y, batched, trained
from store_toys import Tokens, rows_of, texts, write
from toys import CLASSES, assert_same_weights, distil, linear, tagger, token_data

from tfkd import SoftTargets
from tfkd.errors import UserError
from tfkd.losses import DistillationLoss
from tfkd.store import StoredTeacher, join


@dataclass(frozen=True)
class States(DistillationLoss):
    """The mean squared difference of the last hidden states."""

    reads: ClassVar[tuple[str, ...]] = ("hidden_states",)

    def __call__(self, student, teacher, batch, weights=None):
        one, other = student["logits"], tf.cast(teacher["hidden_states"][-1], tf.float32)
        return tf.reduce_mean(tf.square(one - other), axis=[1, 2])


@pytest.mark.slow
def test_stored_and_live_training_are_the_same(stored, tmp_path):
    """A student of a store that is a worse one, and nobody knows why."""
    live = trained(batched(X, Y), teacher=TEACHER)
    assert_same_weights(trained(join(stored, batched(X, Y))), live, atol=2e-3)
    write(tmp_path / "exact", TEACHER, X, dtype="float32")
    exact = trained(join(tmp_path / "exact", batched(X, Y)))
    assert_same_weights(exact, live, atol=1e-6)
    start = linear(seed=1).get_weights()
    assert np.abs(start[0] - live.get_weights()[0]).max() > 0.05  # something was learnt


def test_as_a_teacher_in_the_step(stored):
    """Arrays in place of a dataset, shuffled by Keras: the lookup goes by content."""
    live = trained(X, Y, teacher=TEACHER, batch_size=8)
    teacher = StoredTeacher(stored, teacher=TEACHER)
    assert_same_weights(trained(X, Y, teacher=teacher, batch_size=8), live, atol=2e-3)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.unbatch().shuffle(48, seed=3).batch(5),
        lambda d: d.repeat(2),
        lambda d: d.skip(2),
        lambda d: d.unbatch().filter(lambda x, y: y > 0).batch(8),
        lambda d: d.unbatch().batch(48),
    ],
    ids=["shuffle", "repeat", "subset", "filter", "another size"],
)
@pytest.mark.parametrize("behind", [False, True])
def test_what_changes_the_order_only(stored, change, behind):
    """Targets that are right in the first epoch and another text's after a shuffle."""
    dataset = batched(X, Y)
    joined = change(join(stored, dataset)) if behind else join(stored, change(dataset))
    count = 0
    for x, _ in joined.as_numpy_iterator():
        expected = TEACHER.predict(x["student"], verbose=0)
        np.testing.assert_allclose(x["targets"]["logits"], expected, rtol=1e-3, atol=1e-4)
        assert x["targets"]["logits"].dtype == "float32"
        count += len(expected)
    assert count >= 16


def test_another_tokenizer_of_the_student(tmp_path):
    """The student's ids looked up among the teacher's."""
    teacher = Tokens()
    both = {"student": X, "teacher": texts(48)}
    write(tmp_path, teacher, both["teacher"])
    dataset = join(tmp_path, batched(both, Y).shuffle(6, seed=0))
    for x, _ in dataset.as_numpy_iterator():
        assert set(x) == {"student", "targets", "checksum"}
        rows = [np.flatnonzero((each == X).all(1))[0] for each in x["student"]]
        expected = teacher(rows_of(both["teacher"], rows))["logits"]
        np.testing.assert_allclose(x["targets"]["logits"], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "element",
    [
        lambda x, y: x,
        lambda x, y: (x,),
        lambda x, y: (x, y),
        lambda x, y: (x, y, tf.cast(y, tf.float32)),
        lambda x, y: {"student": x},
        lambda x, y: ({"student": x, "teacher": x}, y),
    ],
    ids=["x", "(x,)", "(x, y)", "weights", "student", "both"],
)
def test_elements_of_every_form(stored, element):
    """A pipeline without labels that is joined to one with labels of None."""
    made = join(stored, batched(X, Y).map(element))
    first = next(made.as_numpy_iterator())
    x, *rest = first if isinstance(first, tuple) else (first,)
    np.testing.assert_array_equal(x["student"], X[:8])
    given = element(X[:8], Y[:8])
    assert len(rest) == (len(given) - 1 if isinstance(given, tuple) else 0)
    for each in rest:
        np.testing.assert_array_equal(each, Y[:8])
    spec = made.element_spec
    spec = spec[0] if isinstance(spec, tuple) else spec
    assert spec["targets"]["logits"].shape == (None, CLASSES)


def test_hidden_states_come_padded_as_the_batch_is(tmp_path):
    """Hidden states of one length, and a mask of another."""
    teacher, batch = Tokens(), texts(48)
    write(tmp_path, teacher, batch, reads=("logits", "hidden_states", "attentions"))
    for size in (5, 48):
        for x in join(tmp_path, batched(batch, size=size)).as_numpy_iterator():
            expected = teacher(x["student"], ("hidden_states", "attentions"))
            for name in ("hidden_states", "attentions"):
                for one, other in zip(x["targets"][name], expected[name], strict=True):
                    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_a_loss_on_hidden_states(tmp_path):
    """Stored hidden states that train nothing, or something else."""
    model, (x, _) = tagger(seed=7), token_data(24)

    def teacher(inputs):
        logits = model(inputs)["logits"]
        return {"logits": logits, "hidden_states": (2 * logits, logits)}

    write(tmp_path, teacher, x, reads=("hidden_states",), dtype="float32")
    live, other = tagger(seed=1), tagger(seed=1)
    distil(live, batched(x), teacher=teacher, objective=States(), epochs=2)
    history, _ = distil(other, join(tmp_path, batched(x)), objective=States(), epochs=2)
    assert history["loss"][1] < history["loss"][0]
    # A live teacher's padding is not zero, and a stored one's is: only the rest is compared.
    mask = x["attention_mask"].astype(bool)
    one, two = (each.predict(x, verbose=0)["logits"][mask] for each in (live, other))
    assert np.abs(one - two).max() < 0.1


@pytest.mark.parametrize("as_teacher", [False, True])
def test_what_is_not_stored_is_named_with_its_write(tmp_path, as_teacher):
    """A run that ends after an hour with KeyError: 'hidden_states'."""
    model, (x, _) = tagger(seed=7), token_data(24)
    write(tmp_path, model, x)
    objective = SoftTargets() + States()
    words = r"reads hidden_states too: write .*reads=\('logits', 'hidden_states'\)"
    teacher = StoredTeacher(tmp_path) if as_teacher else None
    dataset = batched(x) if as_teacher else join(tmp_path, batched(x))
    with pytest.raises(UserError, match=words):
        distil(tagger(), dataset, teacher=teacher, objective=objective)


def test_evaluate_of_joined_data(stored):
    """Validation that leaves out the term that the run is about."""
    dataset = join(stored, batched(X, Y))
    history, distiller = distil(
        linear(seed=1), dataset, objective=OBJECTIVE, validation_data=dataset
    )
    assert np.isfinite(history["val_soft_targets"]).all()
    assert "soft_targets" in distiller.evaluate(dataset, verbose=0, return_dict=True)


def test_top_k_trains_as_the_dense_logits_do(tmp_path):
    """Sparse targets at all classes must be dense ones."""
    students = []
    for k in (None, CLASSES):
        write(tmp_path / str(k), TEACHER, X, dtype="float32", top_k=k)
        students.append(trained(join(tmp_path / str(k), batched(X, Y))))
    assert_same_weights(*students)


def test_xla(stored):
    """Stored targets are what lets a step of any teacher be compiled."""
    students = [
        trained(join(stored, batched(X, Y)), compile={"jit_compile": jit}) for jit in (True, False)
    ]
    assert_same_weights(*students, atol=1e-6)
    with pytest.raises(UserError, match="this teacher cannot be compiled by XLA"):
        distil(linear(), X, Y, teacher=StoredTeacher(stored), compile={"jit_compile": True})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"missing": "compute"}, r"missing='compute' needs teacher="),
        ({"missing": "skip"}, "missing='skip': write 'error' or 'compute'"),
        ({"teacher": linear(seed=8)}, "holds the outputs of another teacher"),
    ],
)
def test_wrong_arguments(stored, options, words):
    """A mistake that shows in the first epoch, behind a page of traceback."""
    with pytest.raises(UserError, match=words):
        join(stored, batched(X), **options)


def test_single_examples_and_no_dataset(stored):
    """Each feature of a row looked up as an example of its own."""
    with pytest.raises(UserError, match=r"gives single examples: write dataset\.batch\(32\)"):
        join(stored, tf.data.Dataset.from_tensor_slices(X))
    for dataset in (X, [X], (X, Y)):
        with pytest.raises(UserError, match=r"give a tf\.data\.Dataset of batches"):
            join(stored, dataset)


def test_keras_fit_of_an_endless_dataset(stored):
    """A check that never ends."""
    dataset = join(stored, batched(X, Y).repeat())
    history, _ = distil(linear(), dataset, objective=OBJECTIVE, steps_per_epoch=9)
    assert np.isfinite(history["loss"]).all()
