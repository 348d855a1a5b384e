"""Strategies by name, from what the machine and `TF_CONFIG` say."""

import json
from types import SimpleNamespace

import pytest
import tensorflow as tf

from tfkd import UserError, distill
from tfkd.distribution import keras3, strategies, strategy
from tfkd.distribution.lost import raise_on_lost_worker
from tfkd.distribution.workers import all_gather, first_worker_first
from tfkd.errors import LostWorker
from tfkd.running.config_tables import STRATEGIES


@pytest.fixture
def tf_config(monkeypatch):
    def set_to(text):
        monkeypatch.setenv("TF_CONFIG", text if isinstance(text, str) else json.dumps(text))

    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.delenv("TPU_NAME", raising=False)
    return set_to


def test_without_anything_it_is_one_device(tf_config):
    """A strategy that makes every run slower."""
    assert strategy() is strategy("one") is tf.distribute.get_strategy()
    assert isinstance(strategy("mirrored"), tf.distribute.MirroredStrategy)


@pytest.mark.parametrize(
    ("cluster", "name"),
    [
        ({"worker": ["a:1", "b:1"]}, "multi_worker"),
        ({"chief": ["a:1"], "worker": ["b:1"]}, "multi_worker"),
        ({"worker": ["a:1"]}, "one"),
        ({"worker": ["a:1"], "ps": ["b:1"]}, "parameter_server"),
    ],
)
def test_auto_reads_the_cluster(tf_config, cluster, name):
    """Every machine trains a student of its own."""
    tf_config({"cluster": cluster, "task": {"type": "worker", "index": 0}})
    assert strategies._choose() == name


def test_auto_takes_the_devices(tf_config, monkeypatch):
    """Seven idle GPUs."""
    kinds = {"GPU": [1, 2]}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: kinds.get(kind, []))
    assert strategies._choose() == "mirrored"
    monkeypatch.setenv("TPU_NAME", "local")
    assert strategies._choose() == "tpu"


def test_what_is_not_there_is_told(tf_config):
    """A page of gRPC for a missing variable."""
    with pytest.raises(UserError, match=r"strategy is 'gpu': write one of 'auto', 'one', 'mirr"):
        strategy("gpu")
    with pytest.raises(UserError, match=r'needs TF_CONFIG, .* e\.g\. \{"cluster"'):
        strategy("multi_worker")
    with pytest.raises(UserError, match="needs a TF_CONFIG that lists tasks of the kind ps"):
        strategy("parameter_server")
    for text in ("{", "[]", '"x"'):
        tf_config(text)
        with pytest.raises(UserError, match=r"TF_CONFIG is .*: give JSON"):
            strategy()


def test_there_is_no_tpu(tf_config, monkeypatch):
    """The same without a TPU."""

    def connect():
        raise ValueError("Please provide a TPU Name to connect to.\nand more")

    resolver = SimpleNamespace(connect=connect)
    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", resolver)
    with pytest.raises(UserError, match=r"no TPU to connect to \(Please provide a TPU Name to"):
        strategy("tpu")


def test_a_strategy_that_comes_too_late_is_told(tf_config):
    """Collective operations that cannot be configured any more."""
    tf_config({"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker", "index": 0}})
    tf.constant(1.0) + 1.0
    with pytest.raises(UserError, match=r"comes too late .* make it before anything else"):
        strategy("multi_worker")


def test_a_run_knows_the_same_names():
    """`RunConfig` must not import TensorFlow to know them."""
    assert STRATEGIES == strategies.NAMES


def test_a_run_without_parameter_servers_says_so(tf_config, tmp_path):
    """A night's teacher pass before the first step fails."""
    with pytest.raises(UserError, match="needs a TF_CONFIG that lists tasks of the kind ps"):
        distill(data="sample:40", strategy="parameter_server", to=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_keras_3_has_no_parameter_servers():
    """A crash in the first step, about a coordinator."""
    servers = object.__new__(tf.distribute.experimental.ParameterServerStrategy)
    with pytest.raises(UserError, match="the strategy 'multi_worker', or a tf_keras student"):
        keras3.check_strategy(servers)
    keras3.check_strategy(tf.distribute.get_strategy())


def test_alone_there_is_nobody_to_wait_for():
    """A lock for one."""
    one = tf.distribute.get_strategy()
    assert all_gather(3, one) == [3]
    assert first_worker_first(one, lambda: "made") == "made"


def test_an_error_without_other_workers_is_what_it_was():
    """A full disk that is told as a lost worker."""
    with (
        pytest.raises(tf.errors.UnavailableError),
        raise_on_lost_worker(tf.distribute.get_strategy()),
    ):
        raise tf.errors.UnavailableError(None, None, "no")


def test_a_lost_worker_is_told(monkeypatch):
    """Two pages of traceback for a machine that was switched off."""
    monkeypatch.setattr("tfkd.distribution.lost.worker", lambda strategy: (1, 4))
    said = "worker 1 of 4 lost another one, and cannot go on alone: start the same command"
    with pytest.raises(LostWorker, match=said), raise_on_lost_worker(None):
        raise tf.errors.InternalError(None, None, "Collective ops is aborted by: reset by peer")
