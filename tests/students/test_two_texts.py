"""Students of pairs: what they say depends on both texts, and on which is which."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tests.students.test_build_for import SCHEMA, Toy, drawn
from tfkd.errors import UserError
from tfkd.students import STUDENTS, build_for, names_for

IDS = np.array([[2, 5, 9, 7, 3, 5, 6, 7, 3], [2, 8, 3, 4, 3, 0, 0, 0, 0]], "int32")
SEGMENTS = np.array([[0, 0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0, 0, 0]], "int32")


def answers(model, ids=IDS, segments=SEGMENTS):
    return np.array(model({"input_ids": ids, "token_type_ids": segments}))


@pytest.fixture(scope="module", params=[name for name in STUDENTS if name != "ngram_linear"])
def student(request):
    return drawn(build_for(Toy(pairs=True), SCHEMA, request.param, 60, "tiny", seed=7))


def test_it_reads_ids_and_segments(student):
    assert {tensor.name for tensor in student.inputs} == {"input_ids", "token_type_ids"}
    assert answers(student).shape == (2, 3)


@pytest.mark.parametrize("place", [1, 6])
def test_each_text_counts(student, place):
    changed = IDS.copy()
    changed[0, place] = 20
    moved = np.abs(answers(student, changed) - answers(student))
    assert moved[0].max() > 1e-3
    assert moved[1].max() < 1e-5


def test_segments_count(student):
    """The same ids, of which one more is of the first text."""
    other = SEGMENTS.copy()
    other[0, 5] = 0
    assert np.abs(answers(student, segments=other) - answers(student))[0].max() > 1e-3


def test_padding_counts_for_nothing(student):
    wider = [np.pad(array, [[0, 0], [0, 7]]) for array in (IDS, SEGMENTS)]
    np.testing.assert_allclose(answers(student, *wider), answers(student), atol=1e-5)


def test_one_body_reads_both_texts():
    """Two texts cost no second table: the same vectors are compared."""
    one, pair = (
        build_for(Toy(pairs=pairs), SCHEMA, "bag_of_ngrams", 60, "tiny", seed=7)
        for pairs in (False, True)
    )
    width = one.layers[-1].input.shape[-1]
    assert pair.count_params() - one.count_params() == 3 * width * len(SCHEMA.labels)


def test_the_wide_part_tells_words_of_both_texts_from_those_of_one():
    """Only what is in one text alone moves the score: what negates, say."""
    model = build_for(Toy(pairs=True), SCHEMA, "ngram_cnn", 60, "tiny", seed=7)
    table = model.get_layer("piece_score")
    scores = np.zeros(table.embeddings.shape, "float32")
    # Token 9, in the second text alone.
    scores[60 + 9] = 1.0
    table.set_weights([scores])
    wide = keras.Model(model.inputs, model.get_layer("wide_logits").output)
    said = [np.array(wide(_as_dict(*_pair(*pair)))) for pair in PLACES]
    assert [bool(np.abs(each).max() > 1e-6) for each in said] == [True, False, False, False]


PLACES = [([5, 6], [5, 9]), ([5, 9], [5, 6]), ([5, 9], [5, 9]), ([5, 6], [5, 6])]


def _pair(one, other):
    ids = [2, *one, 3, *other, 3]
    segments = [0] * (len(one) + 2) + [1] * (len(other) + 1)
    return np.array([ids], "int32"), np.array([segments], "int32")


def _as_dict(ids, segments):
    return {"input_ids": ids, "token_type_ids": segments}


def test_n_grams_do_not_reach_from_one_text_into_the_other():
    """Swapping texts of one word each leaves all n-grams of two words as they are: none."""
    model = build_for(Toy(pairs=True), SCHEMA, "ngram_cnn", 60, "tiny", seed=7)
    table = model.get_layer("bigrams")
    table.set_weights([np.ones(table.embeddings.shape, "float32")])
    wide = keras.Model(model.inputs, model.get_layer("wide_logits").output)
    # `2 5`, `5 3` and `7 3`, and nothing across.
    ids, segments = _pair([5], [7])
    said = np.array(wide(_as_dict(ids, segments)))
    kernel, _ = model.get_layer("wide_logits").get_weights()
    np.testing.assert_allclose(said[0], 3 * kernel.sum(axis=0) / np.sqrt(5), rtol=1e-5)


def test_the_table_is_no_larger_than_that_of_one_text():
    one, pair = (
        build_for(Toy(pairs=pairs), SCHEMA, "ngram_cnn", 60, "tiny", seed=7)
        for pairs in (False, True)
    )
    rows = [model.get_layer("bigrams").embeddings.shape[0] for model in (one, pair)]
    assert rows[1] <= rows[0] + 3


def test_a_vector_for_each_token_needs_a_student_that_reads_both_at_once():
    task = Toy("tokens", pairs=True)
    assert names_for(task) == ("text_cnn", "bilstm", "transformer", "bottleneck")
    with pytest.raises(UserError, match="write one of text_cnn, bilstm, transformer"):
        build_for(task, SCHEMA, "ngram_cnn", 60, "tiny")
