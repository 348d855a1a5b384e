"""Rules for weights: what layers read in their place, and what is kept after an update."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from toys import data, linear

from tfkd import Distiller, HardLabels, UserError
from tfkd.models.weight_rules import WeightRule

X, Y = data(64)


class Half(WeightRule):
    """Layers read half of a weight."""

    def read(self, variable):
        return variable.value / 2


class Zeros(WeightRule):
    """What was zero stays so."""

    def keep(self, before, step):
        pairs = zip(before, self.variables, strict=True)
        return [tf.where(old == 0, tf.zeros_like(old), v.value) for old, v in pairs]


def mlp():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((X.shape[1],)),
            layers.Dense(8, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3),
        ]
    )


def train(student, rules, **options):
    distiller = Distiller(student=student, objective=HardLabels(), rules=rules(student))
    distiller.compile(keras.optimizers.SGD(0.5), **options)
    distiller.fit(X, Y, batch_size=16, verbose=0, shuffle=False)
    return distiller


def test_layers_read_what_a_rule_says():
    """A linear model that reads half of its weights follows half of the gradient."""
    student, plain = linear(3, seed=1), linear(3, seed=1)
    for weight in plain.weights:
        weight.assign(weight / 2)
    start = [weight.numpy() for weight in student.weights]
    halved = Distiller(
        student=student, objective=HardLabels(), rules=[Half(student.trainable_variables)]
    )
    other = Distiller(student=plain, objective=HardLabels())
    for distiller in (halved, other):
        distiller.compile(keras.optimizers.SGD(0.5))
    one, other = (each.train_on_batch(X[:16], Y[:16], return_dict=True) for each in (halved, other))
    assert np.isclose(one["loss"], other["loss"])
    for before, weight, two in zip(start, student.weights, plain.weights, strict=True):
        np.testing.assert_allclose(weight - before, (two - before / 2) / 2, atol=1e-6)


def test_states_of_layers_are_updated_outside_of_the_rule():
    """Moving means and the random numbers of dropout move on as ever."""
    ruled, plain = mlp(), mlp()
    train(ruled, lambda student: [WeightRule(student.trainable_variables), Half([])])
    train(plain, lambda student: [])
    for one, two in zip(ruled.variables, plain.variables, strict=True):
        np.testing.assert_array_equal(one, two)
    halved, start = mlp(), mlp()
    train(halved, lambda student: [Half(student.trainable_variables)])
    moved = [
        not np.array_equal(one, two)
        for one, two in zip(
            halved.non_trainable_variables, start.non_trainable_variables, strict=True
        )
    ]
    assert all(moved)


def test_losses_of_layers_count_under_a_rule():
    """A penalty on activations that is lost with the scope in which layers read other values."""

    def penalised():
        keras.utils.set_random_seed(0)
        hidden = keras.layers.Dense(8, "relu", activity_regularizer=keras.regularizers.L2(0.1))
        inner = keras.Sequential([keras.Input((X.shape[1],)), hidden])
        return keras.Sequential([keras.Input((X.shape[1],)), inner, keras.layers.Dense(3)])

    class Same(WeightRule):
        def read(self, variable):
            return tf.convert_to_tensor(variable.value)

    ruled, plain = penalised(), penalised()
    one = train(ruled, lambda student: [Same(student.trainable_variables)])
    two = train(plain, lambda student: [])
    for a, b in zip(ruled.weights, plain.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    one, two = (each.evaluate(X, Y, verbose=0, return_dict=True) for each in (one, two))
    assert one["loss"] > one["hard_labels"] + 0.01
    assert one["loss"] == pytest.approx(two["loss"])


@pytest.mark.parametrize("steps", [1, 2])
def test_zeros_stay_through_momentum_and_decay(steps):
    student = mlp()
    kernel = student.layers[0].kernel
    mask = np.arange(kernel.numpy().size).reshape(kernel.shape) % 2
    kernel.assign(kernel * mask)
    train(student, lambda student: [Zeros([kernel])], steps_per_execution=steps)
    assert (kernel.numpy() == 0).tolist() == (mask == 0).tolist()


def test_a_rule_for_another_model_is_refused():
    rules = [Half(linear(3).trainable_variables)]
    for student in (linear(3), linear(3, keras=tf_keras)):
        with pytest.raises(UserError, match="the rule Half is for 2 variables that the student"):
            Distiller(student=student, objective=HardLabels(), rules=rules)
