"""The student whose blocks are narrow: what it hands on, and one block learnt after the other."""

import numpy as np
import pytest

from tfkd import Attention, Distiller, Hint, UserError, tap
from tfkd.compression.plain import as_plain
from tfkd.models.freezing import freeze
from tfkd.students import build

IDS = np.random.default_rng(0).integers(1, 40, (8, 6)).astype("int32")


def make():
    return build("bottleneck", 40, 2, "tiny", seed=1, width=32, bottleneck=16)


def test_between_blocks_it_is_as_wide_as_its_teacher():
    states = tap(make())(IDS, reads=("logits", "hidden_states"))["hidden_states"]
    assert [tuple(state.shape) for state in states] == [(8, 6, 32)] * 3


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_block_learns_from_a_block_while_those_before_it_stay():
    teacher = build("transformer", 40, 2, "tiny", seed=2, width=32, layers=2)
    student = make()
    freeze(student, ["embeddings", "block_0"])
    before = {weight.path: weight.numpy() for weight in student.weights}
    objective = Hint(layers=((2, 2),)) + Attention(layers=((1, 1),), kind="kl", heads="mean")
    distiller = Distiller(student=student, teacher=teacher, objective=objective)
    distiller.compile("adam")
    distiller.fit(IDS, np.zeros(8, "int32"), batch_size=4, verbose=0)
    moved = {w.path for w in student.weights if np.any(w.numpy() != before[w.path])}
    # The head has no loss in this stage, and the widths agree, so there is no projection.
    assert moved
    assert all(path.startswith("block_1") for path in moved)


def test_compressions_can_take_it_apart():
    student = make()
    np.testing.assert_allclose(as_plain(student)(IDS), student(IDS), atol=1e-5)


def test_heads_have_to_divide_the_bottleneck():
    with pytest.raises(UserError, match="bottleneck=16 is no multiple of heads=3"):
        build("bottleneck", 40, 2, "tiny", bottleneck=16, heads=3)
