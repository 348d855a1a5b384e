"""A piece that gets another id than in training is a model that reads another language."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tfkd.errors import UserError
from tfkd.text import SPECIAL, TextEncoder, clean, head_and_tail, learn, load, wordpiece

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["A good film, naïve and warm.<br />Not a bad one.", "the acting was good"] * 20
VOCABULARY = [*SPECIAL, "film", "Film", "good", "##s", "caf", "cafe"]


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS, vocab_size=90, max_length=16)


def write(folder, lines=VOCABULARY, end="\n", **others):
    """A `vocab.txt` in `folder`, and other files, `_` for the dot in their names."""
    path = folder / "vocab.txt"
    path.write_bytes((end.join(lines) + end).encode())
    for name, content in others.items():
        (folder / name.replace("__", ".")).write_text(content)
    return path


def read(encoder, text):
    return [encoder.vocabulary[i] for i in encoder.encode(text)]


# -- learning ------------------------------------------------------------------------------


def test_learnt_pieces_start_with_the_special_ones(encoder):
    """Padding is id 0 in every mask."""
    assert encoder.vocabulary[:5] == list(SPECIAL)
    assert encoder.vocab_size == len(set(encoder.vocabulary)) <= 90
    assert read(encoder, "The GOOD film") == ["[CLS]", "the", "good", "film", "[SEP]"]


def test_line_breaks_of_html_are_no_words(encoder):
    """`<br />` is every tenth word of IMDB."""
    assert clean("warm.<BR>Not") == "warm. Not"
    assert encoder.encode("warm<br />good") == encoder.encode("warm good")
    assert "br" not in encoder.vocabulary


def test_the_same_texts_give_the_same_ids_in_every_process():
    """The trainer's hash tables differ by process: a vocabulary learnt again fits no old weights.

    Nothing is a majority here: words of equal counts, so that every tie counts.
    """
    code = (
        "import random; from tfkd.text import learn; r = random.Random(0);"
        "words = [''.join(r.choices('abcdefghijkl', k=r.randint(2, 6))) for _ in range(400)];"
        "texts = [' '.join(r.choices(words, k=20)) for _ in range(200)];"
        "print(learn(texts, vocab_size=300).vocabulary,"
        "learn(texts, vocab_size=300, limit_alphabet=7).vocabulary)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True
        ).stdout
        for _ in range(3)
    }
    assert len(runs) == 1


def test_learnt_pieces_are_no_special_tokens(encoder):
    """A special `##s` would be cut out of a text that writes it, whatever stands around."""
    added = json.loads(encoder.tokenizer.to_str())["added_tokens"]
    assert [token["content"] for token in added] == list(SPECIAL)


def test_texts_may_come_from_a_generator(encoder):
    """The trainer passes twice: an exhausted generator would teach an alphabet and no words."""
    assert learn((t for t in TEXTS), vocab_size=90).vocabulary == encoder.vocabulary


def test_min_frequency():
    """Of a small corpus, each word that occurs once would be learnt by heart."""
    texts = ["common common", "once"]
    assert "once" in learn(texts, min_frequency=1).vocabulary
    pieces = learn(texts, min_frequency=2).vocabulary
    assert "common" in pieces
    assert "once" not in pieces


def test_limit_alphabet_keeps_the_most_frequent_characters():
    """Twenty thousand characters of Chinese are the whole vocabulary, and no word is left."""
    texts = ["房间 很 干净 房间 房间 干净"]
    pieces = learn(texts, vocab_size=50, limit_alphabet=2).vocabulary
    assert sorted(set(pieces) - set(SPECIAL)) == sorted("房间")
    assert set("房间很干净") <= set(learn(texts, vocab_size=50).vocabulary)


@pytest.mark.parametrize("name", ["vocab_size", "min_frequency", "limit_alphabet"])
@pytest.mark.parametrize("value", [0, -1, 1.5])
def test_numbers_that_mean_nothing(name, value):
    """The trainer's own words for them are an OverflowError."""
    with pytest.raises(UserError, match=f"{name} is {value}; write a whole number"):
        learn(TEXTS, **{name: value})


@pytest.mark.parametrize("lowercase", [True, False])
def test_casing_is_kept_by_save_and_load(lowercase, tmp_path):
    encoder = learn(["A Good film", "a good Film"] * 9, vocab_size=60, lowercase=lowercase)
    assert (encoder.encode("GOOD") == encoder.encode("good")) is lowercase
    encoder.save(tmp_path)
    assert load(tmp_path).lowercase is load(tmp_path / "vocab.txt").lowercase is lowercase


# -- reading texts -------------------------------------------------------------------------


def test_chinese_is_read_by_characters():
    """Chinese has no spaces: a sentence taken for one word is `[UNK]` alone."""
    encoder = learn(["这家酒店的房间很干净", "房间不干净"] * 5, vocab_size=60)
    assert read(encoder, "房间很干净") == ["[CLS]", *"房间很干净", "[SEP]"]
    assert read(encoder, "房龘") == ["[CLS]", "房", "[UNK]", "[SEP]"]


def test_a_long_text_keeps_its_head_and_its_tail(encoder):
    """The verdict of a review is in its last sentence."""
    pieces = read(encoder, "the acting " * 20 + "a bad film")
    assert len(pieces) == encoder.max_length == 16
    assert pieces[:3] == ["[CLS]", "the", "acting"]
    assert pieces[-3:] == ["bad", "film", "[SEP]"]


@pytest.mark.parametrize(
    ("room", "kept"), [(2, [0, 9]), (3, [0, 1, 9]), (9, [0, 1, 2, 3, 4, 6, 7, 8, 9])]
)
def test_head_and_tail(room, kept):
    assert head_and_tail(list(range(10)), room) == kept
    assert head_and_tail([1, 2], room) == [1, 2]


@pytest.mark.parametrize("length", [3, 0, -1, None, "16", 16.0])
def test_a_length_without_room_is_refused(encoder, length):
    with pytest.raises(UserError, match=r"max_length is .*; write a number, at least 4"):
        TextEncoder(encoder.tokenizer, length)


def test_a_given_length_of_0_is_not_taken_for_none(tmp_path):
    with pytest.raises(UserError, match="max_length is 0"):
        load(write(tmp_path), max_length=0)


# -- loading -------------------------------------------------------------------------------


def test_every_way_to_load_reads_alike(encoder, tmp_path):
    """The same folder must not mean two models, after which file happens to be there."""
    encoder.save(tmp_path)
    texts = [
        *TEXTS[:2],
        "naïve CAFÉ films!",
        "a [SEP] in the text",
        "房间",
        "good " * 40,
        "x" * 200,
    ]
    want = encoder.encode_many(texts)
    for path in (tmp_path, tmp_path / "tokenizer.json", tmp_path / "vocab.txt", str(tmp_path)):
        again = load(path)
        assert again.encode_many(texts) == want
        assert (again.max_length, again.vocabulary) == (16, encoder.vocabulary)
    assert load(tmp_path, max_length=8).max_length == 8
    (tmp_path / "tokenizer.json").unlink()
    assert load(tmp_path).encode_many(texts) == want


def test_a_vocabulary_alone(tmp_path):
    """256 pieces and lower case, as nearly every BERT."""
    encoder = load(write(tmp_path))
    assert (encoder.max_length, encoder.lowercase, encoder.vocab_size) == (256, True, 11)
    assert read(encoder, "Films") == ["[CLS]", "film", "##s", "[SEP]"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_vocabulary_from_windows(end, mark, tmp_path):
    """A carriage return in each piece, or a mark before `[PAD]`, and nothing is found any more."""
    lines = [mark + VOCABULARY[0], *VOCABULARY[1:]]
    assert load(write(tmp_path, lines, end)).vocabulary == VOCABULARY


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\n \n", "\r\n\r\n"])
def test_blank_lines_at_the_end_are_no_pieces(end, tmp_path):
    (tmp_path / "vocab.txt").write_bytes(("\n".join(VOCABULARY) + end).encode())
    assert load(tmp_path).vocabulary == VOCABULARY


@pytest.mark.parametrize(
    ("line", "fault"),
    [("", "line 7 is blank"), ("film", "line 7 repeats line 6, 'film'")],
)
def test_a_line_that_shifts_the_ids_is_refused(line, fault, tmp_path):
    """A vocabulary cleaned in an editor: each later piece gets its neighbour's embedding."""
    path = write(tmp_path, [*VOCABULARY[:6], line, *VOCABULARY[6:]])
    with pytest.raises(UserError, match=rf"vocab.txt, {fault}: each line .* unedited"):
        load(path)


@pytest.mark.parametrize(
    ("stated", "lowercase"),
    [({"do_lower_case": False}, False), ({"do_lower_case": True}, True), ({}, True)],
)
def test_casing_from_hugging_face(stated, lowercase, tmp_path):
    """A cased vocabulary read in lower case turns each name into `[UNK]`, and nothing fails."""
    write(tmp_path, tokenizer_config__json=json.dumps(stated))
    encoder = load(tmp_path)
    assert encoder.lowercase is lowercase
    assert read(encoder, "Film")[1] == ("film" if lowercase else "Film")


def test_our_own_settings_come_before_hugging_faces(tmp_path):
    write(
        tmp_path,
        tokenizer_config__json='{"do_lower_case": true}',
        preprocessing__json='{"lowercase": false, "max_length": 12}',
    )
    assert (load(tmp_path).lowercase, load(tmp_path).max_length) == (False, 12)


def test_ids_without_a_piece(tmp_path):
    """Counting pieces and not ids gives an embedding of too few rows: zeros on a GPU, in silence.

    `[unused5]` is a piece already, so that another name fills its place.
    """
    ids = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[unused5]": 6, "film": 8}
    wordpiece(ids, True).save(str(tmp_path / "tokenizer.json"))
    encoder = load(tmp_path)
    filled = ["[unused4]", "[unused_5]", "[unused5]", "[unused7]", "film"]
    assert encoder.vocabulary == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *filled]
    assert encoder.vocab_size == 9
    encoder.save(tmp_path / "again")
    assert (
        load(tmp_path / "again" / "vocab.txt").encode("film") == encoder.encode("film") == [2, 8, 3]
    )


def test_padding_and_truncation_of_the_file_are_switched_off(encoder, tmp_path):
    """Hugging Face saves what it was used with last: 512 padded ids for every text."""
    tokenizer = Tokenizer.from_str(encoder.tokenizer.to_str())
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(2)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert load(tmp_path).encode(TEXTS[1]) == encoder.encode(TEXTS[1])


# -- files that are none -------------------------------------------------------------------


def test_nothing_there(tmp_path):
    for path in (tmp_path, tmp_path / "vocab.txt", tmp_path / "no" / "such"):
        with pytest.raises(UserError, match=r"no tokenizer at .*: expected a tokenizer.json or"):
            load(path)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("vocab.txt", b"[PAD]\n[UNK]\n\xff\xfe", r"vocab.txt is not UTF-8 \(byte 12\)"),
        ("vocab.txt", b"", "vocab.txt, line 1 is blank"),
        ("vocab.txt", b"[PAD]\n[UNK]\nfilm\n", r"lacks \[CLS\], \[SEP\]; give a BERT-style"),
        ("tokenizer.json", b"{", "tokenizer.json is not a tokenizer"),
        ("tokenizer.json", b"{}", "tokenizer.json is not a tokenizer"),
        ("tokenizer.json", b"\xff\xfe", "tokenizer.json is not a tokenizer"),
        ("preprocessing.json", b'{"max_length": 12', r"preprocessing.json is not JSON"),
        ("preprocessing.json", b"[12]", "preprocessing.json holds list"),
        ("preprocessing.json", b'{"max_length": "12"}', "max_length is '12'"),
        ("tokenizer_config.json", b"do_lower_case: false", "tokenizer_config.json is not JSON"),
        ("tokenizer_config.json", b"\xff\xfe", "tokenizer_config.json is not JSON"),
    ],
)
def test_broken_files_are_one_sentence(name, content, sentence, tmp_path):
    write(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        load(tmp_path)


def test_any_vocabulary_comes_back_from_its_file(tmp_path):
    """Random pieces with signs of all scripts: none may be taken for a line break or a blank."""
    draw = random.Random(0)
    signs = "aé好א\u2028\x85\u3000#[]'\"\\ "
    pieces = dict.fromkeys("".join(draw.choices(signs, k=draw.randint(1, 4))) for _ in range(200))
    lines = [*SPECIAL, *pieces, "last"]
    TextEncoder(wordpiece({piece: i for i, piece in enumerate(lines)}, True)).save(tmp_path)
    assert load(tmp_path / "vocab.txt").vocabulary == lines


def test_a_fingerprint_tells_tokenizers_apart(tmp_path):
    """Stores are found by it: another vocabulary gives other ids to the same texts."""
    texts = ["a good film", "a bad film"]
    encoder, longer = (learn(texts * 9, vocab_size=60, max_length=n) for n in (8, 16))
    encoder.save(tmp_path)
    same = [longer.fingerprint(), load(tmp_path).fingerprint()]
    assert same == [encoder.fingerprint()] * 2
    assert learn(texts[:1] * 9, vocab_size=60).fingerprint() != encoder.fingerprint()
