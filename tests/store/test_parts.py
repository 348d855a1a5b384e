"""Several writers of one store: each its share, all of it once, whoever is quick."""

import itertools
import json
import os
import socket
import subprocess
import sys
import types

import numpy as np
import pytest
import tensorflow as tf
from filelock import FileLock
from store_toys import Features, features, files, write

from tfkd.errors import UserError
from tfkd.store import Store, verify
from tfkd.store.keys import examples_of, keys_of
from tfkd.store.parts import Parts, workers_share

COUNT = 100
X = features(COUNT)
NAMES = ("1/3", "2/3", "3/3")
# TensorFlow is imported once, and has not run when the processes part.
WRITERS = """
import os, sys
sys.path.insert(0, sys.argv[1])
from store_toys import Features, features, write
from tfkd.store import writing
writing.SHARD_ROWS = 16
for name in ("1/3", "2/3", "3/3"):
    if not os.fork():
        write(sys.argv[2], Features(), features(100), shard=name)
        os._exit(0)
sys.exit(any(os.wait()[1] for _ in range(3)))
"""
WORKER = """
import sys
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
sys.path.insert(0, sys.argv[1])
import keras
from store_toys import features, write
with strategy.scope():
    keras.utils.set_random_seed(0)
    teacher = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    write(sys.argv[2], teacher, features(100))
"""


@pytest.fixture
def merged(tmp_path, small_shards):
    """The files of a store that three writers wrote one behind the other."""
    for name in NAMES:
        write(tmp_path / "merged", Features(), X, shard=name)
    return files(tmp_path / "merged")


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)), ids="-".join)
def test_in_any_order(tmp_path, small_shards, merged, order):
    """A store that depends on which machine was free first."""
    teachers = [Features() for _ in order]
    for teacher, name in zip(teachers[:2], order[:2], strict=True):
        assert write(tmp_path / "s", teacher, X, shard=name) is None
        with pytest.raises(UserError, match=r"is no store: it has no manifest\.json"):
            Store(tmp_path / "s")
    store = write(tmp_path / "s", teachers[2], X, shard=order[2])
    assert files(tmp_path / "s") == merged
    assert store.rows == COUNT
    np.testing.assert_allclose(store.targets(X)["logits"], Features()(X), rtol=1e-3, atol=1e-5)
    shares = [teacher.rows for teacher in teachers]
    assert min(shares) > 15
    assert sum(shares) < COUNT + 3 * 10  # some to look at the teacher with


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_in_processes_of_their_own(tmp_path, merged):
    """Three writers that end in the same moment, and none of them merges, or all do."""
    command = [sys.executable, "-c", WRITERS, os.path.dirname(__file__), str(tmp_path / "s")]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "s") == merged
    assert verify(tmp_path / "s").rows == COUNT


def test_another_number_of_writers_at_once(tmp_path):
    """Two passes that each count on having every example."""
    (tmp_path / "s").mkdir()
    with (
        FileLock(tmp_path / "s" / ".writer-2-of-3.lock"),
        pytest.raises(UserError, match="another process is writing to"),
    ):
        write(tmp_path / "s", Features(), X)
    assert write(tmp_path / "s", Features(), X).rows == COUNT


@pytest.mark.parametrize(("kind", "at", "share"), [("chief", 0, "1/3"), ("worker", 1, "3/3")])
def test_the_share_of_a_worker(monkeypatch, kind, at, share):
    """Every worker of a strategy runs the whole teacher."""
    hosts = {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}
    cluster = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(hosts), task_type=kind, task_id=at
    )
    strategy = types.SimpleNamespace(cluster_resolver=cluster)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    assert workers_share() == share


def test_one_process_has_all_of_it():
    """A share for a device, of which a process may have several."""
    assert workers_share() == "1/1"
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        assert workers_share() == "1/1"


def test_workers_of_a_strategy(tmp_path):
    """Two workers in scope of one strategy: each its share, and the last one merges."""
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("localhost", 0))
        hosts = [f"localhost:{each.getsockname()[1]}" for each in (one, two)]
    command = [sys.executable, "-c", WORKER, os.path.dirname(__file__), str(tmp_path / "s")]
    processes = []
    for index in range(2):
        config = {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_CONFIG": json.dumps(config)}
        processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE))
    said = [each.communicate(timeout=180)[1].decode() for each in processes]
    assert [each.returncode for each in processes] == [0, 0], said
    store = verify(tmp_path / "s")
    assert store.rows == COUNT
    assert {each.file[:12] for each in store.manifest.shards} == {"shard-1-of-2", "shard-2-of-2"}


def test_each_example_is_one_writer_s(merged):
    """Examples that no writer takes for its own, or two."""
    keys = keys_of(examples_of(X))
    mine = np.stack([Parts("nowhere", name).owned_keys(keys) for name in NAMES])
    assert (mine.sum(0) == 1).all()
    assert mine.sum(1).min() > 20
    assert Parts("nowhere").owned_keys(keys).all()
    assert Parts("nowhere", "2/3").owned_keys(keys[:0]).shape == (0,)


def test_the_same_text_is_the_same_writer_s(tmp_path, small_shards):
    """A text that stands in the data twice, stored by two writers."""
    twice = np.concatenate([X, X[::-1]])
    for name in NAMES:
        store = write(tmp_path, Features(), twice, shard=name)
    assert store.rows == COUNT


def test_an_interrupted_writer_goes_on(tmp_path, small_shards, merged):
    """The share of one machine begun anew by the others, or left out."""

    class Interrupted(Features):
        def __call__(self, inputs):
            if self.rows > 16:
                raise KeyboardInterrupt
            return super().__call__(inputs)

    write(tmp_path / "s", Features(), X, shard="3/3")
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "s", Interrupted(), X, shard="1/3")
    assert write(tmp_path / "s", Features(), X, shard="2/3") is None
    teacher = Features()
    assert write(tmp_path / "s", teacher, X, shard="1/3").rows == COUNT
    assert teacher.rows < 35
    assert files(tmp_path / "s") == merged


def test_a_part_that_is_done_is_not_done_again(tmp_path, small_shards, merged):
    """A queue that starts a job twice."""
    for _ in range(2):
        teacher = Features()
        assert write(tmp_path / "s", teacher, X, shard="1/3") is None
    assert teacher.rows == 0
    for name in NAMES[1:]:
        write(tmp_path / "s", Features(), X, shard=name)
    assert files(tmp_path / "s") == merged


def test_a_store_grows_by_parts_too(tmp_path, small_shards, merged):
    """What one writer added later is what the next one throws away."""
    write(tmp_path / "s", Features(), X[:40])
    teachers = [Features() for _ in NAMES]
    for teacher, name in zip(teachers, NAMES, strict=True):
        store = write(tmp_path / "s", teacher, X, shard=name)
    assert store.rows == COUNT
    assert sum(each.rows for each in teachers) < 60 + 3 * 10
    assert write(tmp_path / "s", Features(), X + 1).rows == 2 * COUNT


@pytest.mark.parametrize("shard", ["4/3", "0/3", "1/0", "3", "1/3/5", "-1/3", "a/b", ""])
def test_no_such_part(tmp_path, shard):
    """A ninth of eight writers, whose share nobody waits for."""
    with pytest.raises(UserError, match=r'write e\.g\. "2/8", the second of eight writers'):
        write(tmp_path / "s", Features(), X, shard=shard)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("other", ["1/1", "1/2"])
def test_another_number_of_writers_is_told(tmp_path, other):
    """Thirds and halves: some examples twice, some never."""
    write(tmp_path, Features(), X, shard="1/3")
    with pytest.raises(UserError, match=r'an unfinished pass of 3 writer.*shard="1/3"'):
        write(tmp_path, Features(), X, shard=other)


def test_two_writers_of_one_part(tmp_path):
    """The same part started on two machines."""
    with (
        FileLock(tmp_path / ".writer-2-of-3.lock"),
        pytest.raises(UserError, match="another process is writing to"),
    ):
        write(tmp_path, Features(), X, shard="2/3")
    assert write(tmp_path, Features(), X, shard="2/3") is None


def test_all_end_in_the_same_moment(tmp_path, small_shards, monkeypatch):
    """The store is merged, and the slower writer says that others have not ended."""
    write(tmp_path, Features(), X, shard="1/2")
    other = {}

    class Slow(FileLock):
        def __enter__(self):
            if not other:  # while this one waits for the lock, the other one merges
                other["store"] = None
                merge = Parts(tmp_path, "2/2")
                other["store"] = merge.finish(merge.load_progress())
            return super().__enter__()

    monkeypatch.setattr("tfkd.store.parts.FileLock", Slow)
    store = write(tmp_path, Features(), X, shard="2/2", verbose=0)
    assert other["store"] is True
    assert store is not None
    assert store.rows == COUNT
