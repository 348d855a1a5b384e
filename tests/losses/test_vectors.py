"""One battery for every loss on vectors of texts: see `vector_cases.py` for the list."""

import json

import numpy as np
import pytest
import tensorflow as tf
from vector_cases import CASES, unit

from tfkd import Batch, Objective, SimilarityDistribution, UserError, VectorError


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


def arrays(case, batch=5, seed=0):
    rng = np.random.default_rng(seed)
    sides = rng.normal(size=(batch, 4)), rng.normal(size=(batch, case.width))
    return tuple(3 * side.astype("float32") for side in sides)


def bundle(array):
    return {"embedding": tf.constant(array)}


def projections(loss, student, teacher, seed=1):
    rng = np.random.default_rng(seed)
    shapes = loss.weights(bundle(student), bundle(teacher))
    return {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def gradients(loss, student, teacher, weights):
    student, teacher = tf.constant(student), tf.constant(teacher)
    weights = {name: tf.constant(each) for name, each in weights.items()}
    with tf.GradientTape() as tape:
        tape.watch([student, teacher, weights])
        value = loss({"embedding": student}, {"embedding": teacher}, Batch(), weights)
        total = tf.reduce_sum(value)
    return value, *tape.gradient(total, [student, teacher, weights])


def test_equals_numpy(case):
    student, teacher = arrays(case)
    weights = projections(case.loss, student, teacher)
    assert bool(weights) == (case.width != 4 or case.name == "always projected") or (
        "distribution" in case.name
    )
    value, *_ = gradients(case.loss, student, teacher, weights)
    assert (value.shape, value.dtype) == ((5,), tf.float32)
    wanted = case.reference(
        *(unit(side.astype("float64")) for side in (student, teacher)), weights.get("first_4")
    )
    np.testing.assert_allclose(value, wanted, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.zero_when_equal], ids=lambda case: case.name
)
def test_zero_when_student_equals_teacher(case):
    student, _ = arrays(case)
    value, gradient, *_ = gradients(case.loss, student, student, {})
    np.testing.assert_allclose(value, 0.0, atol=1e-5)
    np.testing.assert_allclose(gradient, 0.0, atol=1e-5)


def test_gradients_go_to_the_student_and_the_projections_alone(case):
    student, teacher = arrays(case)
    weights = projections(case.loss, student, teacher)
    _, gradient, of_teacher, of_weights = gradients(case.loss, student, teacher, weights)
    assert np.abs(gradient).max(axis=-1).min() > 1e-6
    assert of_teacher is None
    assert all(np.abs(each).max() > 1e-6 for each in of_weights.values())


def test_graph_xla_and_half_precision_give_the_same(case):
    student, teacher = (side.astype("float16") for side in arrays(case))
    weights = projections(case.loss, student, teacher)
    wanted, *_ = gradients(case.loss, student.astype("float32"), teacher.astype("float32"), weights)
    compiled = tf.function(
        lambda s, t: case.loss({"embedding": s}, {"embedding": t}, Batch(), weights),
        jit_compile=True,
    )
    np.testing.assert_allclose(compiled(student, teacher), wanted, rtol=1e-5, atol=1e-6)


def test_config_round_trip(case):
    objective = 0.25 * case.loss
    assert Objective.from_config(json.loads(json.dumps(objective.get_config()))) == objective


@pytest.mark.parametrize("loss", [VectorError, SimilarityDistribution])
def test_prefixes_are_the_mean_of_vectors_cut_to_them(loss):
    """A prefix that is not of length 1 again is compared by the length that was cut off."""
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(2, 5, 4)).astype("float32")
    whole, first = loss(), loss(prefixes=(2, 4))
    weights = projections(first, student, teacher)
    assert list(weights) == (["first_2"] if loss is VectorError else [])
    value, *_ = gradients(first, student, teacher, weights)
    alone, *_ = gradients(whole, student, teacher, {})
    cut, *_ = gradients(whole, student[:, :2], teacher, weights)
    np.testing.assert_allclose(value, (alone + cut) / 2, rtol=1e-5)


def test_a_vector_of_zeros_has_a_finite_gradient(case):
    student, teacher = arrays(case)
    student[0], teacher[1] = 0, 0
    weights = projections(case.loss, student, teacher)
    value, gradient, *_ = gradients(case.loss, student, teacher, weights)
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: VectorError(error="angle"), "'cosine', 'squared'"),
        (lambda: VectorError(prefixes=(0,)), "whole numbers above 0"),
        (lambda: SimilarityDistribution(temperature=0), "temperature"),
        (lambda: VectorError(prefixes=(8,)).check(*[bundle(np.ones((2, 4)))] * 2, Batch()), "4"),
        (
            lambda: VectorError(projection="never").weights(
                bundle(np.ones((2, 4))), bundle(np.ones((2, 6)))
            ),
            "projection=",
        ),
        (
            lambda: VectorError().check(
                bundle(np.ones((2, 4))), bundle(np.ones((2, 3, 4))), Batch()
            ),
            "one vector for each text",
        ),
    ],
)
def test_what_cannot_work_is_one_sentence(make, says):
    with pytest.raises(UserError, match=says):
        make()
