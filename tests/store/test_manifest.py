"""The manifest: read back as written, and refused when a single byte of it is another."""

import dataclasses
import errno
import json
import os
from pathlib import Path

import pytest
from store_toys import files

from tfkd.errors import UserError
from tfkd.store import manifest as manifests
from tfkd.store.manifest import LENGTH, TARGET, WORDS, Manifest, Output, ShardFacts, load, save

SHARDS = (
    ShardFacts("shard-00000.safetensors", 16, 1_234, "ab" * 32),
    ShardFacts("shard-00001.safetensors", 7, 567, "cd" * 32),
)
MANIFEST = Manifest(
    outputs={
        "logits.values": Output("float16", (2,)),
        "logits.indices": Output("int32", (2,)),
        "logits.rest": Output("float32", ()),
        "attentions.0": Output("float16", (4, LENGTH, LENGTH)),
    },
    fingerprint={"teacher": "0123", "preprocessing": {"max_length": 64}, "classes": None},
    shards=SHARDS,
    classes=5,
    versions={"tfkd": "1", "tensorflow": "2"},
    sources=({"data": "größer.csv"},),
)


@pytest.fixture
def path(tmp_path):
    save(MANIFEST, tmp_path / manifests.NAME)
    return tmp_path / manifests.NAME


def test_it_comes_back(path):
    """A shape or a checksum that is another after the first restart."""
    assert load(path) == MANIFEST
    assert list(files(path.parent)) == ["manifest.json"]
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert (facts["format"], facts["version"], facts["rows"]) == ("tfkd-store", 1, 23)


def test_what_it_tells():
    """A second `write` that is compared with other settings than the first was given."""
    assert MANIFEST.rows == 23
    assert MANIFEST.reads == ("logits", "attentions")
    assert MANIFEST.settings == {
        "reads": ("logits", "attentions"),
        "top_k": 2,
        "dtype": "float16",
        "precision": "auto",
    }
    dense = Manifest({"hidden_states.0": Output("float32", (LENGTH, 3))}, {})
    assert dense.settings["reads"] == ("hidden_states",)
    assert (dense.settings["top_k"], dense.settings["dtype"]) == (None, "float32")
    lower = Manifest(dense.outputs, {"precision": "bfloat16"})
    assert lower.settings["precision"] == "bfloat16"
    assert MANIFEST.outputs["attentions.0"].shape_for(6) == (4, 6, 6)
    assert MANIFEST.outputs["attentions.0"].ragged
    assert not MANIFEST.outputs["logits.values"].ragged


def test_a_store_of_words_has_a_version_of_its_own(tmp_path):
    """An older tfkd that takes an axis of words for a number, with a traceback."""
    words = Manifest({"logits": Output("float16", (WORDS, 3))}, {})
    written = Manifest({"logits": Output("float16", (TARGET, 3))}, {})
    for manifest, version in ((MANIFEST, 1), (words, 2), (written, 3)):
        save(manifest, tmp_path / "manifest.json")
        assert json.loads((tmp_path / "manifest.json").read_text())["version"] == version
        assert load(tmp_path / "manifest.json") == manifest
    assert words.outputs["logits"].shape_for(9, 4) == (4, 3)


def test_sources_and_shards():
    """A text source that is read twice by `--repair`; shards in the order of whoever was quick."""
    source = {"data": "größer.csv"}
    assert MANIFEST.with_source(source) == MANIFEST.with_source(None) == MANIFEST
    assert MANIFEST.with_source({"data": "b"}).sources == (source, {"data": "b"})
    assert MANIFEST.with_shards(reversed(SHARDS)) == MANIFEST


def test_every_flipped_byte_is_named(path):
    """A number of rows, a shape or a fingerprint that is another by one bit."""
    data = path.read_bytes()
    for at in range(len(data)):
        for bit in (0x01, 0x80):
            path.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
            with pytest.raises(UserError, match=r"manifest\.json") as caught:
                load(path)
            assert "\n" not in str(caught.value), at


@pytest.mark.parametrize("size", [0, 1, 100, -1, -2])
def test_a_manifest_that_was_cut_off_is_named(path, size):
    """Half a list of shards taken for all of them."""
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match=r"manifest\.json is damaged"):
        load(path)


@pytest.mark.parametrize(
    "text", ["[]", "7", "null", '"manifest"', "{}", '{"format": "tfkd-store"}']
)
def test_json_that_is_no_manifest_is_named(path, text):
    """Some other program's manifest.json."""
    path.write_text(text)
    with pytest.raises(UserError, match=r"manifest\.json is damaged"):
        load(path)


def test_another_version_is_named(path, monkeypatch):
    """A store of a later version read as if nothing had changed."""
    monkeypatch.setattr(manifests, "VERSION", 4)
    save(MANIFEST, path)
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"'tfkd-store' version 4 and this tfkd reads .*version 1"):
        load(path)
    monkeypatch.setattr(manifests, "FORMAT", "other")
    save(MANIFEST, path)
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"is 'other' version 1"):
        load(path)


def test_no_manifest(tmp_path):
    """A mistyped folder."""
    with pytest.raises(UserError, match=r"is no store: it has no manifest\.json"):
        load(tmp_path / manifests.NAME)


def test_other_writers_may_leave_out_the_checksum(path):
    """A store that was written from PyTorch, by fifteen lines, and is refused."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    for name in ("checksum", "versions", "sources", "fingerprint", "classes"):
        del facts[name]
    path.write_text(json.dumps(facts))
    found = load(path)
    assert (found.outputs, found.shards) == (MANIFEST.outputs, SHARDS)
    assert (found.fingerprint, found.sources) == ({}, ())


@pytest.mark.parametrize(
    ("where", "broken"), [(Path, "write_bytes"), (os, "fsync"), (os, "replace")]
)
def test_a_full_disk_leaves_the_old_manifest_and_nothing_else(path, monkeypatch, where, broken):
    """The list of a day's shards lost to the one that had no room."""
    before = files(path.parent)

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(where, broken, full)
    with pytest.raises(OSError, match="No space left"):
        save(dataclasses.replace(MANIFEST, shards=()), path)
    monkeypatch.undo()
    assert files(path.parent) == before
    save(dataclasses.replace(MANIFEST, shards=()), path)
    assert load(path).shards == ()
