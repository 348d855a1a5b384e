"""A static student that starts from what a large encoder says of each piece."""

import dataclasses

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.students import build, static_from
from tfkd.students.piece_vectors import read_vectors, spell_pieces
from tfkd.students.static import VECTORS, WEIGHTS
from tfkd.students.static_start import PieceTable, count_shares, make_table, zipf_shares
from tfkd.text import learn

TEXTS = ["a good film", "a bad film and not a good one", "not bad", "films"] * 20
WIDTH = 6


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS, vocab_size=60, max_length=32)


@pytest.fixture(scope="module")
def teacher(encoder):
    """Its vector of a text is the mean over all tokens, of a table with other directions first."""
    tokens = keras.Input((None,), dtype="int32", name="input_ids")
    table = keras.layers.Embedding(encoder.vocab_size, WIDTH)
    there = keras.ops.expand_dims(keras.ops.cast(tokens != 0, "float32"), -1)
    mean = keras.ops.sum(table(tokens) * there, 1) / keras.ops.sum(there, 1)
    model = keras.Model(tokens, {"embedding": mean})
    rng = np.random.default_rng(2)
    table.set_weights([rng.normal(size=(encoder.vocab_size, WIDTH)) * np.arange(1, 1 + WIDTH)])
    return TextModel(model, encoder, origin="toy", shapes={"embedding": (WIDTH,)})


def pieces_of(encoder):
    return np.array([text is not None for text in spell_pieces(encoder)])


def test_special_pieces_are_no_texts(encoder):
    spelled = spell_pieces(encoder)
    assert spelled[:5] == [None] * 5
    known = dict(zip(encoder.vocabulary, spelled, strict=True))
    assert (known["film"], known["##m"]) == ("film", "m")


def test_each_piece_is_what_the_teacher_says_of_it(teacher, encoder):
    """Vectors of the neighbours in the vocabulary, or distances that are lost on the way."""
    table = make_table(teacher, encoder, WIDTH)
    known = pieces_of(encoder)
    said = read_vectors(teacher, [[2, i, 3] for i in np.flatnonzero(known)])
    distances = np.linalg.norm(said[:, None] - said, axis=-1)
    ours = np.linalg.norm(table.vectors[known][:, None] - table.vectors[known], axis=-1)
    np.testing.assert_allclose(ours / ours.max(), distances / distances.max(), atol=1e-5)
    assert not table.vectors[~known].any()
    spread = table.vectors[known].std(axis=0)
    assert (np.diff(spread) < 0).all()


def test_frequent_pieces_weigh_less(teacher, encoder):
    ids = encoder.tokenizer.get_vocab()
    known = pieces_of(encoder)
    counted = count_shares(encoder, iter(TEXTS), known)
    total = sum(len(row) - 2 for row in encoder.encode_many(TEXTS)) + known.sum()
    assert counted[ids["bad"]] == pytest.approx((40 + 1) / total)
    assert counted[~known].sum() == 0
    logits = make_table(teacher, encoder, 2, texts=TEXTS).logits
    weights = 1 / (1 + np.exp(-logits[known]))
    np.testing.assert_allclose(weights, 1e-4 / (1e-4 + counted[known]), rtol=1e-4)
    zipf = zipf_shares(known)[known]
    assert (np.diff(zipf) < 0).all()
    assert zipf[0] / zipf[1] == pytest.approx(3 / 2)


def test_the_vector_of_a_text(teacher, encoder):
    """Another weighting than that of the table, or another length than 1."""
    student = static_from(teacher, 4, texts=TEXTS)
    table = make_table(teacher, encoder, 4, texts=TEXTS)
    texts = ["a good film", "not bad", "film"]
    found = read_vectors(student, encoder.encode_many(texts))
    for text, vector in zip(texts, found, strict=True):
        ids = [i for i in encoder.encode(text) if i > 4]
        expected = sum(table.vectors[i] / (1 + np.exp(-table.logits[i])) for i in ids)
        np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert student.model.count_params() == encoder.vocab_size * 5


def test_a_vocabulary_of_its_own(teacher):
    """Ids of one vocabulary that are looked up in the other."""
    own = learn(["film goodfilm bad one"] * 9, vocab_size=60, max_length=16)
    student = static_from(teacher, 3, encoder=own)
    assert student.model.get_layer(VECTORS).input_dim == own.vocab_size
    pieces = ("film", "bad", "one", "goodfilm")
    table, ids = make_table(teacher, own, WIDTH), own.tokenizer.get_vocab()
    assert "goodfilm" not in teacher.encoder.tokenizer.get_vocab()
    said = read_vectors(teacher, teacher.encoder.encode_many(list(pieces)))
    ours = table.vectors[[ids[piece] for piece in pieces]]
    expected, found = (np.linalg.norm(each[1:] - each[0], axis=1) for each in (said, ours))
    np.testing.assert_allclose(found / found[0], expected / expected[0], rtol=1e-4)


def test_a_teacher_of_hidden_states(encoder):
    """A classifier's logits for vectors, or a mean over padding too."""
    model = build("transformer", encoder.vocab_size, 2, "tiny", seed=1)
    teacher = TextModel(model, encoder, labels=("a", "b"))
    rows = [[2, 7, 8, 9, 3], [2, 7, 3]]
    found = read_vectors(teacher, rows)
    alone = [read_vectors(teacher, [row])[0] for row in rows]
    np.testing.assert_allclose(found, alone, atol=1e-5)
    states = teacher.outputs(np.array([rows[1]]), ("hidden_states",))["hidden_states"][-1]
    np.testing.assert_allclose(found[1], states.numpy()[0].mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("width", [3, 9])
def test_students_of_other_widths(teacher, encoder, width):
    table = make_table(teacher, encoder, WIDTH)
    model = build("static", encoder.vocab_size, 2, "tiny", width=width)
    table.put_into(model)
    vectors = model.get_layer(VECTORS).get_weights()[0]
    shared = min(width, WIDTH)
    np.testing.assert_array_equal(vectors[:, :shared], table.vectors[:, :shared])
    assert not vectors[:, shared:].any()
    assert model.get_layer(WEIGHTS).get_weights()[0][:5].max() < -9


def test_a_table_comes_back_from_its_file(teacher, encoder, tmp_path):
    table = make_table(teacher, encoder, 4)
    table.save(tmp_path / "start.npz")
    again = PieceTable.load(tmp_path / "start.npz")
    np.testing.assert_array_equal(again.vectors, table.vectors)
    np.testing.assert_array_equal(again.logits, table.logits)


def test_what_is_no_start(teacher, encoder):
    with pytest.raises(UserError, match="dimensions is 7, and the vectors of toy have 6 numbers"):
        static_from(teacher, 7)
    without = TextModel(build("text_cnn", encoder.vocab_size, 2, "tiny"), encoder, origin="cnn")
    with pytest.raises(UserError, match="cnn gives no vectors of texts"):
        static_from(without, 4)
    broken = dataclasses.replace(
        teacher,
        model=lambda ids: {"embedding": keras.ops.cast(ids[:, :WIDTH], "float32") * np.nan},
    )
    with pytest.raises(UserError, match="toy gives NaN or infinity"):
        static_from(broken, 4)
