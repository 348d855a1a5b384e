"""Taps of students that write: the blocks of the decoder, and attentions by name."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd import Distiller, HardLabels, Hint, tap
from tfkd.students import seq2seq

SOURCES = np.array([[2, 5, 9, 7, 3], [2, 8, 3, 0, 0]], "int32")
TARGETS = np.array([[2, 9, 12], [2, 7, 0]], "int32")
LABELS = np.array([[9, 12, 3], [7, 3, -100]], "int32")
INPUTS = {"input_ids": SOURCES, "decoder_input_ids": TARGETS}


@pytest.fixture(scope="module")
def student():
    return seq2seq(40, "tiny", seed=1, dropout=0.0)


def test_hidden_states_and_attentions_are_those_of_the_decoder(student):
    outputs = tap(student)(INPUTS, reads=("logits", "hidden_states", "attentions"))
    assert [state.shape for state in outputs["hidden_states"]] == [(2, 3, 64)] * 2
    (own,) = outputs["attentions"]
    assert own.shape == (2, 4, 3, 3)
    np.testing.assert_allclose(np.triu(own, 1), 0, atol=1e-7)
    np.testing.assert_allclose(np.sum(own, -1), 1, atol=1e-6)


def test_an_attention_to_the_source_is_read_by_name(student):
    tapped = tap(student, attentions=["decoder_0_cross_weights"])
    (cross,) = tapped(INPUTS, reads=("logits", "attentions"))["attentions"]
    assert cross.shape == (2, 4, 3, 5)
    # None looks at the padding of a source.
    np.testing.assert_array_equal(cross[1, :, :, 3:], 0)


@pytest.mark.slow
def test_a_hint_to_a_block_of_the_decoder_trains_it(student):
    teacher = seq2seq(40, "tiny", seed=2, dropout=0.0, width=96)
    learner = keras.models.clone_model(student)
    before = {w.path: w.numpy() for w in learner.trainable_weights}
    blocks = {"hidden_states": ["decoder_0"]}
    distiller = Distiller(
        student=tap(learner, **blocks),
        teacher=tap(teacher, **blocks),
        objective=HardLabels() + Hint(layers=((0, 0),)),
    )
    distiller.compile(keras.optimizers.Adam(1e-2))
    history = distiller.fit(INPUTS, LABELS, epochs=6, verbose=0).history
    hint = next(values for name, values in history.items() if "hint" in name.lower())
    assert hint[-1] < 0.7 * hint[0]
    moved = {w.path for w in learner.trainable_weights if np.any(w.numpy() != before[w.path])}
    assert any("encoder_0" in path for path in moved)
