"""One battery for every loss on the inside of models: see `feature_cases.py` for the list."""

import json

import numpy as np
import pytest
import tensorflow as tf
from feature_cases import CASES, LENGTHS

from tfkd import Objective, UserError
from tfkd.losses import (
    Attention,
    Contrastive,
    Cosine,
    EmbeddingMatch,
    Gram,
    Hint,
    PatientHint,
    Relational,
    Relations,
    Similarity,
)
from tfkd.losses._batch import Batch


def name(case):
    return case.name


@pytest.fixture(params=CASES, ids=name)
def case(request):
    return request.param


def only(wanted):
    return pytest.mark.parametrize("case", list(filter(wanted, CASES)), ids=name)


def tensors(outputs, dtype=None):
    return tf.nest.map_structure(lambda a: tf.convert_to_tensor(a, dtype), outputs)


def only_row(outputs, row):
    """A batch of one example."""
    return tf.nest.map_structure(lambda a: a[row : row + 1], outputs)


def value(case, student, teacher, mask, weights=None, dtype=None):
    """The loss `[batch]` of arrays."""
    batch = Batch(token_mask=None if mask is None else tf.constant(mask))
    weights = case.weights(student, teacher) if weights is None else weights
    return case.loss(tensors(student, dtype), tensors(teacher, dtype), batch, tensors(weights))


def gradients(case, student, teacher, mask):
    """The loss, and its gradients by student's outputs, teacher's outputs and projections."""
    weights = tensors(case.weights(student, teacher))
    student, teacher = tensors(student), tensors(teacher)
    with tf.GradientTape() as tape:
        tape.watch([student, teacher, weights])
        loss = case.loss(student, teacher, Batch(token_mask=tf.constant(mask)), weights)
        total = tf.reduce_sum(loss)
    return loss, *tape.gradient(total, [student, teacher, weights])


def real(outputs, row, length):
    """One example's tensors, without padding, in float64."""

    def cut(array):
        array = array[row].astype("float64")
        if array.ndim == 3:  # by head
            array = array[:, :length]
            return array[..., :length] if array.shape[-1] == 4 and len(array) == 2 else array
        return array[:length]

    return tf.nest.map_structure(cut, outputs)


def reference(case, student, teacher, mask):
    """The reference on the real tokens of each example."""
    weights, lengths = case.weights(student, teacher), mask.sum(1).astype(int)
    sides = [
        [real(side, row, length) for row, length in enumerate(lengths)]
        for side in (student, teacher)
    ]
    if case.batchwise:
        return case.reference(*sides, weights)
    return [case.reference(s, t, weights) for s, t in zip(*sides, strict=True)]


def spoilt(outputs, mask, junk):
    """The same with something else at the padding, of queries and of keys."""
    gone = mask == 0

    def spoil(array):
        array = array.copy()
        if array.ndim == 4:
            np.moveaxis(array, 2, 1)[gone] = junk
            if array.shape[-1] == array.shape[2]:
                np.moveaxis(array, 3, 1)[gone] = junk
        else:
            array[gone] = junk
        return array

    return tf.nest.map_structure(spoil, outputs)


def test_one_float32_number_per_example(case):
    """A scalar would make the weighted mean over uneven replicas impossible."""
    student, teacher, mask = case.arrays()
    loss = value(case, student, teacher, mask)
    assert loss.shape == (4,)
    assert loss.dtype == tf.float32


def _states(*values):
    """Hidden states of one example with one token each: a tuple of `[1, 1, width]`."""
    return {"hidden_states": tuple(np.array([[each]], "float32") for each in values)}


BY_HAND = [
    # the second pair of places: (1 + 4) / 2
    (Hint(layers=((1, 1),)), _states([9, 9], [1, 2]), _states([0, 0], [0, 0]), [2.5]),
    # W = [[1], [1]]: (1 + 2 - 5)² = 4
    (Hint(layers=((0, 0),)), _states([1, 2]), _states([5]), [4.0]),
    # of two units each: 2 and 3, with 1 and 3
    (
        Hint(layers=((0, 0),), projection="pool"),
        _states([1, 3]),
        _states([1, 3, 2, 4]),
        [0.5],
    ),
    # G = [[1, 2], [2, 4]] and 0: (1 + 4 + 4 + 16) / 4
    (Gram(layers=((0, 0),)), _states([1, 2]), _states([0, 0]), [6.25]),
    # 1 · 3 and 2 · 5
    (Gram(layers=((0, 0), (1, 1)), between="next"), _states([1], [3]), _states([2], [5]), [49.0]),
    # cos 60° = 1/2
    (Cosine(), _states([0, 0], [2, 0]), _states([0, 0], [1, 3**0.5]), [0.5]),
    # unit vectors at 60°: 2 - 2 cos
    (PatientHint(layers=((0, 0),)), _states([5, 0]), _states([1, 3**0.5]), [1.0]),
    # (1² + 2²) / 2
    (
        EmbeddingMatch(),
        {"embeddings": np.array([[[1, 2]]], "float32")},
        {"embeddings": np.zeros((1, 1, 2), "float32")},
        [2.5],
    ),
    # of four entries two differ by 1/2
    (
        Attention(),
        {"attentions": (np.full((1, 1, 2, 2), 0.5, "float32"),)},
        {"attentions": (np.array([[[[1, 0], [0.5, 0.5]]]], "float32"),)},
        [0.125],
    ),
    # rows KL((3/4, 1/4) | (1/2, 1/2)) = 0.13081 and 0
    (
        Attention(kind="kl"),
        {"attentions": (np.full((1, 1, 2, 2), 0.5, "float32"),)},
        {"attentions": (np.array([[[[0.75, 0.25], [0.5, 0.5]]]], "float32"),)},
        [0.0654],
    ),
    # products (ln 3, 0) and (0, 0): the same rows
    (
        Relations(relations=("vv",)),
        {"values": (np.zeros((1, 1, 2, 1), "float32"),)},
        {"values": (np.array([[[[np.log(3) ** 0.5], [0]]]], "float32"),)},
        [0.0654],
    ),
    # the same distances at twice the scale
    (
        Relational(angle_weight=0.0),
        {"hidden_states": (np.array([[0], [1], [2]], "float32"),) * 2},
        {"hidden_states": (np.array([[0], [2], [4]], "float32"),) * 2},
        [0.0, 0.0, 0.0],
    ),
    # distances 1, 2, 1 over their mean 4/3, and 3, 3, 0 (no distance) over 3: by pair they differ
    # by 1/4, 1/2 and 3/4, and rows of three entries add up h = d²/2
    (
        Relational(angle_weight=0.0),
        {"hidden_states": (np.array([[0], [1], [2]], "float32"),) * 2},
        {"hidden_states": (np.array([[0], [3], [3]], "float32"),) * 2},
        [(1 / 32 + 1 / 8) / 3, (1 / 32 + 9 / 32) / 3, (1 / 8 + 9 / 32) / 3],
    ),
    # rows (1, 0) against (0.6, 0.8) / |(1, 0.6)|: G_t = [[1, .6], [.6, 1]], rows (.85749, .5145)
    (
        Similarity(),
        {"hidden_states": (np.eye(2, dtype="float32"),) * 2},
        {"hidden_states": (np.array([[1, 0], [0.6, 0.8]], "float32"),) * 2},
        [(0.14251**2 + 0.5145**2) / 2] * 2,
    ),
    # the projections are ones of one number: all alike, ln 2
    (
        Contrastive(width=1, temperature=1.0),
        {"hidden_states": (np.array([[1, 0], [0, 1]], "float32"),) * 2},
        {"hidden_states": (np.array([[1, 0], [0, 1]], "float32"),) * 2},
        [0.6931] * 2,
    ),
]


@pytest.mark.parametrize(
    ("loss", "student", "teacher", "number"),
    BY_HAND,
    ids=[f"{type(each[0]).__name__}-{i}" for i, each in enumerate(BY_HAND)],
)
def test_number_worked_by_hand(loss, student, teacher, number):
    """Code and reference can share one mistake; a number on paper does not."""
    shapes = loss.weights(student, teacher)
    ones = {name: np.ones(shape, "float32") for name, shape in shapes.items()}
    got = loss(tensors(student), tensors(teacher), Batch(), tensors(ones))
    np.testing.assert_allclose(got, number, atol=1e-4)


def test_equals_numpy(case):
    """A wrong sign, mean or layer trains without a word."""
    student, teacher, mask = case.arrays()
    want = reference(case, student, teacher, mask)
    np.testing.assert_allclose(value(case, student, teacher, mask), want, rtol=1e-4, atol=1e-5)


def test_without_a_mask_all_tokens_count(case):
    """A model without padding, taken for one of padding only."""
    student, teacher, mask = case.arrays(lengths=(4, 4, 4))
    want = value(case, student, teacher, mask)
    np.testing.assert_allclose(value(case, student, teacher, None), want, rtol=1e-5, atol=1e-6)


@only(lambda case: case.zero_when_equal)
def test_zero_when_student_equals_teacher(case):
    """The optimum of a matching loss is the teacher, at a loss of exactly nothing."""
    _, teacher, mask = case.arrays()
    last = {name: each if name == "embeddings" else each[-1] for name, each in teacher.items()}

    def layers(count):
        return {
            name: each if name == "embeddings" else (each,) * (count + (name == "hidden_states"))
            for name, each in last.items()
        }

    pair = layers(case.student_layers), layers(case.teacher_layers)
    loss, gradient, _, _ = gradients(case, *pair, mask)
    np.testing.assert_allclose(loss, 0.0, atol=1e-6)
    for each in tf.nest.flatten(gradient):
        if each is not None:
            np.testing.assert_allclose(each, 0.0, atol=1e-5)


@pytest.mark.parametrize("junk", [np.nan, np.inf, 99.0])
def test_padding_changes_nothing(case, junk):
    """Padding that counts, or a NaN in it that poisons the gradient of the whole model."""
    student, teacher, mask = case.arrays()
    clean = gradients(case, spoilt(student, mask, 0.0), spoilt(teacher, mask, 0.0), mask)
    dirty = gradients(case, spoilt(student, mask, junk), spoilt(teacher, mask, junk), mask)
    np.testing.assert_array_equal(clean[0], dirty[0])
    for one, two in zip(tf.nest.flatten(clean[1]), tf.nest.flatten(dirty[1]), strict=True):
        if one is not None:
            np.testing.assert_array_equal(one, two)
            assert np.isfinite(two).all()
    for one, two in zip(tf.nest.flatten(clean[3]), tf.nest.flatten(dirty[3]), strict=True):
        np.testing.assert_array_equal(one, two)


@only(lambda case: not case.batchwise)
def test_an_example_of_padding_only_is_nothing(case):
    """0 / 0."""
    student, teacher, mask = case.arrays(lengths=(4, 0, 2))
    loss, gradient, _, _ = gradients(case, student, teacher, mask)
    assert np.isfinite(loss).all()
    assert all(np.isfinite(e).all() for e in tf.nest.flatten(gradient) if e is not None)


def test_permuting_the_batch_permutes_the_loss(case):
    """Examples must not be taken for each other."""
    student, teacher, mask = case.arrays()
    order = np.array([3, 0, 2, 1])

    def shuffled(outputs):
        return tf.nest.map_structure(lambda a: a[order], outputs)

    got = value(case, shuffled(student), shuffled(teacher), mask[order])
    want = value(case, student, teacher, mask).numpy()[order]
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@only(lambda case: not case.batchwise)
def test_examples_are_apart(case):
    """A batch in which one example pulls at another."""
    student, teacher, mask = case.arrays()
    both = value(case, student, teacher, mask)
    for row in range(len(mask)):
        got = value(
            case, *(only_row(each, row) for each in (student, teacher)), mask[row : row + 1]
        )
        np.testing.assert_allclose(got[0], both[row], rtol=1e-5, atol=1e-6)


def test_no_gradient_to_the_teacher(case):
    """A teacher that moves towards its student teaches nothing."""
    _, _, gradient, _ = gradients(case, *case.arrays())
    assert all(each is None or not each.numpy().any() for each in tf.nest.flatten(gradient))


def test_there_is_a_gradient_to_the_student(case):
    """A loss without a gradient looks healthy in the logs and trains nothing."""
    student, teacher, mask = case.arrays()
    _, gradient, _, projections = gradients(case, student, teacher, mask)
    total = sum(np.abs(e).sum() for e in tf.nest.flatten(gradient) if e is not None)
    assert total > 1e-5
    assert all(np.abs(each).sum() > 1e-6 for each in tf.nest.flatten(projections))


def test_gradient_equals_finite_differences(case):
    """The right number with the wrong slope."""
    student, teacher, mask = case.arrays(lengths=(4, 4, 4))
    _, gradient, _, _ = gradients(case, student, teacher, mask)
    flat, slopes = tf.nest.flatten(student), tf.nest.flatten(gradient)
    place = max((i for i, e in enumerate(slopes) if e is not None), key=int)
    where = np.unravel_index(np.abs(slopes[place]).argmax(), slopes[place].shape)

    def moved(by):
        changed = [each.copy() for each in flat]
        changed[place][where] += by
        made = tf.nest.pack_sequence_as(student, changed)
        return float(tf.reduce_sum(value(case, made, teacher, mask)))

    got = float(slopes[place][where])
    np.testing.assert_allclose(got, (moved(1e-3) - moved(-1e-3)) / 2e-3, rtol=5e-2, atol=5e-3)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_in_float32_out(case, dtype):
    """Stored targets are float16; the cast comes first."""
    student, teacher, mask = case.arrays()

    def rounded(outputs):
        cast = tf.nest.map_structure(lambda a: tf.cast(tf.cast(a, dtype), tf.float32), outputs)
        return tf.nest.map_structure(lambda a: a.numpy(), cast)

    half = value(case, student, teacher, mask, dtype=None)
    student, teacher = rounded(student), rounded(teacher)
    half = case.loss(
        tf.nest.map_structure(lambda a: tf.cast(a, dtype), student),
        tf.nest.map_structure(lambda a: tf.cast(a, dtype), teacher),
        Batch(token_mask=tf.constant(mask)),
        tensors(case.weights(student, teacher)),
    )
    assert half.dtype == tf.float32
    np.testing.assert_allclose(half, value(case, student, teacher, mask), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("jit", [False, True])
def test_graph_and_xla_equal_eager(case, jit):
    """XLA reorders; the number must stay."""
    student, teacher, mask = case.arrays()
    eager = gradients(case, student, teacher, mask)

    @tf.function(jit_compile=jit)
    def compiled():
        return gradients(case, student, teacher, mask)[:2]

    loss, gradient = compiled()
    np.testing.assert_allclose(loss, eager[0], rtol=1e-4, atol=1e-5)
    for one, two in zip(tf.nest.flatten(gradient), tf.nest.flatten(eager[1]), strict=True):
        if two is not None:
            np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


def test_unknown_lengths_and_batches(case):
    """A graph traced once for every length of text."""
    student, teacher, mask = case.arrays()
    weights = tensors(case.weights(student, teacher))

    def free(array):
        tokens = {4: 4}.get(array.shape[1]) if array.ndim == 3 else None
        shape = list(array.shape)
        shape[0] = None
        if array.ndim == 4:
            shape[2] = None
            shape[3] = None if array.shape[3] == array.shape[2] else array.shape[3]
        elif tokens:
            shape[1] = None
        return tf.TensorSpec(shape, tf.float32)

    specs = [tf.nest.map_structure(free, each) for each in (student, teacher)]

    @tf.function(input_signature=[*specs, tf.TensorSpec((None, None), tf.float32)])
    def compiled(student, teacher, mask):
        return case.loss(student, teacher, Batch(token_mask=mask), weights)

    got = compiled(tensors(student), tensors(teacher), tf.constant(mask))
    np.testing.assert_allclose(got, value(case, student, teacher, mask), rtol=1e-4, atol=1e-5)


def test_config_round_trip(case):
    """A resumed run with another temperature is another run."""
    config = json.loads(json.dumps(case.loss.get_config()))
    assert type(case.loss)(**config) == case.loss
    objective = 0.25 * case.loss
    assert Objective.from_config(json.loads(json.dumps(objective.get_config()))) == objective


def test_counts_are_of_examples_or_of_real_tokens(case):
    """The mean over tokens, of an objective that asks for it."""
    student, _, mask = case.arrays()
    counts = case.loss.counts(tensors(student), Batch(token_mask=tf.constant(mask)))
    assert counts.shape[0] == 4
    assert (np.asarray(counts).reshape(4, -1).sum(1) == list(LENGTHS)).all()


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda: Hint(layers="nowhere"), "write one of 'uniform'"),
        (lambda: Hint(layers=((1, 2, 3),)), "or pairs"),
        (lambda: Hint(projection="learnt"), "write one of 'auto'"),
        (lambda: PatientHint(pooling="last"), "write 'first' or 'mean'"),
        (lambda: Attention(kind="mse"), r"Attention\(kind='mse'\): write one of 'squared', 'kl'"),
        (lambda: Attention(heads=4), r"Attention\(heads=4\): write one of 'same', 'mean'"),
        (lambda: Relations(relations=("q",)), 'write pairs of "q", "k" and "v"'),
        (lambda: Relations(heads=-1), "write a positive number"),
        (lambda: Relational(angle_weight=-1.0), "write a number >= 0"),
        (lambda: Contrastive(temperature=0.0), "temperature is 0.0"),
        (lambda: Contrastive(width=0), "write a positive number"),
    ],
)
def test_impossible_settings(loss, words):
    """A typing error that trains something else."""
    with pytest.raises(UserError, match=words):
        loss()


def states(*shape, layers=3):
    return {"hidden_states": (np.zeros(shape),) * layers}


@pytest.mark.parametrize(
    ("loss", "student", "teacher", "words"),
    [
        (Hint(), states(2, 4, 6), states(2, 5, 6, layers=5), "at the same tokens"),
        (Hint(projection="never"), states(2, 4, 6), states(2, 4, 8), 'write projection="auto"'),
        (Hint(), states(2, 4, 6), states(2, 4, 6, layers=6), 'layers="relative"'),
        (Hint(layers=((1, 7),)), states(2, 4, 6), states(2, 4, 6), "names place 7 of the teacher"),
        (Cosine(projection="never"), states(2, 4, 6), states(2, 4, 8), 'projection="auto"'),
        (PatientHint(), states(2, 4, 6, layers=2), states(2, 4, 6), 'layers="final"'),
        (
            Attention(),
            {"attentions": (np.zeros((2, 2, 4, 4)),)},
            {"attentions": (np.zeros((2, 3, 4, 4)),)},
            r"the student has 2 heads and the teacher 3: write Attention\(heads=\"mean\"\)",
        ),
        (
            Attention(),
            {"attentions": (np.zeros((2, 2, 4, 4)),)},
            {"attentions": (np.zeros((2, 2, 5, 5)),)},
            "of the same tokens",
        ),
        (
            Relations(relations=("vv",), heads=5),
            {"values": (np.zeros((2, 2, 4, 3)),)},
            {"values": (np.zeros((2, 2, 4, 5)),)},
            "the student is 6 wide, which 5 heads do not divide",
        ),
    ],
)
def test_models_that_do_not_fit(loss, student, teacher, words):
    """Forty lines of TensorFlow about shapes, in the middle of an epoch."""
    with pytest.raises(UserError, match=words):
        loss.check(student, teacher, Batch())


@pytest.mark.parametrize("loss", [PatientHint(layers="final"), Relational(), Similarity()])
def test_pooled_losses_take_other_tokens(loss):
    """A student with its own tokenizer, of other lengths than the teacher's."""
    rng = np.random.default_rng(0)
    student = rng.normal(size=(3, 4, 6)).astype("float32")
    teacher = rng.normal(size=(3, 7, 6)).astype("float32")
    masks = [np.ones((3, n), "float32") for n in (4, 7)]
    masks[1][0, 5:] = 0

    def at(junk):
        spoiled = teacher.copy()
        spoiled[0, 5:] = junk
        sides = ({"hidden_states": (tf.constant(e),) * 2} for e in (student, spoiled))
        return loss(*sides, Batch(token_mask=masks[0], teacher_token_mask=masks[1]), {})

    np.testing.assert_array_equal(at(0.0), at(np.nan))


@pytest.mark.parametrize("jit", [False, True])
def test_equal_vectors_have_finite_gradients(jit):
    """The square root of a distance of nothing."""
    x = tf.ones((4, 3, 6))

    @tf.function(jit_compile=jit)
    def slopes(loss):
        with tf.GradientTape() as tape:
            tape.watch(x)
            side = {"hidden_states": (x, x)}
            value = loss(side, {"hidden_states": (2 * x, x + 1)}, Batch(), {})
        return value, tape.gradient(value, x)

    for loss in (Relational(), Similarity(), Cosine(), PatientHint(layers="final")):
        assert all(np.isfinite(each).all() for each in slopes(loss))


@pytest.mark.parametrize("lengths", [None, [6, 4, 3, 6]])
def test_keys_that_dropout_has_removed(lengths):
    """A student with its teacher's own weights had a loss of 93 millions."""
    right = tf.nn.softmax(tf.random.stateless_normal([4, 2, 6, 6], [1, 2]))
    drawn = tf.random.stateless_uniform(right.shape, [3, 4])
    left = right * tf.cast(drawn > 0.1, tf.float32) / 0.9
    mask = None if lengths is None else tf.sequence_mask(lengths, 6)
    batch = Batch({}, token_mask=mask)
    for heads in ("same", "mean"):
        loss = Attention(kind="kl", heads=heads)
        found = loss({"attentions": (left,)}, {"attentions": (right,)}, batch)
        assert float(tf.reduce_max(tf.abs(found))) < (1e-5 if heads == "same" else 0.5)
    tiny = tf.nn.softmax(tf.constant([[[[0.0, -110.0], [0.0, 0.0]]]]))
    seen = tf.nn.softmax(tf.constant([[[[0.0, -6.0], [0.0, 0.0]]]]))
    found = Attention(kind="kl")({"attentions": (tiny,)}, {"attentions": (seen,)}, Batch({}))
    assert float(found[0]) == pytest.approx(0.0, abs=1e-6)
