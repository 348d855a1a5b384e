"""`verify` and `repair`: each kind of damage by its name, and only what is broken done again."""

import json
import shutil

import numpy as np
import pytest
from store_toys import Features, features, files, flip, write

from tfkd.errors import UserError
from tfkd.store import Store, join, repair, verify
from tfkd.store import manifest as manifests

COUNT, SHARDS = 100, 7
X = features(COUNT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store of seven shards; not to be changed."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfkd.store.writing.SHARD_ROWS", 16)
        write(folder, Features(), X, source={"data": "x"})
    return folder


@pytest.fixture
def copy(whole, tmp_path, small_shards):
    """A store to break."""
    return shutil.copytree(whole, tmp_path / "copy")


class Interrupted(Features):
    """A teacher in whose shard number `at` of this run Ctrl-C comes."""

    def __init__(self, at: int):
        super().__init__()
        self.at = at

    def __call__(self, inputs):
        self.at -= len(inputs) == 16
        if not self.at:
            raise KeyboardInterrupt
        return super().__call__(inputs)


def places(shard) -> dict[str, int]:
    """A byte of each part of a shard's file."""
    data = shard.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    facts = json.loads(data[8:header])
    starts = {name: header + facts[name]["data_offsets"][0] for name in ("keys", "logits")}
    return {"length": 0, "header": 30, "end": len(data) - 1, **starts}


def test_a_whole_store(whole):
    """An alarm that comes always is switched off."""
    assert verify(whole).rows == COUNT


@pytest.mark.parametrize("part", ["length", "header", "keys", "logits", "end"])
def test_a_flipped_byte_of_a_shard(copy, part):
    """One bit of a disk, and some text learns another number."""
    shard = copy / "shard-00004.safetensors"
    flip(shard, places(shard)[part])
    words = r"1 of 7 shards are broken: .*shard-00004\.safetensors has another checksum than the"
    with pytest.raises(UserError, match=words) as caught:
        verify(copy)
    assert "shard-00003" not in str(caught.value)
    assert "`tfkd cache --repair " in str(caught.value)


def test_a_flipped_byte_of_the_manifest(copy):
    """The list of checksums itself."""
    for at in (3, 100, 400, -3):
        flip(copy / "manifest.json", at)
        for look in (verify, Store, lambda path: join(path, None)):
            with pytest.raises(UserError, match=r"manifest\.json"):
                look(copy)
        flip(copy / "manifest.json", at)
    assert verify(copy).rows == COUNT


def test_a_manifest_of_another_version(copy, monkeypatch):
    """A later format, read as if nothing had changed."""
    manifest = manifests.load(copy / "manifest.json")
    monkeypatch.setattr(manifests, "VERSION", 7)
    manifests.save(manifest, copy / "manifest.json")
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"manifest\.json is 'tfkd-store' version 7 and this tfkd"):
        verify(copy)


def test_all_that_is_wrong_at_once(copy):
    """One damage told for each hour of reading."""
    (copy / "shard-00000.safetensors").unlink()
    cut = copy / "shard-00002.safetensors"
    cut.write_bytes(cut.read_bytes()[:-10])
    flip(copy / "shard-00006.safetensors", -1)
    with pytest.raises(UserError) as caught:
        verify(copy)
    said = str(caught.value)
    assert "3 of 7 shards are broken" in said
    for words in (
        "shard-00000.safetensors is missing",
        "shard-00002.safetensors has ",
        "shard-00006.safetensors has another checksum",
    ):
        assert words in said
    assert ".;" not in said
    assert "\n" not in said


@pytest.mark.parametrize("broken", [[0], [3], [6], [1, 2], [2, 6], list(range(7))], ids=str)
def test_repair_computes_what_is_broken_and_nothing_else(copy, whole, broken):
    """A night of a teacher for one bit; or a store that is another one afterwards."""
    rows = [shard.rows for shard in Store(copy).manifest.shards]
    for number in broken:
        flip(copy / f"shard-0000{number}.safetensors", -1)
    teacher = Features()
    store = repair(copy, teacher, X, verbose=0)
    assert store.rows == COUNT
    assert files(copy) == files(whole)
    lost = sum(rows[number] for number in broken)
    assert lost <= teacher.rows < lost + 10  # some to look at the teacher with
    assert verify(copy).rows == COUNT


def test_repair_of_a_whole_store_does_nothing(copy, whole):
    """A cure that is given to be sure, and costs a night."""
    teacher = Features()
    repair(copy, teacher, X, verbose=0)
    assert teacher.rows == 0
    assert files(copy) == files(whole)


def test_repair_by_another_teacher_is_refused(copy):
    """Two teachers' outputs in one store."""
    flip(copy / "shard-00001.safetensors", -1)
    with pytest.raises(UserError, match="another teacher"):
        repair(copy, lambda x: x, X, verbose=0)
    with pytest.raises(UserError, match="1 of 7 shards are broken"):
        verify(copy)


def test_repair_with_other_texts_counts_what_is_lost(copy):
    """A cure that throws away what it cannot compute, and says nothing."""
    flip(copy / "shard-00001.safetensors", -1)
    with pytest.raises(UserError, match="12 examples of its broken shards are not in this dataset"):
        repair(copy, Features(), X[:20], verbose=0)
    assert repair(copy, Features(), X, verbose=0).rows == COUNT


@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_interrupted_repair_goes_on(copy, whole, at):
    """Ctrl-C in the cure: `verify` that finds all well, with a part of the rows gone."""
    for number in (1, 3, 5):
        flip(copy / f"shard-0000{number}.safetensors", -1)

    with pytest.raises(KeyboardInterrupt):
        repair(copy, Interrupted(at), X, verbose=0)
    with pytest.raises(UserError, match=r"repair"):
        verify(copy)
    assert repair(copy, Features(), X, verbose=0).rows == COUNT
    assert files(copy) == files(whole)
    assert verify(copy).rows == COUNT


def test_a_broken_shard_of_an_interrupted_pass(tmp_path, small_shards, whole):
    """A cure that the sentence names, and that says: this is no store."""

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "s", Interrupted(4), X, source={"data": "x"})
    flip(tmp_path / "s" / "shard-00001.safetensors", -1)
    with pytest.raises(UserError, match=r"shard-00001\.safetensors has another checksum"):
        write(tmp_path / "s", Features(), X, source={"data": "x"})
    teacher = Features()
    repair(tmp_path / "s", teacher, X, verbose=0, source={"data": "x"})
    assert files(tmp_path / "s") == files(whole)
    assert teacher.rows < COUNT - 2 * 16 + 10


def test_a_flipped_byte_of_a_writer_s_manifest(tmp_path, small_shards):
    """The part of one of eight writers, believed without a look."""
    write(tmp_path, Features(), X, shard="1/2")
    flip(tmp_path / "writer-1-of-2.done.json", 50)
    for shard in ("1/2", "2/2"):
        with pytest.raises(UserError, match=r"writer-1-of-2\.done\.json is damaged"):
            write(tmp_path, Features(), X, shard=shard)


def test_verify_looks_at_a_pass_that_has_not_ended(copy):
    """All is well, and the next call fails."""
    with pytest.raises(KeyboardInterrupt):
        write(copy, Interrupted(3), np.concatenate([X, X + 1]))
    verify(copy)
    for name, at, words in (
        ("writer-1-of-1.json", 50, r"writer-1-of-1\.json is damaged"),
        ("shard-00008.safetensors", -1, r"shard-00008\.safetensors has another checksum"),
    ):
        flip(copy / name, at)
        with pytest.raises(UserError, match=words):
            verify(copy)
        flip(copy / name, at)


def test_no_store(tmp_path):
    """A mistyped folder that is found to be well."""
    with pytest.raises(UserError, match=r"is no store: it has no manifest\.json"):
        verify(tmp_path / "nowhere")
    np.testing.assert_equal(list(tmp_path.iterdir()), [])
