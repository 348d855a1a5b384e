"""Shares of zeros: how many, which, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfkd
from tfkd import UserError
from tfkd.compression import Evidence, parse
from tfkd.compression.sparse.kernels import find_kernels
from tfkd.compression.sparse.rules import CutPlan, cut
from tfkd.compression.sparse.selection import cut_smallest

NOTHING = Evidence(list)
layers = keras.layers


def composite():
    """Layers of each sort that has kernels, inside others and alone."""
    keras.utils.set_random_seed(1)
    ids = keras.Input((6,), dtype="int32")
    x = layers.Embedding(11, 8)(ids)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    x = layers.Conv1D(6, 3)(x)
    x = layers.Bidirectional(layers.LSTM(4))(x)
    return keras.Model(ids, layers.Dense(3)(x))


@pytest.fixture(scope="module")
def model():
    return composite()


def compress(model, spec):
    kind = parse(spec)
    kind.check(model)
    result = kind.apply(model, NOTHING)
    kind.finish(result)
    return result


def share(values):
    return float(np.mean(np.asarray(values) == 0))


def kernels(model):
    return [kernel.variable.numpy() for kernel in find_kernels(model)]


def test_a_share_of_zero_is_the_original(model):
    ids = np.arange(12).reshape(2, 6) % 11
    same = compress(model, "sparse:0")
    np.testing.assert_array_equal(same(ids), model(ids))
    assert parse("sparse:0").rule(same, 10) is None
    assert parse("sparse:0").hold(same) is None


def test_the_smallest_of_each_kernel_are_zero_and_nothing_else_changes(model):
    before = [weight.numpy() for weight in model.weights]
    compressed = compress(model, "sparse:0.75")
    found = kernels(compressed)
    # Table, query, key, value, output, convolution, twice two of the LSTM, Dense.
    assert len(found) == 11
    for cut_one, old in zip(found, kernels(model), strict=True):
        assert np.count_nonzero(cut_one == 0) == round(0.75 * old.size)
        assert np.abs(old[cut_one == 0]).max() <= np.abs(old[cut_one != 0]).min()
        np.testing.assert_array_equal(cut_one[cut_one != 0], old[cut_one != 0])
    sizes = [old.shape for old in kernels(model)]
    for one, two, old in zip(compressed.weights, model.weights, before, strict=True):
        np.testing.assert_array_equal(two, old)
        if old.shape not in sizes:
            np.testing.assert_array_equal(one, old)


def test_global_shares_and_tables_left_out(model):
    together = kernels(compress(model, "sparse:0.75,scope=global"))
    everything = np.concatenate([kernel.ravel() for kernel in together])
    assert np.count_nonzero(everything == 0) == round(0.75 * everything.size)
    assert len({round(share(kernel), 2) for kernel in together}) > 3
    without = compress(model, "sparse:0.75,tables=no")
    assert share(without.layers[1].embeddings) == 0
    assert share(without.layers[-1].kernel) == 0.75


def test_a_worked_number():
    values = [tf.constant([[3.0, -1.0], [0.5, -2.0]]), tf.constant([-4.0, 1.0])]
    each = cut(values, 0.5, together=False)
    assert [v.numpy().tolist() for v in each] == [[[3, 0], [0, -2]], [-4, 0]]
    both = cut(values, 0.5, together=True)
    # Of the equal ones, -1 and 1, both are among the three smallest.
    assert [v.numpy().tolist() for v in both] == [[[3, 0], [0, -2]], [-4, 0]]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("count", [0, 1, 499, 500, 1000])
def test_as_many_as_asked_for_among_ties(dtype, count):
    """A quantile cuts all that are equal to it, or none."""
    numbers = np.random.default_rng(0).integers(1, 5, 1000) / 4
    (left,) = cut_smallest([tf.cast(numbers, dtype)], tf.constant(count))
    left = left.numpy().astype("float32")
    assert np.count_nonzero(left == 0) == count
    assert left[left == 0].size in (0, 1000) or numbers[left == 0].max() <= left[left != 0].min()


def test_the_same_when_compiled():
    numbers = tf.random.stateless_normal([33, 7], [1, 2])
    compiled = tf.function(lambda v: cut([v], 0.6, together=False)[0], jit_compile=True)
    np.testing.assert_array_equal(compiled(numbers), cut([numbers], 0.6, together=False)[0])


def test_the_schedule_of_zhu_and_gupta():
    schedule = CutPlan(0.8, steps=100, every=30, together=False)
    # 0.8 + (0 - 0.8) * (1 - t / 100) ** 3
    assert [schedule.share_at(step) for step in (0, 50, 100)] == pytest.approx([0, 0.7, 0.8])
    due = [step for step in range(1, 201) if schedule.is_due(tf.constant(step))]
    assert due == [30, 60, 90, 100]


@pytest.mark.parametrize(("steps", "every", "cuts"), [(1, 1, 1), (60, 2, 20), (9, 1, 6)])
def test_the_cuts_of_a_short_training(model, steps, every, cuts):
    schedule = parse("sparse:0.5").rule(model, steps).plan
    assert schedule.every == every
    assert sum(bool(schedule.is_due(tf.constant(t + 1))) for t in range(steps)) == cuts


def inputs_first(kernel):
    """A kernel's numbers as `[inputs, outputs]`."""
    numbers = kernel.variable.numpy()
    numbers = np.moveaxis(numbers, kernel.inputs, range(len(kernel.inputs)))
    return numbers.reshape(np.prod(numbers.shape[: len(kernel.inputs)]), -1)


def test_two_of_four_along_the_inputs(model):
    found, old = (find_kernels(m, tables=False) for m in (compress(model, "sparse:2:4"), model))
    for kernel, before in zip(found, old, strict=True):
        numbers, before = inputs_first(kernel), inputs_first(before)
        for at in range(0, len(numbers), 4):
            group, whole = numbers[at : at + 4], before[at : at + 4]
            assert (np.count_nonzero(group, axis=0) == min(2, len(group))).all()
            largest = np.sort(np.abs(whole), axis=0)[-2:]
            np.testing.assert_array_equal(np.sort(np.abs(group), axis=0)[-2:], largest)
    # The inner one of the convolution has 8 inputs at each of 3 places.
    assert [inputs_first(kernel).shape[0] for kernel in found][3:5] == [8, 8]


def test_inputs_that_four_does_not_divide_end_in_a_group_with_zeros():
    model = keras.Sequential([keras.Input((7,)), layers.Dense(5), layers.Dense(2)])
    first, second = kernels(compress(model, "sparse:2:4"))
    assert (np.count_nonzero(first[:4], axis=0) == 2).all()
    assert (np.count_nonzero(first[4:], axis=0) == 2).all()
    assert (np.count_nonzero(second[4:], axis=0) == 1).all()


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("sparse:1", "the share of zeros is 1: write a number from 0 to below 1"),
        ("sparse:-0.1", "the share of zeros is -0.1"),
        ("sparse:nan", "the share of zeros is nan"),
        ("sparse:80%", "share is '80%': write a number"),
        ("sparse:every=5", "without the share of zeros: write sparse:0.8"),
        ("sparse:0.5,schedule=slow", "schedule is 'slow': write schedule=gradual or once"),
        ("sparse:0.5,scope=all", "scope is 'all': write scope=layer or global"),
        ("sparse:0.5,tables=maybe", "tables is 'maybe'"),
        ("sparse:0.5,every=0", "every is 0: write 1 or more"),
        ("sparse:0.5,every=1.5", "every is '1.5': write a whole number"),
        ("sparse:0.5,schedule=once,every=5", "leave out every or schedule=once"),
        ("sparse:2:4,schedule=once", "write sparse:2:4 without settings"),
        ("sparse:1:4", "share is '1:4': write a number"),
        ("sparse", "is no setting: write sparse:VALUE"),
    ],
)
def test_specs_that_are_refused(spec, says):
    with pytest.raises(UserError, match=says):
        parse(spec)


def test_in_python_all_zeros_are_there_at_once(model):
    """A model that nobody cut, since zeros come by a schedule that a run alone has."""
    assert [share(kernel) for kernel in kernels(tfkd.compress(model, "sparse:0.75"))] == [
        share(kernel) for kernel in kernels(compress(model, "sparse:0.75"))
    ]
    assert share(model.layers[-1].kernel) == 0


def test_a_table_of_zeros_is_named_since_it_stays_so(model, caplog):
    ids = keras.Input((2,), dtype="int32")
    table = layers.Embedding(5, 2, embeddings_initializer="zeros", name="words")
    begun = keras.Model(ids, layers.Dense(3)(table(ids)))
    for spec in ("sparse:0.5", "sparse:0.5,schedule=once"):
        parse(spec).rule(begun, 10)
        assert "all of words/embeddings are zero" in caplog.messages.pop()
        caplog.clear()
    parse("sparse:0.5").rule(model, 10)
    parse("sparse:0.5,tables=no").rule(begun, 10)
    assert not caplog.messages


def test_models_that_are_refused():
    with pytest.raises(UserError, match="sparse takes a Keras 3 model"):
        parse("sparse:0.5").check(tf_keras.Sequential([tf_keras.layers.Dense(2)]))
    ids = keras.Input((2,), dtype="int32")
    table = keras.Model(ids, layers.Embedding(5, 2)(ids))
    parse("sparse:0.5").check(table)
    for spec in ("sparse:2:4", "sparse:0.5,tables=no"):
        with pytest.raises(UserError, match="finds no kernel in the model 'functional"):
            parse(spec).check(table)
    lora = keras.Sequential([keras.Input((4,)), layers.Dense(4)])
    lora.layers[0].enable_lora(2)
    with pytest.raises(UserError, match="merge LoRA"):
        parse("sparse:0.5").check(lora)


def test_a_model_that_cannot_be_copied_is_refused():
    class Mine(layers.Layer):
        def call(self, x):
            return 2 * x

    model = keras.Sequential([keras.Input((4,)), Mine(), layers.Dense(2)])
    with pytest.raises(UserError, match="cannot be copied, as Keras says"):
        parse("sparse:0.5").apply(model, NOTHING)
