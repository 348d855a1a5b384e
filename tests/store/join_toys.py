"""A small teacher, its data and a student for the tests of `join`."""

import tensorflow as tf
from toys import data, distil, linear

from tfkd import HardLabels, SoftTargets

X, Y = data(48)
TEACHER = linear(seed=7)
OBJECTIVE = 0.5 * HardLabels() + 0.5 * SoftTargets(temperature=2)


def batched(*tensors, size=8):
    """A `tf.data.Dataset` of batches; of one tensor or of a tuple."""
    given = tensors if len(tensors) > 1 else tensors[0]
    return tf.data.Dataset.from_tensor_slices(given).batch(size)


def trained(*fit_data, student=None, **options):
    """A student after three epochs."""
    student = student or linear(seed=1)
    distil(student, *fit_data, objective=OBJECTIVE, epochs=3, **options)
    return student
