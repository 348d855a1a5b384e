"""An end at any moment: the same call goes on, and ends with the store of an uninterrupted one."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_toys import Features, features, files, write

from tfkd.store import verify

KILLS, COUNT = 20, 1_280
X = features(100)
# TensorFlow is imported once and has not run when a writer parts. A writer asks before each shard,
# and is killed a moment behind one of the answers: while it writes, flushes, renames or computes.
KILLING = """
import json, os, random, signal, sys, time
sys.path.insert(0, sys.argv[1])
from store_toys import Features, features, write
from tfkd.store import writing

folder, kills, count = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
writing.SHARD_ROWS, writing.SAMPLE = 16, 1
plain = writing.write_shard

def writer(ask=None, answer=None):
    def asking(*arguments):
        os.write(ask, b"?")
        os.read(answer, 1)
        return plain(*arguments)

    writing.write_shard = plain if ask is None else asking
    write(folder, Features(pause=0.001), features(count))
    os._exit(0)

rng, ended = random.Random(0), []
for _ in range(kills):
    (asked, ask), (answer, answered) = os.pipe(), os.pipe()
    if not (pid := os.fork()):
        writer(ask, answer)
    os.close(ask)
    shards = rng.choice([0, 1, 1, 2, 2, 3, 4])
    for _ in range(shards):
        os.read(asked, 1)
        os.write(answered, b"!")
    time.sleep(rng.uniform(0.0, 0.006 if shards else 0.1))
    os.kill(pid, signal.SIGKILL)
    ended.append(os.waitpid(pid, 0)[1])
    for each in (asked, answer, answered):
        os.close(each)
left = sorted(os.listdir(folder))
if not (pid := os.fork()):
    writer()
ended.append(os.waitpid(pid, 0)[1])
print(json.dumps({"ended": ended, "left": left}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_killed_twenty_times(tmp_path, small_shards):
    """A night's work, lost or half lost to `kill -9`; or a store that another run never gives."""
    whole = files(write(tmp_path / "whole", Features(), features(COUNT)).path)
    assert len(whole) == COUNT // 16 + 1
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", KILLING, os.path.dirname(__file__), str(folder)]
    done = subprocess.run(
        [*command, str(KILLS), str(COUNT)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["ended"] == [9] * KILLS + [0]  # each was killed at work, and the last one ended
    shards = [name for name in facts["left"] if name.startswith("shard")]
    assert 10 < len(shards) < COUNT // 16  # killed all the way, and not behind the end
    assert files(folder) == whole
    assert verify(folder).rows == COUNT


@pytest.mark.parametrize("call", ["write_bytes", "fsync", "replace"])
@pytest.mark.parametrize("at", [1, 4, 7, 11, 12])
def test_a_full_disk(tmp_path, small_shards, monkeypatch, call, at):
    """A day's work lost to the shard that had no room, or its bytes in the way of the others."""
    whole = files(write(tmp_path / "whole", Features(), X).path)
    calls, plain = [], Path.write_bytes if call == "write_bytes" else getattr(os, call)

    def full(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(*arguments)

    with monkeypatch.context() as patch:
        if call == "write_bytes":
            patch.setattr(Path, "write_bytes", full)
        else:
            patch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / "full", Features(), X)
    left = files(tmp_path / "full")
    assert not [name for name in left if "part" in name]
    done = len([name for name in left if name.startswith("shard")])
    assert done == at // 2  # a shard, its manifest, a shard, ...
    teacher = Features()
    assert files(write(tmp_path / "full", teacher, X).path) == whole
    assert teacher.rows < 100 - 16 * ((at - 1) // 2) + 10


def test_every_point_of_an_interruption(tmp_path, small_shards, monkeypatch):
    """A process that ends between any two calls to the disk: the same call ends with the same."""
    whole = files(write(tmp_path / "whole", Features(), X[:40]).path)

    class Killed(BaseException):
        pass

    count = 0
    for at in range(1, 1_000):
        left, folder = at, tmp_path / f"at-{at}"

        def after(plain):
            def call(*arguments, **options):
                nonlocal left
                left -= 1
                if not left:
                    raise Killed
                return plain(*arguments, **options)

            return call

        with monkeypatch.context() as patch:
            for name in ("fsync", "replace"):
                patch.setattr(os, name, after(getattr(os, name)))
            patch.setattr(Path, "unlink", after(Path.unlink))
            try:
                write(folder, Features(), X[:40])
                break
            except Killed:
                count += 1
        assert files(write(folder, Features(), X[:40]).path) == whole, at
    # Three shards with their manifests, that of the part, that of the store; then two to remove.
    assert count == 2 * (2 * 3 + 2) + 2
