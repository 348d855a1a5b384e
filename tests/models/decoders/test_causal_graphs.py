"""Each token is read once, and what is written is what whole passes write."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from tfkd import UserError
from tfkd.models.decoders import find_graphs, open_decoder
from tfkd.students import causal
from tfkd.text.decoding import Decoding, FullPasses, write

ENCODER = SimpleNamespace(start_id=2, end_id=3)
# Of unlike lengths, one of them with a start alone.
ROWS = [{"input_ids": ids} for ids in ([2, 7, 8, 9], [2], [2, 9, 9, 4], [2, 30, 31, 5, 6, 7])]


@pytest.fixture(scope="module")
def model():
    model = causal(40, "tiny", seed=1)
    for weight in model.weights:
        if "query" in weight.path or "key" in weight.path:
            # Untrained, it would hardly look at what was before.
            weight.assign(weight * 3)
    return model


def whole_passes(model):
    # Of a row of one token, Keras warns where it runs without a graph.
    graph = tf.function(model, input_signature=[tf.TensorSpec((None, None), tf.int32)])

    def run(rows):
        ids = [np.array([row["input_ids"]], "int32") for row in rows]
        return [{"logits": graph(each).numpy()[0]} for each in ids]

    return FullPasses(run, ENCODER, ("input_ids",))


def spell(ids):
    return " ".join(map(str, ids))


@pytest.mark.parametrize(
    "decoding",
    [
        Decoding(longest=6),
        Decoding(longest=6, beams=3),
        Decoding(longest=6, temperature=1.0, top_k=9, seed=4),
    ],
    ids=["greedy", "beams", "drawn"],
)
def test_steps_write_what_whole_passes_write(model, decoding):
    fast = write(open_decoder(model, ENCODER), ROWS, decoding, spell)
    slow = write(whole_passes(model), ROWS, decoding, spell)
    assert [[each.ids for each in texts] for texts in fast] == [
        [each.ids for each in texts] for texts in slow
    ]
    for ours, theirs in zip(fast, slow, strict=True):
        scores = [each.score for each in theirs]
        np.testing.assert_allclose([each.score for each in ours], scores, atol=1e-4)


def test_a_beginning_is_read_at_once_or_token_by_token(model):
    """The caches are the same, and so is what follows."""
    steps = open_decoder(model, ENCODER)
    state, first = steps.begin([{"input_ids": [2, 7, 8, 9]}])
    at_once, _ = steps.step(state, first)
    state, token = steps.begin([{"input_ids": [2]}])
    for following in (7, 8, 9):
        _, state = steps.step(state, token)
        token = np.array([following])
    np.testing.assert_allclose(steps.step(state, token)[0], at_once, atol=1e-5)


def test_a_text_may_be_followed_twice_and_another_left(model):
    """Beams do: texts of unlike lengths stay apart."""
    steps = open_decoder(model, ENCODER)
    state, first = steps.begin(ROWS)
    _, state = steps.step(state, first)
    tokens = np.array([5, 6, 7, 8])
    every, _ = steps.step(state, tokens)
    places = np.array([3, 0, 3])
    some, _ = steps.step(steps.select(state, places), tokens[places])
    np.testing.assert_allclose(some, every[places], atol=1e-5)


def test_there_is_no_source_to_encode(model):
    graphs = find_graphs(model)
    assert graphs is not None
    assert not graphs.encode_inputs
    assert graphs.step_inputs["tokens"] == ((None, None), "int32")


def test_a_tokenizer_without_an_end_is_refused(model):
    with pytest.raises(UserError, match="no token that ends"):
        open_decoder(model, SimpleNamespace(start_id=2, end_id=-1))
