"""A shard: whole or refused by name, readable by any framework, never read in full."""

import hashlib
import json

import numpy as np
import pytest
from store_toys import flip

from tfkd.errors import UserError
from tfkd.store.manifest import LENGTH, TARGET, WORDS, Manifest, Output, ShardFacts
from tfkd.store.shards import Shard, write_shard

OUTPUTS = {
    "logits": Output("float16", (3,)),
    "hidden_states.0": Output("float32", (LENGTH, 2)),
    "attentions.0": Output("float16", (2, LENGTH, LENGTH)),
    "number": Output("float32", ()),
    "tags": Output("float16", (WORDS, 3)),
    "pairs": Output("float16", (LENGTH, WORDS)),
    "crossed": Output("float16", (TARGET, LENGTH)),
}
SIZES = [[3, 2, 4], [0, 0, 0], [5, 3, 1], [1, 4, 2]]
"""The tokens, the words and the written tokens of each row."""
KEYS = np.array([b"d", b"a\0\0b", b"c" * 16, b""], "S16")


def drawn() -> list[dict]:
    rng = np.random.default_rng(0)
    return [
        {name: rng.normal(size=each.shape_for(*sizes)) for name, each in OUTPUTS.items()}
        for sizes in SIZES
    ]


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "shard-00000.safetensors"
    facts = write_shard(path, KEYS, drawn(), OUTPUTS, SIZES)
    return Shard(tmp_path, facts, Manifest(OUTPUTS, {}))


def foreign(folder, outputs=OUTPUTS, rows=4, **tensors):
    """A shard of another writer, with checksum and all."""
    from safetensors.numpy import save

    made = {"keys": np.zeros((4, 16), "u1"), **tensors}
    data = save(made) if tensors else b"\xff" * 100
    (folder / "other.safetensors").write_bytes(data)
    facts = ShardFacts("other.safetensors", rows, len(data), hashlib.sha256(data).hexdigest())
    return Shard(folder, facts, Manifest(outputs, {}))


def test_each_row_comes_back_in_its_own_size(shard):
    """One offset wrong, and every example behind it has its neighbour's hidden states."""
    assert shard.keys.tolist() == KEYS.tolist()
    assert shard.lengths.tolist() == SIZES
    for row, expected in enumerate(drawn()):
        for name, output in OUTPUTS.items():
            found = shard.one(name, row) if output.ragged else shard.dense(name, [row])[0]
            assert found.dtype == output.dtype
            np.testing.assert_array_equal(found, expected[name].astype(output.dtype))
    assert shard.dense("logits", [2, 0]).shape == (2, 3)


def test_no_padding_and_an_open_format(shard):
    """Hidden states of 512 positions for texts of 20; a file that only this package can read."""
    from safetensors.numpy import load_file

    found = load_file(shard.path)
    assert found["hidden_states.0"].shape == (sum(tokens * 2 for tokens, _, _ in SIZES),)
    assert found["tags"].shape == (sum(words * 3 for _, words, _ in SIZES),)
    assert found["attentions.0"].shape == (sum(n * n * 2 for n, _, _ in SIZES),)
    assert found["target_lengths"].tolist() == [written for *_, written in SIZES]
    assert found["logits"].shape == (4, 3)
    assert found["keys"].tobytes() == KEYS.tobytes()
    size = sum(each.nbytes for each in found.values())
    assert shard.facts.bytes == shard.path.stat().st_size < size + 1_000


def test_only_what_is_read_is_loaded(shard):
    """Hidden states of a million texts that are all in memory at once."""
    base = shard.dense("logits", np.s_[:])
    while base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)


def test_every_flipped_byte_is_named(shard):
    """A key, a header or a target of one bit more: some other text's word, or another word."""
    data = shard.path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    facts = json.loads(data[8:header])
    starts = [
        header + facts[name]["data_offsets"][0] for name in (*OUTPUTS, "keys", "lengths", "words")
    ]
    for at in (0, 7, 8, 20, header - 1, *starts, len(data) - 1):
        shard.path.write_bytes(data)
        flip(shard.path, at)
        with pytest.raises(UserError, match=r"shard-00000\.safetensors has another checksum"):
            Shard(shard.path.parent, shard.facts, Manifest(OUTPUTS, {})).keys  # noqa: B018


@pytest.mark.parametrize("size", [0, 7, 300, -1])
def test_a_shard_that_was_cut_off_is_named(shard, size):
    """The targets behind the cut are zeros, or the neighbour's."""
    shard.path.write_bytes(shard.path.read_bytes()[:size])
    with pytest.raises(UserError, match=r"shard-00000\.safetensors has [\d,]+ bytes, and the man"):
        shard.keys  # noqa: B018


def test_a_missing_shard_is_named(shard):
    shard.path.unlink()
    with pytest.raises(UserError, match=r"safetensors is missing.*tfkd cache --repair"):
        shard.keys  # noqa: B018


def test_what_other_writers_get_wrong_is_named(tmp_path):
    """Targets of another shape, taken row by row: each example some other number."""
    outputs = {"logits": Output("float16", (3,))}
    logits = np.zeros((4, 3), "f2")
    assert foreign(tmp_path, outputs, logits=logits).dense("logits", [3]).tolist() == [[0, 0, 0]]
    for words, given in (
        ("is no .safetensors file", {}),
        ("lacks logits", {"other": logits}),
        (r"has keys \[4, 16\] and \[5, 16\]", {"rows": 5, "logits": logits}),
        (r"has logits \[3, 4\].*\[4, 3\]", {"logits": logits.T.copy()}),
        (r"has logits \[5, 3\].*\[4, 3\]", {"logits": np.zeros((5, 3), "f2")}),
    ):
        with pytest.raises(UserError, match=f"other.safetensors {words}"):
            foreign(tmp_path, outputs, **given).keys  # noqa: B018


def test_lengths_that_do_not_fit_are_named(tmp_path):
    """Hidden states that begin in the middle of another example's."""
    outputs = {"hidden_states": Output("float16", (LENGTH, 2))}
    lengths, states = np.array([1, 2, 0, 1], "i4"), np.zeros(8, "f2")
    shard = foreign(tmp_path, outputs, hidden_states=states, lengths=lengths)
    assert shard.one("hidden_states", 1).shape == (2, 2)
    with pytest.raises(UserError, match="lacks lengths"):
        foreign(tmp_path, outputs, hidden_states=states).keys  # noqa: B018
    with pytest.raises(UserError, match=r"has hidden_states \[6\].*\[8\]"):
        foreign(tmp_path, outputs, hidden_states=states[:6], lengths=lengths).keys  # noqa: B018


def test_no_rows(tmp_path):
    """An empty file cannot be mapped."""
    outputs = {"logits": Output("float16", (3,)), "hidden_states": Output("float16", (LENGTH, 2))}
    row = {"logits": np.ones(3), "hidden_states": np.ones((0, 2))}
    facts = write_shard(tmp_path / "one", KEYS[:1], [row], outputs, [(0, 0, 0)])
    shard = Shard(tmp_path, facts, Manifest(outputs, {}))
    assert shard.one("hidden_states", 0).shape == (0, 2)
