"""A teacher that gets other ids than it was trained with reads another language, in silence."""

import json

import pytest
from hugging_face_folders import (
    BYTE_LEVEL,
    ODD,
    SENTENCE_PIECES,
    WORD_PIECES,
    state,
    tokenizer,
    word_pieces,
)

from tfkd.errors import UserError
from tfkd.text import load, with_padding_first

transformers = pytest.importorskip("transformers")
KINDS = (*WORD_PIECES, *BYTE_LEVEL, *SENTENCE_PIECES)
OURS = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")


def ids_of_the_library(folder):
    theirs = transformers.AutoTokenizer.from_pretrained(str(folder))
    return [theirs(text)["input_ids"] for text in ODD], theirs.pad_token_id


def compare(folder):
    """The folder's own ids, but for an empty row, which no model could read."""
    expected, pad = ids_of_the_library(folder)
    encoder = load(folder, max_length=4_000)
    expected = [ids or [encoder.pad_id] for ids in expected]
    assert encoder.encode_many(ODD) == expected
    assert pad is None or encoder.pad_id == pad
    return encoder


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tokenizer_reads_as_its_library(kind, tmp_path):
    tokenizer(kind, tmp_path)
    state(tmp_path, "config.json", model_type=kind)
    compare(tmp_path)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "modernbert"])
def test_folders_without_a_tokenizer_json(kind, tmp_path):
    """As libraries of before 2020 wrote them: `vocab.txt`, `merges.txt`, `spiece.model` alone."""
    tokenizer(kind, tmp_path)
    for name in ("tokenizer.json", "special_tokens_map.json"):
        (tmp_path / name).unlink()
    state(tmp_path, "config.json", model_type=kind)
    compare(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_added_tokens_are_read_whole(kind, tmp_path):
    made = tokenizer(kind, tmp_path)
    made.add_tokens(["ADDED", "<tok>"])
    made.add_special_tokens({"additional_special_tokens": ["<who>"]})
    made.save_pretrained(tmp_path)
    state(tmp_path, "config.json", model_type=kind)
    added = made.convert_tokens_to_ids("ADDED")
    assert added in compare(tmp_path).encode("an ADDED word")


@pytest.mark.parametrize(
    "settings",
    [
        {"do_lower_case": True, "strip_accents": False},
        {"do_lower_case": False},
        {"do_lower_case": False, "strip_accents": True},
        {"tokenize_chinese_chars": False},
        {"never_split": ["film"]},
        {},
    ],
)
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("kind", ["bert", "electra"])
def test_settings_of_word_pieces(kind, whole, settings, tmp_path):
    """They rule over `tokenizer.json` too, as a fine-tuned folder may have both."""
    tokenizer(kind, tmp_path)
    if not whole:
        (tmp_path / "tokenizer.json").unlink()
    state(tmp_path, "config.json", model_type=kind)
    names = ("do_lower_case", "strip_accents", "tokenize_chinese_chars", "never_split")
    state(tmp_path, "tokenizer_config.json", **{**dict.fromkeys(names), **settings})
    compare(tmp_path)


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize("kind", ["roberta", "gpt2", "bart"])
def test_a_blank_before_the_first_word(kind, prefix, tmp_path):
    tokenizer(kind, tmp_path, add_prefix_space=not prefix)
    state(tmp_path, "config.json", model_type=kind)
    state(tmp_path, "tokenizer_config.json", add_prefix_space=prefix)
    compare(tmp_path)


def test_a_vocabulary_beside_added_tokens(tmp_path):
    """`added_tokens.json` is all that says of them, in old folders."""
    word_pieces(tmp_path)
    size = len((tmp_path / "vocab.txt").read_text(encoding="utf-8").split())
    (tmp_path / "added_tokens.json").write_text(json.dumps({"<tok>": size, "ADDED": size + 1}))
    state(tmp_path, "config.json", model_type="bert")
    encoder = compare(tmp_path)
    assert encoder.encode("an ADDED word")[2:3] == [size + 1] or size + 1 in encoder.encode("ADDED")


def test_a_padding_token_by_any_name(tmp_path):
    """GPT-2's classifiers are padded with whatever their folder says."""
    made = tokenizer("gpt2", tmp_path)
    end = made.convert_tokens_to_ids("<|endoftext|>")
    assert load(tmp_path).pad_id == end
    made.add_special_tokens({"pad_token": "<nothing>"})
    made.save_pretrained(tmp_path)
    assert load(tmp_path).pad_id == made.pad_token_id != end


def test_a_saved_encoder_comes_back(tmp_path):
    """A student's folder says what pads, whatever its tokens are called."""
    tokenizer("gpt2", tmp_path / "theirs", pad_token="<|endoftext|>")
    encoder = load(tmp_path / "theirs", max_length=64)
    encoder.save(tmp_path / "ours")
    again = load(tmp_path / "ours")
    assert again.encode_many(ODD) == encoder.encode_many(ODD)
    assert (again.pad_id, again.max_length) == (encoder.pad_id, 64)


@pytest.mark.parametrize("kind", [*KINDS])
def test_padding_first_for_students(kind, tmp_path):
    """Students mask id 0: RoBERTa begins each text with it."""
    made = tokenizer(kind, tmp_path)
    made.add_tokens(["ADDED", "<tok>"])
    made.save_pretrained(tmp_path)
    encoder = load(tmp_path, max_length=400)
    first, pad = with_padding_first(encoder), encoder.pad_id
    first.save(tmp_path / "ours")

    def renumbered(ids):
        return [0 if i == pad else i + (i < pad) for i in ids]

    expected = [renumbered(ids) for ids in encoder.encode_many(ODD)]
    assert first.encode_many(ODD) == load(tmp_path / "ours").encode_many(ODD) == expected
    assert first.pad_id == load(tmp_path / "ours").pad_id == 0
    assert sorted(first.vocabulary) == sorted(encoder.vocabulary)


def test_a_tokenizer_written_in_python_alone(tmp_path):
    """There is nothing that `tokenizers` could read, and one sentence says so."""
    word_pieces(tmp_path)
    (tmp_path / "vocab.txt").rename(tmp_path / "vocab.json")
    (tmp_path / "vocab.json").write_text('{"a": 0, "<unk>": 1, "<pad>": 2}')
    (tmp_path / "merges.txt").write_text("")
    state(tmp_path, "config.json", model_type="ctrl")
    with pytest.raises(UserError, match=r"written in Python alone.*store:PATH|no tokenizer at"):
        load(tmp_path)


def test_no_padding_token(tmp_path):
    from tokenizers import Tokenizer, models

    Tokenizer(models.WordLevel({"a": 0}, "a")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(UserError, match=r"no padding token .*pad_token"):
        load(tmp_path)
