"""Fixtures for all tests."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

pytest_plugins = ["run_fixtures"]
# Doctests are looked for in every file: two conftest.py cannot be imported side by side, and
# replicas.py, a program, wants a TensorFlow that nobody has used.
collect_ignore_glob = ["conftest.py", "*/conftest.py", "*/*/conftest.py", "replicas.py"]
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data sets and teachers beside the checkout, where there is one."""
    folder = ROOT.parent / "shared"
    if not (folder / "data" / "imdb").is_dir():
        pytest.skip("needs the real data sets in ../shared, which this machine has not")
    return folder


@pytest.fixture(autouse=True)
def _same_random_numbers(request):
    """Every test starts from the same seed, if it uses Keras at all."""
    import sys

    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)
