"""A pass by Apache Beam writes the store that a local pass writes."""

import json

import numpy as np
import pytest

from tfkd import UserError
from tfkd.running import beam_caching, caching
from tfkd.running.config import make_config
from tfkd.store import Store

ENGINE = ("--runner=FnApiRunner",)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Data and a taught teacher, by their paths."""
    from tfkd import cli

    folder = tmp_path_factory.mktemp("taught")
    rows = [
        {"text": f"film {i % 170} is {'good' if i % 2 else 'bad'}", "label": i % 2}
        for i in range(200)
    ]
    data = folder / "texts.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["teach", str(data), "--teacher", "train:bag_of_ngrams:tiny", "--epochs", "1"]
    assert cli.main([*command, "--vocab-size", "120", "--to", str(folder / "teacher")]) == 0
    return {"data": str(data), "teacher": f"keras:{folder / 'teacher'}"}


def stored(settings, folder, **options):
    config = make_config({**settings, "store": str(folder)})
    return caching.cache(config, dtype="float32", **options)


def by_beam(settings, folder, **options):
    config = make_config({**settings, "store": str(folder)})
    return beam_caching.cache(config, arguments=ENGINE, dtype="float32", **options)


def contents(store):
    """The logits by key."""
    keys = np.concatenate([shard.keys for shard in store.shards])
    logits = np.concatenate([shard.dense("logits", slice(None)) for shard in store.shards])
    order = np.argsort(keys)
    return keys[order], logits[order]


@pytest.fixture(scope="module")
def local(settings, tmp_path_factory):
    return stored(settings, tmp_path_factory.mktemp("local") / "store")


@pytest.mark.parametrize("parts", [1, 3])
def test_the_same_store_as_a_local_pass(settings, local, tmp_path, parts):
    """Two stores of one teacher that disagree, by which engine filled them."""
    pytest.importorskip("apache_beam", reason="needs the extra beam")
    found = by_beam(settings, tmp_path / "store", parts=parts)
    keys, logits = contents(found)
    expected_keys, expected = contents(local)
    assert len(keys) > 100
    np.testing.assert_array_equal(keys, expected_keys)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)
    ours, theirs = found.manifest, local.manifest
    assert (ours.outputs, ours.fingerprint, ours.classes) == (
        theirs.outputs,
        theirs.fingerprint,
        theirs.classes,
    )
    assert ours.sources == theirs.sources
    assert len({shard.file for shard in ours.shards}) >= parts


@pytest.mark.slow
def test_more_parts_than_texts(tmp_path, settings, local):
    """A pass that never ends, for the part that got nothing."""
    pytest.importorskip("apache_beam", reason="needs the extra beam")
    found = by_beam(settings, tmp_path / "store", parts=300)
    np.testing.assert_array_equal(contents(found)[0], contents(local)[0])


def test_a_part_that_failed_is_tried_again(tmp_path, settings, local, monkeypatch):
    """A machine that is taken away in the middle of a part."""
    pytest.importorskip("apache_beam", reason="needs the extra beam")
    folder, real, calls = tmp_path / "store", beam_caching.store.write, []

    def failing(*arguments, **options):
        calls.append(options["shard"])
        if len(calls) == 2:
            raise OSError("the machine is gone")
        return real(*arguments, **options)

    monkeypatch.setattr(beam_caching.store, "write", failing)
    with pytest.raises(Exception, match="the machine is gone"):
        by_beam(settings, folder, parts=3)
    with pytest.raises(UserError, match="is no store"):
        Store(folder)
    found = by_beam(settings, folder, parts=3)
    np.testing.assert_array_equal(contents(found)[0], contents(local)[0])


def test_without_beam_the_extra_is_named(monkeypatch, settings):
    """`No module named apache_beam`, and nothing to write."""
    monkeypatch.setitem(__import__("sys").modules, "apache_beam", None)
    with pytest.raises(UserError, match=r'--runner beam needs .*pip install "tfkd\[beam\]"'):
        by_beam(settings, "store")
