"""What of the outputs is stored, and in how many bits: as asked, or refused at once."""

import numpy as np
import pytest
from store_toys import CLASSES, Features, Tokens, features, files, rows_of, texts, write
from toys import tagger, token_data

from tfkd.errors import UserError
from tfkd.store import Store

X, TEXTS = features(100), texts(100)
HALF = {"rtol": 1e-3, "atol": 1e-5}  # float16: 11 bits


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dtype": "int8"}, "dtype is 'int8': write 'float16' or 'float32'"),
        ({"top_k": 0}, "top_k is 0: write a number of classes"),
        ({"top_k": 1.5}, r"top_k is 1\.5"),
        ({"top_k": 5}, "top_k is 5 and the teacher's logits have 4 classes"),
        ({"top_k": 2, "reads": ("hidden_states",)}, "'logits' among them, for top_k"),
        ({"reads": ()}, r"reads is \(\): write the outputs to store"),
        ({"reads": ("logits", "pooled")}, "returned 'logits' and not 'pooled'"),
        ({"precision": "int4"}, "precision is 'int4'"),
        ({"shard": "4/3"}, "shard is '4/3': write e.g. \"2/8\""),
    ],
)
def test_wrong_arguments(tmp_path, options, words):
    """A mistake that shows after the teacher has run for an hour."""
    with pytest.raises(UserError, match=words):
        write(tmp_path, Features(), X, **options)
    assert files(tmp_path) == {}


def test_a_runtime_that_is_not_there_is_named(tmp_path, monkeypatch):
    """A ModuleNotFoundError, once the teacher is loaded."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'pip install "tfkd\[onnx\]"'):
        write(tmp_path, Features(), X, precision="onnx")
    assert files(tmp_path) == {}


def test_one_name_is_one_output(tmp_path):
    """`reads="logits"` taken for the outputs l, o, g, i, t and s."""
    assert write(tmp_path, Tokens(), TEXTS, reads="logits").reads == ("logits",)
    assert write(tmp_path, Tokens(), TEXTS).rows == 100


def test_the_order_of_reads_does_not_count(tmp_path):
    """A store that is refused to a loss that names its outputs the other way round."""
    write(tmp_path, Tokens(), rows_of(TEXTS, range(50)), reads=("logits", "hidden_states"))
    store = write(tmp_path, Tokens(), TEXTS, reads=("hidden_states", "logits"))
    assert store.rows == 100
    np.testing.assert_allclose(store.targets(TEXTS)["logits"], Tokens()(TEXTS)["logits"], **HALF)


def test_top_k_at_all_classes_is_dense(tmp_path):
    """k = classes must not cost a single bit."""
    dense = write(tmp_path / "dense", Features(), X, dtype="float32").targets(X)
    top = write(tmp_path / "top", Features(), X, dtype="float32", top_k=CLASSES).targets(X)
    np.testing.assert_array_equal(top["logits"], dense["logits"])


def test_top_k_keeps_the_largest_and_the_mass_of_the_others(tmp_path):
    """A remaining mass that is lost makes the teacher surer than it was."""
    store = write(tmp_path, Features(), X, top_k=2)
    found, true = store.targets(X)["logits"], Features()(X)
    order = np.argsort(-true, kind="stable")[:, :2]
    for one, other in ((found, true), (np.exp(found), np.exp(true))):
        one, other = (np.take_along_axis(each, order, -1) for each in (one, other))
        np.testing.assert_allclose(one, other, rtol=4e-3, atol=1e-4)
    mass, true_mass = (np.exp(each).sum(1) for each in (found, true))
    np.testing.assert_allclose(mass, true_mass, rtol=4e-3)
    assert store.manifest.settings["top_k"] == 2


def test_top_k_of_token_logits(tmp_path):
    """A language model's 50,000 classes at each position are what top-k is for."""
    model, (x, _) = tagger(), token_data(30, length=8)
    store = write(tmp_path, model, x, top_k=3, dtype="float32")
    real = x["attention_mask"].astype(bool)
    found, expected = store.targets(x)["logits"], model.predict(x, verbose=0)["logits"]
    np.testing.assert_allclose(found[real], expected[real], atol=1e-5)


def test_numbers_beyond_float16_fit_float32(tmp_path):
    """The cure that the sentence names, tried; and -inf, a masked class, is legal."""
    big = 1e5 * X[:3]
    found = write(tmp_path / "big", Features(), big, dtype="float32").targets(big)["logits"]
    np.testing.assert_allclose(found, Features()(big), rtol=1e-6)

    def masked(x):
        return np.where([True, False], np.asarray(x)[:, :2], -np.inf)

    found = write(tmp_path / "masked", masked, X).targets(X)["logits"]
    assert np.isneginf(found[:, 1]).all()


def test_logits_of_another_width_are_refused(tmp_path):
    """A callable that is known by its name only, and has another class today."""

    class Wider(Features):
        def __call__(self, inputs):
            return np.asarray(inputs)

    write(tmp_path, Features(), X[:50])
    with pytest.raises(UserError, match=r"logits \[5\] for an example and the store holds \[4\]"):
        write(tmp_path, Wider(), X)
    assert Store(tmp_path).rows == 50
