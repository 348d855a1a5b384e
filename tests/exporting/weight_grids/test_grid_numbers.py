"""Worked numbers of the grids."""

import numpy as np
import pytest
import tensorflow as tf

from tfkd.exporting.weight_grids import Grid
from tfkd.exporting.weight_grids.grid import Packing

RNG = np.random.default_rng(0)
BLOCKS = Grid((64, 3), (1, 0), (3, 2, 32), (2,), 4, in_blocks=True)


def test_8_bits_for_a_whole_table():
    """127 steps of 0.5 to either side."""
    table = [[63.5, 0.2], [0.3, -10.26], [0.0, 1.0]]
    grid = Grid((3, 2), (0, 1), (3, 2), (0, 1), 8)
    assert grid.rounded(table).numpy().tolist() == [[63.5, 0.0], [0.5, -10.5], [0.0, 1.0]]


def test_4_bits_with_a_scale_a_channel():
    """Steps of 1 for the first output, of 2 for the second."""
    kernel = [[7.0, -14.0], [3.4, 3.1], [-1.2, 0.9]]
    grid = Grid((3, 2), (1, 0), (2, 3), (1,), 4)
    assert grid.rounded(kernel).numpy().tolist() == [[7.0, -14.0], [3.0, 4.0], [-1.0, 0.0]]


def test_a_scale_of_a_block_has_eight_digits():
    """1.003 is 1.0 in eight digits, 1.006 is 1.0078125."""
    kernel = np.zeros((64, 3), "float32")
    kernel[0], kernel[32] = 7 * 1.003, 7 * 1.006
    rounded = BLOCKS.rounded(kernel).numpy()
    np.testing.assert_array_equal(rounded[0], [7.0] * 3)
    np.testing.assert_array_equal(rounded[32], [7 * 1.0078125] * 3)
    assert np.count_nonzero(rounded) == 6


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-5, 1e-9])
def test_what_lies_on_a_grid_stays(size):
    """Also where scales are numbers of 16 bits that have fewer digits, or none are left."""
    once = BLOCKS.rounded(RNG.normal(size=(64, 3)) * size)
    np.testing.assert_array_equal(BLOCKS.rounded(once), once)


def test_a_compiler_rounds_scales_as_well():
    """XLA leaves out casts that go to and fro."""
    value = tf.constant(RNG.normal(size=(64, 3)), tf.float32)
    compiled = tf.function(BLOCKS.rounded, jit_compile=True)(value)
    np.testing.assert_allclose(compiled, BLOCKS.rounded(value), rtol=1e-6)


def test_a_table_whose_vectors_share_rows():
    """Three vectors of ten numbers and two zeros are a row of 32, with one scale."""
    table = RNG.normal(size=(7, 10)).astype("float32")
    packing = Packing(rows=2, together=3, columns=2)
    grid = Grid((7, 10), (0, 1), (3, 1, 32), (2,), 4, in_blocks=True, packing=packing)
    rounded = grid.rounded(table).numpy()
    assert rounded.shape == (7, 10)
    steps, scales = grid.steps(table)
    assert scales.shape == (3, 1, 1)
    assert np.abs(rounded - table).max() <= 0.51 * scales.numpy().max()
    assert not steps.numpy()[2, 0, 10:].any()
