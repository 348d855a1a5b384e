"""A student that writes, a token at a time: what it says is what the whole model says."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd.errors import UserError
from tfkd.models.decoders import find_graphs, open_decoder
from tfkd.models.text_model import TextModel
from tfkd.students import build, gru_seq2seq, seq2seq
from tfkd.text.decoding import Decoding, FullPasses, write

SOURCES = [[2, 5, 9, 7, 3], [2, 8, 3], [2, 30, 31, 32, 33, 34, 3]]
TARGETS = np.array([[2, 9, 12, 4], [2, 7, 7, 8], [2, 39, 1, 6]], "int32")
ROWS = [{"input_ids": ids} for ids in SOURCES]
MAKERS = {"seq2seq": seq2seq, "gru_seq2seq": gru_seq2seq}


class Numbers:
    """A tokenizer whose texts are numbers."""

    max_length, pad_id, start_id, end_id, vocab_size = 64, 0, 2, 3, 40

    @staticmethod
    def decode(ids):
        return " ".join(map(str, ids))


def padded(rows, longer=0):
    width = max(map(len, rows)) + longer
    return np.array([[*row, *[0] * (width - len(row))] for row in rows], "int32")


@pytest.fixture(scope="module", params=MAKERS)
def student(request):
    """A student with all weights at random, so that nothing is a zero by chance."""
    model = MAKERS[request.param](40, "tiny", seed=3)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.05 * rng.normal(size=weight.shape))
    return model


@pytest.fixture(scope="module")
def whole(student):
    """Its logits for sources and targets."""
    return student({"input_ids": padded(SOURCES), "decoder_input_ids": TARGETS}).numpy()


@pytest.fixture(scope="module")
def model(student):
    return TextModel(student, Numbers(), shapes={"logits": (None, 40)})


def test_steps_give_the_logits_of_the_whole_pass(student, whole):
    steps = open_decoder(student, Numbers())
    state, first = steps.begin(ROWS)
    assert first.tolist() == [2, 2, 2]
    for place, tokens in enumerate(TARGETS.T):
        logits, state = steps.step(state, tokens)
        np.testing.assert_allclose(logits, whole[:, place], rtol=0, atol=1e-5)


def test_a_source_may_be_padded_and_what_is_written_changes_nothing_before(student, whole):
    inputs = {"input_ids": padded(SOURCES, 9), "decoder_input_ids": padded(TARGETS.tolist(), 3)}
    logits = student(inputs).numpy()
    np.testing.assert_allclose(logits[:, : whole.shape[1]], whole, rtol=0, atol=1e-5)
    assert np.abs(whole[:, 0] - whole[:, 1]).max() > 0.1


def test_texts_are_followed_in_another_order(student, whole):
    """Beams of a text share its source, and change places."""
    steps = open_decoder(student, Numbers())
    state, _ = steps.begin(ROWS)
    _, state = steps.step(state, TARGETS[:, 0])
    places = np.array([2, 0, 0])
    logits, _ = steps.step(steps.select(state, places), TARGETS[places, 1])
    np.testing.assert_allclose(logits, whole[places, 1], rtol=0, atol=1e-5)


@pytest.mark.parametrize("beams", [1, 3])
def test_texts_are_those_of_whole_passes(model, beams):
    decoding = Decoding(beams=beams, longest=5)
    names = ("input_ids", "decoder_input_ids")
    slow = write(FullPasses(model.run, Numbers(), names), ROWS, decoding, Numbers.decode)
    fast = model.write(ROWS, decoding)
    assert [[one.ids for one in texts] for texts in fast] == [[o.ids for o in t] for t in slow]
    scores = [[[one.score for one in texts] for texts in written] for written in (fast, slow)]
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-4)


def test_a_text_does_not_depend_on_those_written_with_it(model):
    done = []
    together = model.write(ROWS, Decoding(beams=2, longest=5), advance=done.append)
    alone = [model.write([row], Decoding(beams=2, longest=5))[0] for row in ROWS]
    assert [[o.ids for o in texts] for texts in together] == [[o.ids for o in t] for t in alone]
    assert sum(done) == len(ROWS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
def test_files_need_no_tfkd(tmp_path, python):
    inputs = {"input_ids": padded(SOURCES), "decoder_input_ids": TARGETS}
    np.savez(tmp_path / "inputs.npz", **inputs)
    models = {name: make(40, "tiny", seed=3) for name, make in MAKERS.items()}
    for name, model in models.items():
        model.save(tmp_path / f"{name}.keras")
    code = (
        "import sys, keras, numpy as np\n"
        "inputs = dict(np.load(sys.argv[1] + '/inputs.npz'))\n"
        "for name in sys.argv[2:]:\n"
        "    model = keras.models.load_model(f'{sys.argv[1]}/{name}.keras')\n"
        "    np.save(f'{sys.argv[1]}/{name}.npy', model.predict(inputs, verbose=0))\n"
        "assert 'tfkd' not in sys.modules\n"
    )
    python(code, tmp_path, *models)
    for name, model in models.items():
        logits, loaded = model(inputs).numpy(), np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(loaded, logits, rtol=0, atol=1e-5)
        assert find_graphs(keras.models.load_model(tmp_path / f"{name}.keras")) is not None


def test_other_models_have_no_steps():
    assert open_decoder(build("transformer", 40, 2, "tiny"), Numbers()) is None
    assert open_decoder(lambda inputs: inputs, Numbers()) is None


def test_a_tokenizer_without_ends_is_refused(student):
    with pytest.raises(UserError, match="starts and ends a text"):
        open_decoder(student, type("Endless", (), {"start_id": -1, "end_id": -1}))
