"""A Distiller trains as `model.fit` does, in every flavour and under every option of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import Counting, assert_same_weights, data, linear, mlp

from tfkd import Distiller, HardLabels, SoftTargets, hinton


def sgd(rate):
    return keras.optimizers.SGD(rate)


def fitted(student, x, y, *, compile=None, optimizer=None, **options):
    fit = {"batch_size": 8, "shuffle": False, "verbose": 0, **options}
    teacher = fit.pop("teacher", None) or linear(seed=7)
    distiller = Distiller(
        student=student, teacher=teacher, objective=fit.pop("objective", hinton(2.0, 0.5))
    )
    distiller.compile(optimizer or keras.optimizers.SGD(0.1), **(compile or {}))
    return distiller.fit(x, y, **fit).history


def test_hard_labels_alone_equal_model_fit():
    """Dropout, sample weights and L2 on: the student must not notice who trains it."""
    x, y = data(26)  # a short last batch
    weight = np.linspace(0.1, 3.0, 26).astype("float32")
    student, twin = (mlp(dropout=0.3, l2=0.05) for _ in range(2))
    assert_same_weights(student, twin)
    keras.utils.set_random_seed(1)
    history = fitted(student, x, y, objective=hinton(soft_weight=0.0), sample_weight=weight)
    keras.utils.set_random_seed(1)
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    twin.compile(keras.optimizers.SGD(0.1), loss)
    twin.fit(x, y, batch_size=8, shuffle=False, verbose=0, sample_weight=weight)
    assert_same_weights(student, twin, atol=1e-6)
    assert np.isfinite(history["loss"]).all()


def test_the_reported_loss_equals_model_fits():
    """Regularisation included, over a short last batch, while the weights move."""
    x, y = data(17)
    student, twin = mlp(l2=0.5), mlp(l2=0.5)
    ours = fitted(student, x, y, objective=HardLabels(), epochs=2, optimizer=sgd(0.5))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    twin.compile(sgd(0.5), loss)
    theirs = twin.fit(x, y, batch_size=8, shuffle=False, verbose=0, epochs=2).history
    np.testing.assert_allclose(ours["loss"], theirs["loss"], rtol=1e-6)


def test_class_weights_equal_model_fit():
    """Keras multiplies class weights into the sample weights."""
    x, y = data()
    student, twin = mlp(l2=0.05), mlp(l2=0.05)
    weights = {0: 0.2, 1: 1.0, 2: 5.0}
    fitted(student, x, y, objective=HardLabels(), class_weight=weights)
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    twin.compile(keras.optimizers.SGD(0.1), loss)
    twin.fit(x, y, batch_size=8, shuffle=False, verbose=0, class_weight=weights)
    assert_same_weights(student, twin, atol=1e-6)


def test_class_weights_are_of_the_training_alone():
    """Validation, and every later `evaluate`, were weighed as well: the best epoch was another."""
    x, y = data(48)
    distiller = Distiller(student=linear(seed=1), objective=HardLabels())
    distiller.compile(keras.optimizers.SGD(0.0), weighted_metrics=["accuracy"])
    before = distiller.evaluate(x, y, verbose=0, return_dict=True)
    weights, options = {0: 10.0, 1: 0.1}, {"validation_data": (x, y), "verbose": 0}
    for class_weight in (weights, None):
        history = distiller.fit(x, y, class_weight=class_weight, **options).history
        found = {name: history[f"val_{name}"][0] for name in before}
        assert found == pytest.approx(before)
    assert distiller.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(before)


def test_soft_targets_reach_the_teachers_function():
    """The whole point: without a label the student becomes the teacher."""
    x, _ = data(128)
    student, teacher = linear(seed=1), linear(seed=7)
    fitted(
        student,
        tf.data.Dataset.from_tensors(x).repeat(300),
        None,
        teacher=teacher,
        objective=SoftTargets(temperature=2.0),
        optimizer=keras.optimizers.Adam(0.05),
        batch_size=None,
        compile={"steps_per_execution": 100},
    )
    p, q = (keras.ops.softmax(model(x)) for model in (teacher, student))
    np.testing.assert_allclose(q, p, atol=1e-3)


def test_the_step_by_hand():
    """One SGD step on the textbook gradient, computed without TensorFlow."""
    x, y = data(6)
    student, teacher = linear(seed=1), linear(seed=7)
    kernel, bias = (w.copy() for w in student.get_weights())
    s, t = (x @ m.get_weights()[0] + m.get_weights()[1] for m in (student, teacher))

    def softmax(z):
        e = np.exp(z - z.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    slope = 0.3 * (softmax(s) - np.eye(3)[y]) + 0.7 * 4.0 * (softmax(s / 4) - softmax(t / 4))
    objective = 0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)
    fitted(student, x, y, teacher=teacher, objective=objective)
    np.testing.assert_allclose(student.get_weights()[0], kernel - 0.1 * x.T @ slope / 6, atol=1e-6)
    np.testing.assert_allclose(student.get_weights()[1], bias - 0.1 * slope.mean(0), atol=1e-6)


def test_a_sample_weight_acts_on_the_soft_term_too():
    """Weight 0 is the same as leaving the example out; weight 2 the same as giving it twice."""
    x, y = data(4)
    student, twin = linear(seed=1), linear(seed=1)
    fitted(student, x, y, sample_weight=np.array([1.0, 0.0, 2.0, 1.0]))
    chosen = [0, 2, 2, 3]
    fitted(twin, x[chosen], y[chosen])
    assert_same_weights(student, twin, atol=1e-6)


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    "options",
    [
        {"jit_compile": True},
        {"jit_compile": False},
        {"steps_per_execution": 4},
        {"run_eagerly": True},
    ],
    ids=str,
)
def test_compile_options_change_nothing(options):
    """How a step is executed is no part of the recipe."""
    x, y = data(30)
    student, twin = mlp(l2=0.01), mlp(l2=0.01)
    want = fitted(twin, x, y, epochs=2)
    got = fitted(student, x, y, epochs=2, compile=options)
    assert_same_weights(student, twin, atol=1e-6)
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-5)


def test_clipnorm():
    """A clip that does not act lets one bad batch through."""
    x, y = data(8)
    student = linear(seed=1)
    before = student.get_weights()
    fitted(student, 1e3 * x, y, optimizer=keras.optimizers.SGD(1.0, global_clipnorm=0.5))
    moved = [a - b for a, b in zip(student.get_weights(), before, strict=True)]
    assert np.sqrt(sum((m**2).sum() for m in moved)) == pytest.approx(0.5, rel=1e-4)


def test_gradient_accumulation():
    """Two half batches accumulated are one batch."""
    x, y = data(16)
    student, twin = linear(seed=1), linear(seed=1)
    fitted(student, x, y, optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))
    fitted(twin, x, y, batch_size=16)
    assert_same_weights(student, twin, atol=1e-6)


def test_student_runs_once_per_step():
    """Two forward passes are two dropout masks, and half the speed."""

    @keras.saving.register_keras_serializable("tests")
    class Counted(keras.layers.Layer):
        calls = 0

        def call(self, x):
            Counted.calls += 1
            return x

    student = keras.Sequential([keras.Input((5,)), Counted(), keras.layers.Dense(3)])
    distiller = Distiller(student=student, teacher=linear())
    distiller.compile("sgd", run_eagerly=True)
    x, y = data(8)
    distiller.fit(x, y, batch_size=8, verbose=0)
    Counted.calls = 0
    distiller.train_step((tf.constant(x), tf.constant(y)))
    assert Counted.calls == 1


def test_teacher_runs_once_per_step_and_in_inference_mode():
    """A teacher with dropout on is another teacher at every step."""
    modes = []

    class Teacher(keras.Model):
        def call(self, x, training=None):
            modes.append(training)
            return x[:, :3]

    distiller = Distiller(student=linear(), teacher=Teacher())
    distiller.compile("sgd", run_eagerly=True)
    x, y = data(8)
    distiller.fit(x, y, batch_size=8, verbose=0)
    modes.clear()
    distiller.train_step((tf.constant(x), tf.constant(y)))
    assert modes == [False]


def test_the_teacher_and_its_flags_are_untouched():
    """A flag flipped for good: the caller's next fine-tuning trains nothing."""
    teacher = mlp(dropout=0.5, seed=9)
    teacher.layers[0].trainable = False
    flags = [layer.trainable for layer in teacher._flatten_layers()]
    before = teacher.get_weights()
    fitted(mlp(), *data(), teacher=teacher, epochs=2)
    assert [layer.trainable for layer in teacher._flatten_layers()] == flags
    for a, b in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_unlabelled_examples_train_on_the_teacher_alone():
    """-100 in half of y: the hard term's mean is over the other half, the soft one's over all."""
    x, y = data(8)
    y[4:] = -100
    student, teacher = linear(seed=1), linear(seed=7)
    history = fitted(student, x, y, teacher=teacher, optimizer=keras.optimizers.SGD(0.0))
    s, t = (tf.constant(m(x)) for m in (student, teacher))
    hard = tf.nn.sparse_softmax_cross_entropy_with_logits(y[:4], s[:4])
    p = tf.nn.softmax(t / 2)
    soft = 4 * tf.reduce_sum(p * (tf.nn.log_softmax(t / 2) - tf.nn.log_softmax(s / 2)), -1)
    assert history["hard_labels"][0] == pytest.approx(float(tf.reduce_mean(hard)), rel=1e-5)
    assert history["soft_targets"][0] == pytest.approx(float(tf.reduce_mean(soft)), rel=1e-5)


def test_class_weights_with_unlabelled_examples():
    """-100 has no class, so it weighs 1 and is no error."""
    x, y = data(8)
    y[:] = [0, 1, 2, -100, -100, 0, 1, 2]
    weights = np.array([3.0, 1, 0.5, 1, 1, 3, 1, 0.5])
    student, twin = linear(seed=1), linear(seed=1)
    fitted(student, x, y, class_weight={0: 3.0, 2: 0.5})
    fitted(twin, x, y, sample_weight=weights)
    assert_same_weights(student, twin, atol=1e-6)


def test_class_weights_of_a_later_fit():
    """A second `fit` without class weights must forget those of the first."""
    x, y = data(8)
    student, twin = linear(seed=1), linear(seed=1)
    teacher = linear(seed=7)
    for model, weights in ((student, {0: 9.0}), (twin, None)):
        distiller = Distiller(student=model, teacher=teacher)
        distiller.compile(keras.optimizers.SGD(0.1))
        distiller.fit(x, y, verbose=0, class_weight=weights)
        model.set_weights(linear(seed=1).get_weights())
        distiller.fit(x, y, verbose=0)
    assert_same_weights(student, twin, atol=1e-6)


def test_a_teacher_in_numpy_equals_the_same_in_tensorflow():
    """What a teacher is made of is no part of the recipe."""
    x, y = data()
    student, twin = linear(seed=1), linear(seed=1)
    counting = Counting(linear(seed=7))
    fitted(student, x, y, teacher=counting)
    fitted(twin, x, y)
    assert counting.calls == 1 + 3  # the first batch, looked at, and three steps
    assert_same_weights(student, twin, atol=1e-6)


def test_one_trainable_model_with_regularisation_of_its_own():
    """`add_loss` inside a layer is part of the loss, as in `model.fit`."""

    class Pull(keras.layers.Layer):
        def call(self, x):
            self.add_loss(0.1 * keras.ops.sum(keras.ops.square(x)))
            return x

    def student():
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3), Pull()])
        model.set_weights(linear(seed=1).get_weights())
        return model

    x, y = data(8)
    one, twin = student(), student()
    fitted(one, x, y, objective=HardLabels())
    twin.compile(
        keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    twin.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    assert_same_weights(one, twin, atol=1e-6)
