"""Fixtures for all tests."""

import gc
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

pytest_plugins = ["run_fixtures", "writing_fixtures", "cpu_by_file", "slow_cases"]
# Doctests are looked for in every file: two conftest.py cannot be imported side by side, and
# replicas.py and the like are programs, which want a TensorFlow that nobody has used.
collect_ignore_glob = [
    "conftest.py",
    "*/conftest.py",
    "*/*/conftest.py",
    "replicas.py",
    "*/*ed_replicas.py",
]
ROOT = Path(__file__).resolve().parents[1]
FIRST_STATES = pytest.StashKey[dict[np.random.Generator, dict]]()


def pytest_addoption(parser):
    parser.addoption("--part", metavar="2/3", help="run every third file, from the second one")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Keep every so many files of those that the other options left."""
    if not (part := config.getoption("--part")):
        return
    first, of = map(int, part.split("/"))
    files = sorted({item.path for item in items})[first - 1 :: of]
    config.hook.pytest_deselected(items=[item for item in items if item.path not in files])
    items[:] = [item for item in items if item.path in files]


def pytest_collection_finish(session):
    """Garbage is collected without looking at what was imported, and without waiting."""
    gc.collect()
    gc.freeze()
    session.stash[FIRST_STATES] = {}
    for module in {getattr(item, "module", pytest) for item in session.items}:
        for made in vars(module).values():
            if isinstance(made, np.random.Generator):
                session.stash[FIRST_STATES][made] = made.bit_generator.state
    if "tensorflow" in sys.modules:
        _turn_autotuners_off()


def _turn_autotuners_off():
    """Keep iterators of `tf.data` from having an autotuner.

    Its thread sleeps for as long as the iterator has lived, up to a minute, and may miss the end of
    it when the processors are busy. Whoever collects the garbage of a test then waits for it.
    """
    import tensorflow as tf
    from tensorflow.python.data.ops import dataset_ops

    off = tf.data.Options()
    off.autotune.enabled = False
    # All iterators of all libraries are made of what this returns.
    dataset_ops.DatasetV2._apply_debug_options = lambda data: data.with_options(off)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data sets and teachers beside the checkout, where there is one."""
    folder = ROOT.parent / "shared"
    if not (folder / "data" / "imdb").is_dir():
        pytest.skip("needs the real data sets in ../shared, which this machine has not")
    return folder


@pytest.fixture(autouse=True)
def _same_random_numbers(request):
    """Every test starts from the same seed and states, whatever tests ran before it."""
    for made, state in request.session.stash[FIRST_STATES].items():
        made.bit_generator.state = state
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)
