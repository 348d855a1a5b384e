"""Texts that a teacher wrote: none twice, none lost, none of another teacher."""

import json
import os
import subprocess
import sys

import pytest
from store_toys import files

from tfkd.errors import UserError
from tfkd.store import written
from tfkd.store.written import WrittenStore
from tfkd.text.decoding import Hypothesis

SOURCES = [f"a man {number}" for number in range(100)]
MARK = {"teacher": "shouts", "decoding": {"beams": 2}}
# A writer asks before each shard, and is killed a moment behind one of the answers: while it
# writes, flushes or renames.
KILLING = """
import os, random, signal, sys, time
sys.path.insert(0, sys.argv[1])
import test_written as t
from tfkd.store import written

written.SOURCES = 4
folder, log = sys.argv[2:]

def write(ask=None, answer=None):
    def teacher(sources, advance):
        if ask is not None:
            os.write(ask, b"?")
            os.read(answer, 1)
        with open(log, "a") as file:
            file.write("".join(source + "\\n" for source in sources))
        return t.shout(sources, advance)

    written.WrittenStore(folder, t.MARK).write(teacher, t.SOURCES)

rng, ended = random.Random(0), []
for shards in (0, 1, 2, 1, 3, 2, 1, 3, 2, 1):
    (asked, ask), (answer, answered) = os.pipe(), os.pipe()
    if not (pid := os.fork()):
        write(ask, answer)
        os._exit(0)
    os.close(ask)
    for _ in range(shards):
        os.read(asked, 1)
        os.write(answered, b"!")
    time.sleep(rng.uniform(0.0, 0.006))
    os.kill(pid, signal.SIGKILL)
    ended.append(os.waitpid(pid, 0)[1])
print(ended == [9] * 10, len(written.WrittenStore(folder, t.MARK)))
write()
"""


def shout(sources, advance=lambda count: None):
    """Two texts for each source."""
    advance(len(sources))
    return [
        [Hypothesis((7,), each.upper(), -0.1), Hypothesis((8,), f"{each}\u2028\n北", -2 / 3, False)]
        for each in sources
    ]


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(written, "SOURCES", 4)


def fill(folder, sources=SOURCES, mark=MARK, writer=shout):
    """A store of some sources."""
    store = WrittenStore(folder, mark)
    store.write(writer, sources)
    return store


def test_texts_come_back_by_their_source(tmp_path):
    """The text of the neighbour; scores that lose their last digits; a line end in a text."""
    fill(tmp_path, [*SOURCES, *SOURCES[:9]])
    store = WrittenStore(tmp_path, MARK)
    assert len(store) == 100
    for source, texts in zip(SOURCES[::-1], store.take(SOURCES[::-1]), strict=True):
        want = shout([source])[0]
        assert [(each.text, each.score, each.finished) for each in texts] == [
            (each.text, each.score, each.finished) for each in want
        ]
    with pytest.raises(UserError, match="lacks the texts of 1 of 2 sources, first of 'a dog'"):
        store.take(["a man 1", "a dog"])


def test_only_what_is_missing_is_written(tmp_path):
    """A second run that has its teacher write all again."""
    fill(tmp_path, SOURCES[:10])
    asked = []

    def count(sources, advance):
        asked.extend(sources)
        return shout(sources)

    fill(tmp_path, SOURCES, writer=count)
    assert asked == SOURCES[10:]
    fill(tmp_path, SOURCES, writer=None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_killed_ten_times(tmp_path):
    """A night of beam search lost, or half of it twice; a store that no other run ever gives."""
    whole = files(fill(tmp_path / "whole").path)
    assert len(whole) == 25 + 1
    folder, log = tmp_path / "killed", tmp_path / "asked"
    command = [sys.executable, "-c", KILLING, os.path.dirname(__file__), str(folder), str(log)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    killed, left = done.stdout.split()
    assert killed == "True"
    # All the way, and not behind the end.
    assert 10 < int(left) < 100
    assert files(folder) == whole
    asked = log.read_text().splitlines()
    # Only what was not on the disk yet is asked for again: a shard for each of ten kills, at most.
    assert set(asked) == set(SOURCES)
    assert len(asked) <= len(SOURCES) + 10 * 4


@pytest.mark.parametrize("spoil", ["cut", "flip", "gone", "other", "empty"])
def test_a_broken_shard_is_written_again(tmp_path, spoil, caplog):
    """Texts of a shard that is half there, for texts of the teacher."""
    folder = tmp_path / "store"
    whole = files(fill(folder).path)
    shard = folder / "written-00003.jsonl"
    data = shard.read_bytes()
    if spoil == "gone":
        shard.unlink()
    else:
        other = files(fill(tmp_path / "other", mark={**MARK, "teacher": "b"}).path)
        shard.write_bytes(
            {
                "cut": data[:-9],
                "flip": data.replace(b"MAN 1", b"MAN 2", 1),
                "other": other["written-00003.jsonl"],
                "empty": b"",
            }[spoil]
        )
    store = WrittenStore(folder, MARK)
    assert store.missing(SOURCES) == SOURCES[12:16]
    assert spoil == "gone" or "written-00003.jsonl" in caplog.text
    store.write(shout, SOURCES)
    assert files(folder) == whole


def test_other_texts_are_refused_by_name(tmp_path):
    """Texts of another teacher, or by one beam, as lessons of this one."""
    fill(tmp_path)
    with pytest.raises(UserError, match=r"another teacher.*shouts there, whispers here"):
        WrittenStore(tmp_path, {**MARK, "teacher": "whispers"})
    with pytest.raises(
        UserError, match=r"another way of writing: \{'beams': 2\} there, \{'beams': 4\} here"
    ):
        WrittenStore(tmp_path, {**MARK, "decoding": {"beams": 4}})
    with pytest.raises(UserError, match="does not say the same"):
        WrittenStore(tmp_path, {**MARK, "prefix": "x"})


def test_a_damaged_mark_is_named(tmp_path):
    """A traceback of JSON; or any store taken for this teacher's."""
    fill(tmp_path)
    path = tmp_path / "written.json"
    for text in ("{", "[]", path.read_text().replace("shouts", "shows")):
        path.write_text(text)
        with pytest.raises(UserError, match=r"written\.json is damaged"):
            WrittenStore(tmp_path, MARK)
    facts = {"format": "tfkd-written", "version": 9, "mark": MARK, "checksum": ""}
    path.write_text(json.dumps(facts))
    with pytest.raises(UserError, match="another version"):
        WrittenStore(tmp_path, MARK)


@pytest.mark.parametrize("texts", [[], [[]], [["a"]]])
def test_a_teacher_that_writes_nothing(tmp_path, texts):
    """A text for its neighbour's source."""
    with pytest.raises(UserError, match="the teacher wrote"):
        fill(tmp_path, ["a"], writer=lambda sources, advance: texts)
    assert not list(tmp_path.glob("*.jsonl"))


def test_two_processes(tmp_path):
    """Shards of each other under one name."""
    store = WrittenStore(tmp_path, MARK)

    def second(sources, advance):
        fill(tmp_path)
        return shout(sources)

    with pytest.raises(UserError, match="another process is writing"):
        store.write(second, SOURCES)
