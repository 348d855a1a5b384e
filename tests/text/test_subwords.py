"""Pieces that give back what they were given."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tfkd.errors import UserError
from tfkd.progress import logger
from tfkd.runtime.bundle import describe, read_encoder
from tfkd.text import SPECIAL, TextEncoder, learn, load, with_padding_first, with_pieces
from tfkd.text.cut_targets import tell_cut_targets

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("bpe", "unigram")
WORDS = "Straße Häuser fließen Äpfel élève garçon Noël window watering 天气 很好 我们 喜欢"
TEXTS = [f"{a} {b}, {c}!" for a in WORDS.split() for b in WORDS.split() for c in ("an", "the")]
LIKE_NONE = [
    "Grüße  aus\tZürich: 2024 Äpfel!",
    "ça été «très» bien l'été",
    "我们很喜欢天气。龘",
    "🎉👩\N{ZERO WIDTH JOINER}👧 ok",
    '"(a) b" - c <0x41>',
    "two  blanks",
]


@pytest.fixture(scope="module", params=KINDS)
def encoder(request):
    return learn(TEXTS, kind=request.param, vocab_size=400)


@pytest.mark.parametrize("text", LIKE_NONE)
def test_a_text_comes_back(encoder, text):
    ids = encoder.encode(text)
    assert encoder.decode(ids).split() == text.split()
    assert encoder.decode(ids) == " ".join(text.split())
    assert 1 not in ids


def test_pieces_are_learnt_and_are_few(encoder):
    assert encoder.vocabulary[:5] == list(SPECIAL)
    assert 300 < encoder.vocab_size <= 400
    words = "the Straße"
    assert len(encoder.encode_targets([words], 99)[0]) < len(words) / 2
    assert (encoder.start_id, encoder.end_id) == (2, 3)
    assert encoder.encode("an")[0] == 2
    assert encoder.encode("an")[-1] == 3
    assert not encoder.lowercase


def test_the_same_texts_give_the_same_ids_in_each_process():
    made = (
        "import hashlib, tests.text.test_subwords as t\n"
        "for kind in t.KINDS:\n"
        "    learnt = t.learn(t.TEXTS, kind=kind, vocab_size=400)\n"
        "    print(hashlib.sha256(learnt.tokenizer.to_str().encode()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", made], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # A generator too.
    here = [learn(iter(TEXTS), kind=kind, vocab_size=400).tokenizer.to_str() for kind in KINDS]
    assert other.stdout.split() == [hashlib.sha256(one.encode()).hexdigest() for one in here]


def test_a_vocabulary_has_the_size_that_was_asked_for():
    """Beyond a third of the pieces, rare characters are bytes: else no words would be left."""
    texts = ["".join(chr(0x4E00 + i) for i in range(at, at + 9)) for at in range(900)] * 2
    for kind in KINDS:
        learnt = learn(texts, kind=kind, vocab_size=600)
        assert learnt.vocab_size <= 600
        assert any(len(piece) > 1 for piece in learnt.vocabulary[261:])
        assert learnt.decode(learnt.encode(texts[-1])) == texts[-1]


def test_what_has_no_room_is_refused():
    with pytest.raises(UserError, match=r"vocab_size is 261.*write at least 522"):
        learn(TEXTS, kind="bpe", vocab_size=261)
    with pytest.raises(UserError, match="kind is 'BPE': write wordpiece, bpe, unigram"):
        learn(TEXTS, kind="BPE")


def test_targets_are_cut_and_that_is_told(encoder, monkeypatch):
    told = []
    monkeypatch.setattr(logger, "warning", lambda text, *values: told.append(text % values))
    texts = ["the Straße, the Häuser!", "an"]
    whole, short = encoder.encode_targets(texts, 99)
    most = len(short)
    with tell_cut_targets(encoder, "train"):
        assert encoder.encode_targets(texts, most) == [whole[:most], short]
        assert encoder.encode_targets(texts, most, mark_cut=True) == [whole[: most + 1], short]
        assert not told
    # Once for a set, whatever its parts are, and of this set alone.
    ends = f"texts to write are cut after {most} tokens, and no model writes more"
    assert [line.partition(": give")[0] for line in told] == [f"train: 2 of 4 {ends}"]
    encoder.encode_targets(texts, most)
    with tell_cut_targets(encoder, "test"):
        encoder.encode_targets(texts[:1], most)
    assert told[1].startswith(f"test: 1 of 1 {ends}")
    with tell_cut_targets(encoder, "whole"):
        encoder.encode_targets(texts, 99)
    assert len(told) == 2


def test_word_pieces_are_decoded_too():
    encoder = learn(["a good film"] * 9, vocab_size=40)
    assert encoder.decode(encoder.encode("A good film")) == "a good film"


def test_a_file_carries_the_tokenizer(encoder, tmp_path):
    facts = {"task": "t", "schema": {"labels": [], "settings": {}}, "inputs": ["input_ids"]}
    facts |= {"outputs": {"logits": {"name": "logits"}}}
    decoding = {"encode": True, "start_id": 4, "end_id": 3, "longest": 9, "longest_source": 9}
    files = describe(encoder, {**facts, "decoding": decoding})
    read, settings = read_encoder(files)
    assert settings["decoding"] == decoding
    assert (read.start_id, read.end_id) == (4, 3)
    assert read.encode_many(LIKE_NONE) == encoder.encode_many(LIKE_NONE)
    assert read.decode(read.encode(LIKE_NONE[0])) == encoder.decode(encoder.encode(LIKE_NONE[0]))
    encoder.save(tmp_path)
    again = load(tmp_path)
    assert again.tokenizer.to_str() == encoder.tokenizer.to_str()
    assert (again.start_id, again.end_id) == (2, 3)


def test_special_pieces_may_be_added(encoder):
    marked = with_pieces(encoder, ["<polite>"])
    assert marked.decode(marked.encode("<polite> the Straße")) == "the Straße"
    assert marked.encode("<polite> an")[1] == encoder.vocab_size


@pytest.mark.parametrize(
    ("settings", "ends"),
    [
        ({"config": {"decoder_start_token_id": 0, "eos_token_id": [1, 2]}}, (0, 1)),
        ({"config": {"bos_token_id": 2}, "generation_config": {"eos_token_id": 3}}, (2, 3)),
        (
            {
                "config": {"decoder_start_token_id": 1, "eos_token_id": 1},
                "generation_config": {"decoder_start_token_id": 4, "eos_token_id": None},
            },
            (4, 1),
        ),
        ({"config": {}}, (2, 3)),
        # As a tiny model has it that was made with the settings of a large one.
        ({"config": {"bos_token_id": 50_256, "eos_token_id": 4}}, (2, 4)),
    ],
)
def test_a_folder_of_hugging_face_says_its_ends(tmp_path, settings, ends):
    learn(["a good film"] * 9, vocab_size=40).tokenizer.save(str(tmp_path / "tokenizer.json"))
    for name, content in settings.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    encoder = load(tmp_path)
    assert (encoder.start_id, encoder.end_id) == ends


def test_ends_keep_their_tokens_where_ids_change():
    tokenizer = learn(["a good film"] * 9, vocab_size=40).tokenizer
    moved = with_padding_first(TextEncoder(tokenizer, pad_id=2, start_id=0, end_id=3))
    assert (moved.start_id, moved.end_id) == (1, 3)
