import numpy as np
import pytest
import tensorflow as tf

from tfkd import SoftTargets, UserError
from tfkd.losses._batch import Batch


def loss(student, teacher, **options):
    sides = ({"logits": tf.constant(side, tf.float32)} for side in (student, teacher))
    return SoftTargets(**options)(*sides, Batch()).numpy()


def test_a_constant_on_all_logits_changes_nothing():
    """Logits read as probabilities: the number moves when they are shifted."""
    student, teacher = [[1.0, -2.0, 0.5]], [[0.0, 3.0, 1.0]]
    want = loss(student, teacher)
    np.testing.assert_allclose(loss(np.add(student, 7), teacher), want, rtol=1e-5)
    np.testing.assert_allclose(loss(student, np.add(teacher, -5)), want, rtol=1e-5)


def test_the_divergence_goes_from_teacher_to_student():
    """KL(q||p) lets the student drop classes that the teacher holds possible."""
    # p = (0.9, 0.1), q = (0.5, 0.5): 0.9 ln 1.8 + 0.1 ln 0.2 = 0.36806; the other way: 0.51083
    got = loss([[0.0, 0.0]], [[np.log(9.0), 0.0]], temperature=1.0)
    np.testing.assert_allclose(got, [0.36806], rtol=1e-4)


def test_gradient_is_the_textbook_one():
    """T (q - p): of one size at every temperature, as Hinton's T² promises."""
    student, teacher = np.array([[1.0, -2.0, 0.5]]), np.array([[0.0, 3.0, 1.0]])
    for temperature in (0.5, 1.0, 20.0):
        logits = tf.constant(student, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            teacher_outputs = {"logits": tf.constant(teacher, tf.float32)}
            value = SoftTargets(temperature=temperature)(
                {"logits": logits}, teacher_outputs, Batch()
            )
        q, p = (tf.nn.softmax(side / temperature).numpy() for side in (student, teacher))
        want = temperature * (q - p)
        np.testing.assert_allclose(tape.gradient(value, logits), want, rtol=1e-4, atol=1e-6)


def test_binary_equals_two_classes_with_one_at_zero():
    """One sigmoid is a softmax of two; both spellings must train alike."""
    student, teacher = np.array([[1.3], [-0.2]]), np.array([[-0.7], [4.0]])
    two = [np.hstack([side, np.zeros_like(side)]) for side in (student, teacher)]
    np.testing.assert_allclose(loss(student, teacher, form="binary"), loss(*two), rtol=1e-5)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf")])
def test_temperature_out_of_range(temperature):
    """Temperature 0 divides by zero at step one, and NaN spreads to every weight."""
    with pytest.raises(UserError, match=r"temperature is .*positive, finite"):
        SoftTargets(temperature=temperature)


def test_no_regression_form():
    """A number has no distribution; the sentence names what has."""
    with pytest.raises(UserError, match=r'LogitError\(form="regression"\)'):
        SoftTargets("regression")


def test_classes_that_differ_are_named():
    """Broadcasting [batch, 1] against [batch, 3] trains on nonsense."""
    sides = ({"logits": tf.zeros((2, n))} for n in (3, 5))
    with pytest.raises(UserError, match="student has 3 classes and the teacher 5"):
        SoftTargets().check(*sides, Batch())


def test_positions_that_differ_are_named():
    """Token logits of two tokenizers do not line up, and [B, 1, C] would broadcast."""
    sides = ({"logits": tf.zeros((2, n, 3))} for n in (7, 1))
    with pytest.raises(UserError, match=r"\(2, 7, 3\).*\(2, 1, 3\)"):
        SoftTargets().check(*sides, Batch())


@pytest.mark.parametrize("form", ["multiclass", "binary", "multilabel"])
def test_trust_by_confidence(form):
    """A teacher that does not know pulls as hard as one that does."""
    rng = np.random.default_rng(0)
    classes = 1 if form == "binary" else 3
    student, teacher = rng.normal(0, 2, (2, 6, classes)).astype("float32")
    if form == "multiclass":
        raised = np.exp(teacher - teacher.max(-1, keepdims=True))
        sure = (raised / raised.sum(-1, keepdims=True)).max(-1)
    else:
        sure = (1 / (1 + np.exp(-np.abs(teacher)))).mean(-1)
    plain = loss(student, teacher, form=form, temperature=3.0)
    got = loss(student, teacher, form=form, temperature=3.0, trust="confidence")
    np.testing.assert_allclose(got, sure * plain, rtol=1e-5)


@pytest.mark.parametrize("form", ["multiclass", "binary", "multilabel"])
def test_softer_where_the_teacher_is_sure(form):
    """An answer that is soft already, flattened until nothing is left of it."""
    teacher = np.array([[9.0, 0.0, -9.0], [0.0, 0.0, 0.0], [1.0, 0.5, 0.0]], "float32")
    student = np.array([[0.3, 0.1, 0.0]] * 3, "float32")
    if form == "binary":
        student, teacher = student[:, :1], teacher[:, :1]
    log_p, log_q = _at(1.0, form, teacher, student)
    first, count = np.exp(log_p).max(-1), 3 if form == "multiclass" else 2
    warm = 1 + 3.0 * (count * first - 1) / (count - 1)
    axis = warm[..., None] if form == "multiclass" else warm
    log_p, log_q = _at(axis, form, teacher, student)
    want = warm**2 * (np.exp(log_p) * (log_p - log_q)).sum(-1)
    want = want if form == "multiclass" else want.mean(-1)
    got = loss(student, teacher, form=form, temperature=4.0, soften="confidence")
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)
    assert warm.max() > 3.9  # of the logit 9
    np.testing.assert_allclose(warm[1], 1.0, atol=1e-6)  # of equal logits
    with pytest.raises(UserError, match="write 'all' or 'confidence'"):
        SoftTargets(soften="correct")


def _at(temperature, form, *sides):
    """Log-probabilities by NumPy: of the classes, or of each class's two outcomes."""
    if form != "multiclass":
        sides = [np.stack([each / temperature, 0 * each], -1) for each in sides]
    else:
        sides = [each / temperature for each in sides]
    return [each - np.log(np.exp(each).sum(-1, keepdims=True)) for each in sides]


def test_trust_of_the_correct_ones():
    """A student of the teacher's mistakes."""
    student, teacher = np.zeros((4, 2), "float32"), np.array([[2.0, 0.0]] * 4, "float32")
    sides = [{"logits": tf.constant(side)} for side in (student, teacher)]
    plain = SoftTargets()(*sides, Batch())
    trusting = SoftTargets(trust="correct")
    got = trusting(*sides, Batch(labels=tf.constant([0, 1, -100, 0])))
    np.testing.assert_allclose(got, plain * [1, 0, 1, 1])
    np.testing.assert_allclose(trusting(*sides, Batch()), plain)
    with pytest.raises(UserError, match="write 'all', 'confidence' or, of a multiclass"):
        SoftTargets("binary", trust="correct")
