"""Written texts, compared with all texts there are and with beams in plain Python."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

from tests.text.decoding.markov import END, START, Markov, spell
from tfkd.errors import UserError
from tfkd.text.decoding import Decoding, FullPasses, stream, write

ROWS = [{"input_ids": [kind]} for kind in range(5)]


def _plain_beams(model, kind, how):
    """Return the ids and scores of finished texts, by a dict of texts and sorting alone."""

    def allowed(ids, token):
        if token == END:
            return len(ids) >= how.shortest
        n, longer = how.no_repeat, [*ids, token]
        runs = [tuple(longer[i : i + n]) for i in range(len(longer) - n + 1)]
        return token != START and not (n and runs.count(tuple(longer[len(longer) - n :])) > 1)

    def judged(ids, score, more=1):
        return score / (len(ids) + more) ** how.length_penalty

    live, ended = {(): 0.0}, {}
    for _ in range(how.longest + 1):
        options = {}
        for ids in live:
            for token in range(model.logits.shape[-1]):
                if allowed(ids, token):
                    whole = token == END
                    longer = ids if whole else (*ids, token)
                    options[longer, whole] = model.score(kind, longer, finished=whole)
        ranked = sorted(options, key=lambda key: -options[key])
        ended |= {key[0]: options[key] for key in ranked[: how.beams] if key[1]}
        live = {key[0]: options[key] for key in ranked if not key[1]}
        live = dict(list(live.items())[: how.beams])
        best = sorted((judged(*pair) for pair in ended.items()), reverse=True)[: how.beams]
        hope = max((judged(ids, score, 0) for ids, score in live.items()), default=-math.inf)
        if len(best) == how.beams and best[-1] >= hope:
            break
    return sorted(ended.items(), key=lambda pair: -judged(*pair))[: how.beams]


@pytest.mark.parametrize(
    "settings",
    [
        {"beams": 4, "longest": 12},
        {"beams": 4, "longest": 12, "length_penalty": 0.0},
        {"beams": 4, "longest": 12, "length_penalty": 2.0},
        {"beams": 3, "longest": 9, "no_repeat": 2, "shortest": 4},
        {"beams": 1, "longest": 9, "no_repeat": 3, "shortest": 2},
    ],
    ids=str,
)
def test_beams_are_those_of_plain_python(settings):
    how, compared = Decoding(**settings), 0
    for seed in range(4):
        model = Markov(seed=seed)
        for kind, written in enumerate(write(model, ROWS, how, spell)):
            expected = _plain_beams(model, kind, how)
            finished = [text for text in written if text.finished]
            assert [text.ids for text in finished] == [ids for ids, _ in expected]
            np.testing.assert_allclose(
                [text.score for text in finished], [score for _, score in expected], atol=1e-5
            )
            compared += len(expected)
    assert compared > 15


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_many_beams_find_the_best_of_all_texts(penalty):
    model, how = Markov(5, seed=3), Decoding(beams=400, longest=4, length_penalty=penalty)
    (written,) = write(model, ROWS[:1], how, spell)
    ranked = sorted(
        model.all_texts(0, 4), key=lambda pair: -pair[1] / (len(pair[0]) + 1) ** penalty
    )
    assert [text.ids for text in written] == [ids for ids, _ in ranked]
    np.testing.assert_allclose([t.score for t in written], [s for _, s in ranked], atol=1e-5)


def test_one_beam_takes_the_likeliest_token_each_time():
    model = Markov(seed=1)
    written = write(model, ROWS, Decoding(longest=7), spell)
    for kind, (text,) in enumerate(written):
        ids, before, last = [], START, START
        while len(ids) < 8:
            token = int(model.logits[kind, before, last].argmax())
            if token == END:
                break
            ids, before, last = [*ids, token], last, token
        assert text.ids == tuple(ids[:7])
        assert text.finished == (len(ids) <= 7)
        assert text.score == pytest.approx(model.score(kind, text.ids, text.finished), abs=1e-5)
        assert text.text == spell(text.ids)
    assert len({text.finished for (text,) in written}) == 2


def test_of_equal_tokens_the_lower_one_is_taken():
    model = Markov(sharpness=0.0)
    model.logits[..., END] = -1.0
    (text,), *_ = write(model, ROWS, Decoding(longest=3), spell)
    assert text.ids == (2, 2, 2)
    (two, other), *_ = write(model, ROWS, Decoding(beams=2, longest=1), spell)
    assert (two.ids, other.ids) == ((2,), (3,))


@pytest.mark.parametrize("settings", [{}, {"beams": 3}, {"temperature": 1.0}], ids=str)
def test_a_text_is_the_same_whatever_is_written_beside_it(settings):
    model, how = Markov(seed=2), Decoding(longest=9, **settings)
    together = write(model, ROWS, how, spell)
    assert together == [write(model, [row], how, spell)[0] for row in ROWS]
    assert write(model, [], how, spell) == []


def test_draws_follow_the_seed_and_the_probabilities():
    model = Markov(5, seed=4, sharpness=1.0)
    texts = [
        write(model, ROWS[:1], Decoding(longest=1, temperature=1.0, seed=seed), spell)[0][0]
        for seed in range(2_000)
    ]
    first = model.logits[0, START, START].astype(np.float64)
    expected = np.exp(first) / np.exp(first).sum()
    drawn = [text.ids[0] if text.ids else END for text in texts]
    np.testing.assert_allclose(np.bincount(drawn, minlength=5) / 2_000, expected, atol=0.04)
    again = write(model, ROWS[:1], Decoding(longest=1, temperature=1.0, seed=7), spell)[0][0]
    assert again == texts[7]


@pytest.mark.parametrize("few", [{"top_k": 1}, {"top_p": 1e-6}], ids=str)
def test_drawing_from_the_likeliest_alone_is_greedy(few):
    model = Markov(seed=5)
    drawn = write(model, ROWS, Decoding(longest=9, temperature=2.0, **few), spell)
    greedy = write(model, ROWS, Decoding(longest=9), spell)
    for (one,), (other,) in zip(drawn, greedy, strict=True):
        assert one.ids == other.ids
        assert one.score == pytest.approx(other.score, abs=1e-5)


def test_a_share_of_the_likeliest_holds_the_one_that_reaches_it():
    model = Markov(5)
    model.logits[..., 2:] = np.log([0.5, 0.3, 0.2])
    model.logits[..., END] = -np.inf
    seen = {0.5: {2}, 0.6: {2, 3}, 0.81: {2, 3, 4}}
    for share, tokens in seen.items():
        how = Decoding(longest=200, temperature=1.0, top_p=share)
        assert set(write(model, ROWS[:1], how, spell)[0][0].ids) == tokens
    how = Decoding(longest=2_000, temperature=1.0, top_p=0.6)
    ids = write(model, ROWS[:1], how, spell)[0][0].ids
    # 0.5 and 0.3 of the three, without the third.
    assert ids.count(2) / len(ids) == pytest.approx(0.625, abs=0.05)


@pytest.mark.parametrize("settings", [{}, {"beams": 4}, {"temperature": 1.0}], ids=str)
def test_pieces_of_a_stream_are_the_text(settings):
    for seed in range(5):
        model, how = Markov(seed=seed), Decoding(longest=12, **settings)
        pieces = list(stream(model, ROWS[0], how, spell))
        assert "".join(pieces) == write(model, ROWS[:1], how, spell)[0][0].text
        assert len(pieces) > 1 or len("".join(pieces)) < 6 or "beams" in settings


def test_a_stream_never_shows_half_a_character():
    umlaut = "ä".encode()
    bytes_of = {2: b"T", 3: umlaut[:1], 4: umlaut[1:], 5: b"r"}
    model = Markov(seed=0)
    model.logits[:] = -9.0
    order = [START, 2, 3, 4, 5, END]
    for last, token in itertools.pairwise(order):
        model.logits[:, :, last, token] = 9.0

    def decode(ids):
        return b"".join(bytes_of[i] for i in ids).decode(errors="replace")

    pieces = list(stream(model, ROWS[0], Decoding(), decode))
    assert "".join(pieces) == "Tär"
    assert not any("\ufffd" in piece for piece in pieces)


@pytest.mark.parametrize("settings", [{}, {"beams": 3, "no_repeat": 2}], ids=str)
def test_passes_over_whole_rows_write_the_same(settings):
    model, how = Markov(seed=6), Decoding(longest=8, **settings)
    ends = SimpleNamespace(start_id=START, end_id=END)
    whole = FullPasses(model.run, ends, ("input_ids", "decoder_input_ids"))
    assert write(whole, ROWS, how, spell) == write(model, ROWS, how, spell)


def test_what_a_model_goes_on_with_is_its_input_where_it_has_no_decoder():
    seen = []

    def run(rows):
        seen.extend(list(row["input_ids"]) for row in rows)
        return [{"logits": np.eye(9)[[min(i + 1, 8) for i in row["input_ids"]]]} for row in rows]

    model = FullPasses(run, SimpleNamespace(start_id=1, end_id=8), ("input_ids",))
    (text,), (empty,) = write(model, [{"input_ids": [3, 4]}, {"input_ids": []}], Decoding(), spell)
    assert (text.ids, empty.ids) == ((5, 6, 7), (2, 3, 4, 5, 6, 7))
    assert seen[:2] == [[3, 4], [1]]


def test_a_tokenizer_without_an_end_is_refused():
    with pytest.raises(UserError, match="no token that ends a text"):
        FullPasses(lambda rows: [], SimpleNamespace(start_id=1, end_id=-1), ("input_ids",))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(bad):
    model = Markov()
    model.logits[0, START, START, 3] = bad
    with pytest.raises(UserError, match="NaN or infinite logits"):
        write(model, ROWS, Decoding(), spell)


def test_where_nothing_may_follow_a_text_is_cut():
    how = Decoding(longest=50, shortest=50, no_repeat=1, beams=2)
    (texts, *_) = write(Markov(5), ROWS, how, spell)
    assert [sorted(text.ids) for text in texts] == [[2, 3, 4]] * 2
    assert not any(text.finished for text in texts)
