"""A `tf.distribute` strategy from its name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import tensorflow as tf

from ..errors import UserError, first_line


def strategy(name: str = "auto") -> tf.distribute.Strategy:
    """Make the `tf.distribute` strategy of this name, before anything else uses TensorFlow.

    Make models, teachers and the `Distiller` in its scope.

    Args:
        name: `"one"` device; `"mirrored"`, all GPUs of this machine; `"multi_worker"`, the machines
            that the environment variable `TF_CONFIG` lists; `"tpu"`, the TPU that `TPU_NAME` or
            the machine itself names; `"parameter_server"`, for tf_keras students. `"auto"` is the
            cluster of `TF_CONFIG` where there is one, else a TPU, else several GPUs, else one.

    Raises:
        UserError: An unknown name, a `TF_CONFIG` that is missing or no JSON, no such device.

    >>> strategy("one").num_replicas_in_sync
    1
    """
    if name == "auto":
        name = _choose()
    if name not in _MAKERS:
        raise UserError(f"strategy is {name!r}: write one of {', '.join(map(repr, NAMES))}.")
    return _MAKERS[name]()


def cluster() -> dict[str, list[str]]:
    """Return the machines that `TF_CONFIG` lists, by their task; empty without it."""
    return _tf_config().get("cluster", {})


def _tf_config() -> dict:
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text or "{}")
        assert isinstance(config, dict)
        return config
    except (ValueError, AssertionError):
        raise UserError(f"TF_CONFIG is {text[:80]!r}: give JSON, e.g. {_EXAMPLE}.") from None


def _choose() -> str:
    machines = cluster()
    if machines.get("ps"):
        return "parameter_server"
    if sum(len(machines.get(task, ())) for task in ("chief", "worker")) > 1:
        return "multi_worker"
    if os.environ.get("TPU_NAME") or tf.config.list_physical_devices("TPU"):
        return "tpu"
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "one"


def _one() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def _mirrored() -> tf.distribute.Strategy:
    return tf.distribute.MirroredStrategy()


def _multi_worker() -> tf.distribute.Strategy:
    if not cluster():
        raise UserError(
            f"the strategy multi_worker needs TF_CONFIG, and it is not set: give each process its "
            f"own, e.g. {_EXAMPLE}."
        )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise UserError(
            f"the strategy multi_worker comes too late ({first_line(error)}): make it before "
            "anything else uses TensorFlow."
        ) from error


def _tpu() -> tf.distribute.Strategy:
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
    except (ValueError, tf.errors.OpError) as error:
        raise UserError(
            f"there is no TPU to connect to ({first_line(error)}): set TPU_NAME, or write "
            "strategy 'auto'."
        ) from error
    return tf.distribute.TPUStrategy(resolver)


def _parameter_server() -> tf.distribute.Strategy:
    if not cluster().get("ps"):
        raise UserError(
            "the strategy parameter_server needs a TF_CONFIG that lists tasks of the kind ps: "
            "see docs/distribution.md."
        )
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    return tf.distribute.ParameterServerStrategy(resolver)


_EXAMPLE = (
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
)
_MAKERS: dict[str, Callable[[], tf.distribute.Strategy]] = {
    "one": _one,
    "mirrored": _mirrored,
    "multi_worker": _multi_worker,
    "tpu": _tpu,
    "parameter_server": _parameter_server,
}
NAMES = ("auto", *_MAKERS)
