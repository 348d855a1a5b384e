"""One body with several heads: each loss reads its own head's outputs, labels and mask."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkd
from tfkd import ForHead, HardLabels, Objective, SoftTargets

IDS = np.random.default_rng(0).integers(1, 20, (16, 6)).astype("int32")
INTENT = (IDS[:, 0] % 3).astype("int32")
TAGS = (IDS % 4).astype("int32")


def model(seed, heads=("intent", "slots")):
    """A body with a head for the text, and one for each token."""
    keras.utils.set_random_seed(seed)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    hidden = keras.layers.Embedding(20, 8)(ids)
    outputs = {
        "intent.logits": keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(hidden)),
        "slots.logits": keras.layers.Dense(4)(hidden),
    }
    if len(heads) == 1:
        return keras.Model(ids, outputs[f"{heads[0]}.logits"])
    return keras.Model(ids, outputs)


def train(objective, student, y, x=IDS, *, metrics=None, teacher=None, epochs=2):
    """The history of a short training."""
    distiller = tfkd.Distiller(student=student, teacher=teacher, objective=objective)
    distiller.compile(keras.optimizers.SGD(0.5), metrics=metrics)
    options = {"validation_data": (x, y)} if teacher is None else {}
    return distiller.fit(
        x, y, batch_size=8, shuffle=False, epochs=epochs, verbose=0, **options
    ).history


def test_one_head_of_two_is_trained_as_if_it_were_alone():
    """A head of weight 0 changes nothing, whichever head it is."""
    for head, other, labels in (("intent", "slots", INTENT), ("slots", "intent", TAGS)):
        alone = train(HardLabels(), model(1, (head,)), labels, metrics=["accuracy"])
        joint = train(
            ForHead(head, HardLabels()) + 0.0 * ForHead(other, HardLabels()),
            model(1),
            {"intent": INTENT, "slots": TAGS},
            metrics={head: ["accuracy"]},
        )
        np.testing.assert_allclose(joint["loss"], alone["loss"], rtol=1e-5)
        np.testing.assert_allclose(joint[f"{head}_accuracy"], alone["accuracy"])
        np.testing.assert_allclose(joint[f"val_{head}_accuracy"], alone["val_accuracy"])


def test_losses_of_all_heads_are_weighed_and_reported_by_name():
    """`loss` is their weighted sum; each has its own name, and its own metrics."""
    objective = 0.5 * ForHead("intent", HardLabels()) + 2.0 * ForHead("slots", HardLabels())
    history = train(
        objective,
        model(1),
        {"intent": INTENT, "slots": TAGS},
        metrics={"intent": ["accuracy"], "slots": ["accuracy"]},
    )
    assert {"intent_hard_labels", "slots_hard_labels", "intent_accuracy", "slots_accuracy"} <= set(
        history
    )
    parts = 0.5 * np.array(history["intent_hard_labels"]) + 2.0 * np.array(
        history["slots_hard_labels"]
    )
    np.testing.assert_allclose(history["loss"], parts, rtol=1e-5)
    assert history["slots_accuracy"][-1] > history["slots_accuracy"][0]


def test_examples_may_have_labels_for_some_heads_only():
    """An unlabelled example of one head weighs 0 there, and teaches the others."""
    some = np.where(np.arange(16) < 8, INTENT, -100)
    objective = ForHead("intent", HardLabels()) + ForHead("slots", HardLabels())
    student = model(1)
    history = train(objective, student, {"intent": some, "slots": TAGS}, epochs=1)
    whole = train(HardLabels(), model(1, ("intent",)), INTENT[:8], IDS[:8], epochs=1)
    # The first batch holds all labels of the intents, the second none.
    np.testing.assert_allclose(history["intent_hard_labels"], whole["hard_labels"], rtol=1e-5)


def test_teacher_by_head_live_and_stored():
    """A teacher returns a dict by head, in the step or beforehand; both teach the same."""
    objective = ForHead("intent", SoftTargets()) + ForHead("slots", SoftTargets())
    teacher = model(7)
    live = train(objective, model(1), None, teacher=teacher)
    targets = {name: np.asarray(value) for name, value in teacher(IDS).items()}
    distiller = tfkd.Distiller(student=model(1), objective=objective)
    distiller.compile(keras.optimizers.SGD(0.5))
    stored = distiller.fit(
        {"student": IDS, "targets": targets}, batch_size=8, shuffle=False, epochs=2, verbose=0
    ).history
    np.testing.assert_allclose(stored["loss"], live["loss"], rtol=1e-5)
    assert live["loss"][1] < live["loss"][0]


def test_targets_that_are_not_finite_leave_their_example_out():
    """NaN in one head's targets gives the example the weight 0, and is told."""
    objective = ForHead("intent", SoftTargets()) + ForHead("slots", SoftTargets())
    targets = {name: np.array(value) for name, value in model(7)(IDS).items()}
    targets["slots.logits"][12, 2, 1] = np.nan
    student = model(1)
    distiller = tfkd.Distiller(student=student, objective=objective)
    distiller.compile("adam")
    with pytest.raises(tfkd.UserError, match="NaN or \\+inf for 1 example"):
        distiller.fit({"student": IDS, "targets": targets}, batch_size=8, shuffle=False, verbose=0)
    assert all(np.isfinite(weight).all() for weight in student.get_weights())


def test_wrong_label_of_a_head_is_left_out_and_told():
    """A label beyond a head's classes is found by the head's own number of classes."""
    objective = ForHead("intent", HardLabels()) + ForHead("slots", HardLabels())

    def batches():
        labels = np.where(np.arange(16) == 3, 3, INTENT)
        yield IDS, {"intent": INTENT, "slots": TAGS}
        yield IDS, {"intent": labels, "slots": TAGS}

    distiller = tfkd.Distiller(student=model(1), objective=objective)
    distiller.compile("adam")
    data = tf.data.Dataset.from_generator(
        batches,
        output_signature=(
            tf.TensorSpec((None, 6), tf.int32),
            {"intent": tf.TensorSpec((None,)), "slots": tf.TensorSpec((None, 6))},
        ),
    )
    with pytest.raises(tfkd.UserError, match=r"row 3 of its batch: 3"):
        distiller.fit(data, verbose=0)


@pytest.mark.parametrize(
    ("y", "options", "sentence"),
    [
        (INTENT, {}, 'y is one array and the losses are on the heads intent, slots: give y={"in'),
        ({"intent": INTENT, "slot": TAGS}, {}, "y is intent, slot and the losses"),
        ({"intent": INTENT, "slots": TAGS}, {"class_weight": {0: 2.0}}, "class_weight does not"),
    ],
)
def test_what_does_not_say_its_head(y, options, sentence):
    """Labels and class weights without a head are refused in one sentence."""
    objective = ForHead("intent", HardLabels()) + ForHead("slots", HardLabels())
    distiller = tfkd.Distiller(student=model(1), objective=objective)
    distiller.compile("adam")
    with pytest.raises(tfkd.UserError) as error:
        distiller.fit(IDS, y, verbose=0, **options)
    assert sentence in str(error.value)


def test_other_mistakes_with_heads():
    """Metrics without a head, a head that the student lacks, labels by head without losses."""
    objective = ForHead("intent", HardLabels()) + ForHead("slots", HardLabels())
    distiller = tfkd.Distiller(student=model(1), objective=objective)
    with pytest.raises(tfkd.UserError, match=r"write metrics=\{"):
        distiller.compile("adam", metrics=["accuracy"])
    other = tfkd.Distiller(student=model(1), objective=ForHead("topic", HardLabels()))
    other.compile("adam")
    with pytest.raises(tfkd.UserError, match=r"no 'topic\.logits'"):
        other.fit(IDS, {"topic": INTENT}, verbose=0)
    headless = tfkd.Distiller(student=model(1), objective=HardLabels())
    headless.compile("adam")
    with pytest.raises(tfkd.UserError, match=r"which head each loss is on, e\.g\. ForHead\('in"):
        headless.fit(IDS, INTENT, verbose=0)
    plain = tfkd.Distiller(student=model(1, ("intent",)), objective=HardLabels())
    plain.compile("adam")
    with pytest.raises(tfkd.UserError, match="ForHead\\('intent', HardLabels\\(\\)\\)"):
        plain.fit(IDS, {"intent": INTENT, "slots": TAGS}, verbose=0)


def test_losses_on_heads_come_back_from_their_config():
    """A config names the head beside the loss, or the loss inside of `ForHead`."""
    objective = 0.5 * ForHead("intent", HardLabels()) + 2.0 * ForHead("n", SoftTargets("binary"))
    assert Objective.from_config(objective.get_config()) == objective
    terms = [{"loss": "HardLabels", "head": "n", "weight": 2.0}]
    read = Objective.from_config({"terms": terms}, form={"n": "regression"})
    assert read == 2.0 * ForHead("n", HardLabels("regression"))
