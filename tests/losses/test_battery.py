"""One battery for every loss: see `loss_cases.py` for the list."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from feature_cases import CASES as FEATURE_CASES
from loss_cases import CASES
from vector_cases import CASES as VECTOR_CASES
from vector_cases import PAIRS

import tfkd
from tfkd import Objective, losses
from tfkd.losses import DistillationLoss
from tfkd.losses._batch import IGNORE, Batch

LEADS = [(5,), (4, 3)]  # one position per example; three positions per example


def name(case):
    return case.name


@pytest.fixture(params=CASES, ids=name)
def case(request):
    return request.param


def only(wanted):
    """The cases for which a test has a meaning."""
    return pytest.mark.parametrize("case", list(filter(wanted, CASES)), ids=name)


def value(case, student, teacher, labels, mask=None, dtype=None):
    """The loss `[batch]` of arrays."""

    def side(array):
        return None if array is None else {"logits": tf.convert_to_tensor(array, dtype)}

    labels, mask = (None if a is None else tf.constant(a) for a in (labels, mask))
    return case.loss(side(student), side(teacher), Batch(None, labels, mask), {})


def gradients(case, student, teacher, labels, mask=None):
    """The loss and its gradients with respect to both models' logits."""
    student, teacher = tf.constant(student), tf.constant(teacher)
    with tf.GradientTape() as tape:
        tape.watch([student, teacher])
        loss = value(case, student, teacher, labels, mask)
        total = tf.reduce_sum(loss)
    return loss, *tape.gradient(total, [student, teacher])


def reference(case, student, teacher, labels, mask):
    """The mean of the reference over the positions of each example that count."""
    result = []
    for b in range(len(student)):
        values = [
            case.reference(student[i], teacher[i], None if labels is None else labels[i])
            for i in np.ndindex(student.shape[:-1])
            if i[0] == b and mask[i] and not (case.labels in ("id", "binary") and labels[i] < 0)
        ]
        result.append(np.mean(values) if values else 0.0)
    return result


def test_every_loss_and_form_is_in_the_battery():
    """A loss that nobody measures is a loss that nobody knows to be right."""
    # `ForHead` is another loss on a part of the outputs: see tests/training/test_heads.py.
    names = [name for name in tfkd.losses.__all__ if name not in ("FORMS", "ForHead")]
    public = [getattr(tfkd.losses, name) for name in names]
    losses = [c for c in public if issubclass(c, DistillationLoss) and c.__doc__.count(">>>")]
    wanted = {(cls, form) for cls in losses for form in getattr(cls, "forms", [None])}
    assert len(losses) >= 18
    every = [c.loss for c in (*CASES, *FEATURE_CASES, *VECTOR_CASES, *PAIRS)]
    assert wanted <= {(type(loss), getattr(loss, "form", None)) for loss in every}


@pytest.mark.parametrize("lead", LEADS)
def test_one_float32_number_per_example(case, lead):
    """A scalar would make the weighted mean over uneven replicas impossible."""
    loss = value(case, *case.arrays(*lead))
    assert loss.shape == lead[:1]
    assert loss.dtype == tf.float32


def test_number_worked_by_hand(case):
    """Code and reference can share one mistake; a number on paper does not."""
    student, teacher, labels, number = case.by_hand
    student = np.array([student], "float32")
    teacher = np.zeros_like(student) if teacher is None else np.array([teacher], "float32")
    labels = None if labels is None else np.array([labels])
    if case.labels == "number":
        labels = labels.astype("float32")
    np.testing.assert_allclose(value(case, student, teacher, labels), [number], atol=2e-5 * 9)


@pytest.mark.parametrize("lead", LEADS)
def test_equals_numpy(case, lead):
    """A wrong sign, mean or T² trains without a word."""
    student, teacher, labels = case.arrays(*lead)
    mask = np.ones(lead, "float32")
    if len(lead) > 1:
        mask[0, 1:], mask[2] = 0, 0
        if case.labels in ("id", "binary"):
            labels[1, 1] = IGNORE
    want = reference(case, student, teacher, labels, mask)
    got = value(case, student, teacher, labels, mask)
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=1e-6)


@only(lambda case: case.zero_when_equal)
def test_zero_when_student_equals_teacher(case):
    """The optimum of a matching loss is the teacher, at a loss of exactly nothing."""
    student, _, labels = case.arrays(6)
    loss, gradient, _ = gradients(case, student, student, labels)
    np.testing.assert_allclose(loss, 0.0, atol=1e-6)
    np.testing.assert_allclose(gradient, 0.0, atol=1e-6)


@pytest.mark.parametrize("junk", [np.nan, np.inf, 99.0])
def test_masked_positions_change_nothing(case, junk):
    """Padding that counts, or a NaN in it that poisons the gradient of the whole model."""
    student, teacher, labels = case.arrays(4, 3)
    mask = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], "float32")
    clean = gradients(case, student, teacher, labels, mask)
    student, teacher = student.copy(), teacher.copy()
    student[mask == 0], teacher[mask == 0] = junk, junk
    if labels is not None:
        labels[mask == 0] = IGNORE
    dirty = gradients(case, student, teacher, labels, mask)
    np.testing.assert_array_equal(clean[0], dirty[0])
    np.testing.assert_array_equal(clean[1], dirty[1])
    assert not dirty[1].numpy()[mask == 0].any()
    assert dirty[0][3] == 0.0


def test_fractional_mask_weighs_positions(case):
    """A weight per token must scale that token's loss, not switch it on or off."""
    student, teacher, labels = case.arrays(1, 2)
    one, two = (
        value(case, student[:, i], teacher[:, i], None if labels is None else labels[:, i])
        for i in (0, 1)
    )
    both = value(case, student, teacher, labels, np.array([[1.0, 0.25]], "float32"))
    np.testing.assert_allclose(both, (one + 0.25 * two) / 1.25, rtol=1e-5)


def test_permuting_the_batch_permutes_the_loss(case):
    """Examples must not leak into each other."""
    student, teacher, labels = case.arrays(6)
    order = np.array([3, 0, 5, 1, 4, 2])
    shuffled = (a if a is None else a[order] for a in (student, teacher, labels))
    got = value(case, *shuffled)
    want = value(case, student, teacher, labels).numpy()[order]
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)  # vectors round their ends apart


def test_finite_gradients_at_extreme_logits(case):
    """Logits of ±1e4 overflow a softmax that is not in log space."""
    student, teacher, labels = case.arrays(4)
    student, teacher = student.copy(), teacher.copy()
    student[0], student[1], student[2, 0], student[3, -1] = 1e4, -1e4, 1e4, -1e4
    teacher[0], teacher[1], teacher[2, -1], teacher[3, 0] = -1e4, 1e4, 1e4, -1e4
    loss, gradient, _ = gradients(case, student, teacher, labels)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()


@only(lambda case: case.masked_classes)
@pytest.mark.parametrize("sides", ["student", "teacher", "both"])
def test_masked_classes_have_finite_gradients(case, sides):
    """A class masked with -inf makes 0 * inf = NaN in most implementations."""
    student, teacher, labels = case.arrays(4)
    student, teacher = student.copy(), teacher.copy()
    if labels is not None and case.labels == "multilabel":
        labels[:, -1] = 0
    elif labels is not None:
        labels[:] = 0
    student[:, -1] = student[:, -1] if sides == "teacher" else -np.inf
    teacher[:, -1] = teacher[:, -1] if sides == "student" else -np.inf
    loss, gradient, _ = gradients(case, student, teacher, labels)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()


def test_no_gradient_to_the_teacher(case):
    """A teacher that moves towards its student teaches nothing."""
    student, teacher, labels = case.arrays(4)
    *_, gradient = gradients(case, student, teacher, labels)
    assert gradient is None or not gradient.numpy().any()


def test_there_is_a_gradient_to_the_student(case):
    """A loss without a gradient looks healthy in the logs and trains nothing."""
    student, teacher, labels = case.arrays(4)
    _, gradient, _ = gradients(case, student, teacher, labels)
    assert np.abs(gradient.numpy()).max(axis=-1).min() > 1e-5


def test_gradient_equals_finite_differences(case):
    """The right number with the wrong slope."""
    student, teacher, labels = case.arrays(2, seed=3)
    _, gradient, _ = gradients(case, student, teacher, labels)
    step = np.zeros_like(student)
    step[0, 0] = 1e-2
    up, down = (value(case, student + d, teacher, labels).numpy()[0] for d in (step, -step))
    np.testing.assert_allclose(gradient[0, 0], (up - down) / 2e-2, rtol=2e-2, atol=2e-4)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_in_float32_out(case, dtype):
    """Half precision has no room for exp(12); the cast comes first."""
    student, teacher, labels = case.arrays(4)
    student, teacher = (tf.cast(tf.cast(a, dtype), tf.float32).numpy() for a in (student, teacher))
    half = value(case, tf.cast(student, dtype), tf.cast(teacher, dtype), labels)
    assert half.dtype == tf.float32
    np.testing.assert_array_equal(half, value(case, student, teacher, labels))


@pytest.mark.parametrize("jit", [False, True])
def test_graph_and_xla_equal_eager(case, jit):
    """XLA drops assertions and reorders; the number must stay."""
    student, teacher, labels = case.arrays(4, 3)
    mask = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], "float32")
    eager = gradients(case, student, teacher, labels, mask)[:2]

    @tf.function(jit_compile=jit)
    def compiled():
        return gradients(case, student, teacher, labels, mask)[:2]

    for want, got in zip(eager, compiled(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_config_round_trip(case):
    """A resumed run with another temperature is another run."""
    config = json.loads(json.dumps(case.loss.get_config()))
    assert type(case.loss)(**config) == case.loss
    objective = 0.25 * case.loss
    assert Objective.from_config(json.loads(json.dumps(objective.get_config()))) == objective


def test_frozen(case):
    """A loss that is changed between two steps is compiled in its first state."""
    with pytest.raises(AttributeError):
        case.loss.form = "binary"


def test_every_loss_is_named_for_readers_of_types_too():
    """An editor that knows a loss by its table only, or the other way round."""
    source = Path(losses.__file__).read_text(encoding="utf-8")
    imported = re.findall(r"^    from \.(\w+) import (.+)$", source, re.MULTILINE)
    typed = {name: home for home, names in imported for name in names.split(", ")}
    assert typed == {**losses.LOSSES, "FORMS": "_logits", "LogitLoss": "_logits"}
    assert set(losses.LOSSES) <= set(tfkd.__all__)
