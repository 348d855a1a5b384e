"""The zip behind the flatbuffer: it must give back exactly the tokenizer, or say that it cannot."""

import io
import json
import zipfile

import pytest
from tokenizers import normalizers

from tfkd.errors import UserError
from tfkd.runtime import zip_tail
from tfkd.runtime.bundle import describe, read_encoder
from tfkd.runtime.zip_tail import pack, unpack
from tfkd.text import TextEncoder, learn, wordpiece

SETTINGS = {
    "task": "text-classification",
    "schema": {"labels": ["a", "b"], "settings": {}},
    "inputs": ["input_ids"],
    "outputs": {"logits": {"name": "logits", "activation": None}},
}
MODEL = b"\x1c\x00\x00\x00TFL3" + bytes(range(256)) * 4


@pytest.fixture
def encoder():
    return learn(["a good film", "a bad film, café"] * 20, vocab_size=60, max_length=16)


def archive(**entries):
    out = io.BytesIO(MODEL)
    with zipfile.ZipFile(out, "a") as file:
        for name, content in entries.items():
            file.writestr(name.replace("_", "."), content)
    return out.getvalue()


def test_the_model_stays_in_front_and_the_entries_uncompressed():
    """A phone maps the entries, and LiteRT reads from byte 0: neither survives compression."""
    packed = pack(MODEL, {"vocab.txt": "[PAD]\n" * 100})
    assert packed.startswith(MODEL)
    assert b"[PAD]\n[PAD]\n" in packed
    assert unpack(packed) == {"vocab.txt": "[PAD]\n" * 100}


def test_the_same_export_gives_the_same_bytes(monkeypatch):
    """A time stamp inside would make every export a new file to caches and reviewers."""
    first = pack(MODEL, {"vocab.txt": "a\n"})
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert pack(MODEL, {"vocab.txt": "a\n"}) == first


def test_offsets_count_from_the_start_of_the_file():
    """Readers less lenient than Python's (MediaPipe's minizip) would otherwise find no entry."""
    packed = pack(MODEL, {"vocab.txt": "a\n"})
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        assert file.getinfo("vocab.txt").header_offset == len(MODEL)
        assert packed[len(MODEL) :].startswith(b"PK\x03\x04")


def test_no_zip_is_no_error():
    assert unpack(MODEL) == {}


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.99])
def test_a_zip_cut_off_is_told_from_none(encoder, keep):
    """Else a broken download would read as 'exported without a vocabulary'."""
    packed = pack(MODEL, describe(encoder, SETTINGS))
    cut = packed[: len(MODEL) + int(keep * (len(packed) - len(MODEL)))]
    with pytest.raises(UserError, match=r"small.tflite: the vocabulary inside is broken"):
        unpack(cut, "small.tflite")


def test_a_flipped_bit_is_found(encoder):
    """A vocabulary with one wrong piece shifts meanings without a crash."""
    packed = pack(MODEL, describe(encoder, SETTINGS))
    at = packed.index(b"film")
    with pytest.raises(UserError, match="broken"):
        unpack(packed[:at] + b"filn" + packed[at + 4 :])


def test_only_known_names_are_read():
    """A hostile file must not reach for other paths."""
    entries = {"../vocab.txt": "x", "/etc/labels.txt": "x", "labels.txt": "a\n"}
    assert unpack(archive(**entries)) == {"labels.txt": "a\n"}


def test_an_absurd_entry_is_refused(monkeypatch):
    """A zip bomb of a few KB could otherwise fill the memory of a phone or a server."""
    monkeypatch.setattr(zip_tail, "LARGEST", 1000)
    out = io.BytesIO(MODEL)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("vocab.txt", "a\n" * 600)
    with pytest.raises(UserError, match=r"vocab.txt is larger"):
        unpack(out.getvalue())


def test_text_that_is_not_utf8_is_refused():
    with pytest.raises(UserError, match="not UTF-8"):
        unpack(archive(vocab_txt=b"\xff\xfe\x00"))


def test_the_vocabulary_alone_rebuilds_a_learnt_tokenizer(encoder):
    """`[SEP]` written in a text is one id in the learnt tokenizer: the rebuilt one must agree."""
    files = describe(encoder, SETTINGS | {"form": "binary"})
    again, settings = read_encoder(files)
    assert "tokenizer.json" not in files
    assert settings["form"] == "binary"
    assert again.max_length == 16
    for text in ("A good CAFÉ film", "a [SEP] film [MASK]", "好 film", "x" * 200, "a " * 50):
        assert again.encode(text) == encoder.encode(text)


@pytest.mark.parametrize("lowercase", [True, False])
def test_casing_travels(lowercase):
    """A cased vocabulary read as uncased turns each name into [UNK]."""
    encoder = learn(["A Good film"] * 20, vocab_size=60, lowercase=lowercase)
    again, _ = read_encoder(describe(encoder, SETTINGS))
    assert again.encode("A Good film") == encoder.encode("A Good film")


def test_another_tokenizer_travels_whole(encoder):
    """Accents kept where BERT strips them: no vocabulary says so, and texts would read wrongly."""
    encoder.tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    files = describe(encoder, SETTINGS)
    assert "tokenizer.json" in files
    assert read_encoder(files)[0].encode("café") == encoder.encode("café")


def test_an_id_without_a_piece_keeps_the_others_in_place():
    """A gap closed up would shift every later id by one."""
    pieces = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "film": 7}
    encoder = TextEncoder(wordpiece(pieces, True), 16)
    again, _ = read_encoder(describe(encoder, SETTINGS))
    assert again.encode("film") == encoder.encode("film") == [2, 7, 3]


def test_no_vocabulary_is_said():
    with pytest.raises(UserError, match=r"x.tflite has no vocabulary inside: export it with"):
        read_encoder({"labels.txt": "a"}, "x.tflite")


@pytest.mark.parametrize(
    ("entry", "content"),
    [
        ("vocab.txt", "[PAD]\n[UNK]\n"),
        ("vocab.txt", ""),
        ("tfkd.json", "{"),
        ("tfkd.json", "[]"),
        ("tfkd.json", '{"format": 2}'),
    ],
)
def test_a_vocabulary_that_disagrees_with_its_settings_is_broken(encoder, entry, content):
    with pytest.raises(UserError, match="broken"):
        read_encoder(describe(encoder, SETTINGS) | {entry: content})


def test_a_newer_file_asks_for_a_newer_tfkd(encoder):
    files = describe(encoder, SETTINGS)
    newer = json.loads(files["tfkd.json"]) | {"format": 3}
    with pytest.raises(UserError, match="update tfkd"):
        read_encoder(files | {"tfkd.json": json.dumps(newer)})


def test_an_older_file_is_exported_again(encoder):
    """A key error for a file of last year."""
    files = describe(encoder, SETTINGS)
    older = json.loads(files["tfkd.json"]) | {"format": 1}
    with pytest.raises(UserError, match="was written by an older tfkd: export it again"):
        read_encoder(files | {"tfkd.json": json.dumps(older)})
