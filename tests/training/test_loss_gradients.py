"""The gradients of a distillation's loss are those that a step follows."""

import keras
import numpy as np
from toys import data, linear, mlp

from tfkd import Distiller
from tfkd.training.loss_gradients import loss_gradients


def test_a_step_follows_them():
    """A loss that is another one than the training's, or weights that move while one looks."""
    x, y = data(24)
    distiller = Distiller(student=mlp(), teacher=linear(), example=(x, y))
    before = distiller.student.get_weights()
    model = keras.models.clone_model(distiller.student)
    model.set_weights(before)
    (gradients,) = loss_gradients(distiller, model, [(x, y)])
    distiller.compile(keras.optimizers.SGD(1.0))
    distiller.train_on_batch(x, y)
    after = distiller.student.get_weights()
    for one, other, gradient in zip(before, after, gradients, strict=True):
        np.testing.assert_allclose(one - other, gradient, atol=1e-6)


def test_without_dropout():
    """Another answer at every call."""
    x, y = data(24)
    distiller = Distiller(student=mlp(dropout=0.5), teacher=linear(), example=(x, y))
    once, again = (
        [np.asarray(g) for g in next(loss_gradients(distiller, distiller.student, [(x, y)]))]
        for _ in range(2)
    )
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one, other)
