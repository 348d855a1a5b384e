"""What is in the repository: sources, not what a run leaves behind."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = (".keras", ".h5", ".tflite", ".onnx", ".safetensors", ".npz", ".bin", ".lock")
MOST = 500_000
"Bytes of a file: pictures and tables of results are far below."


@pytest.fixture(scope="module")
def tracked():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_weights_are_tracked(tracked):
    """A notebook that goes on with a finished run, and so proves nothing."""
    assert [str(path) for path in tracked if path.suffix in WEIGHTS] == []


def test_no_file_is_large(tracked):
    """A clone that takes as long as the training."""
    there = (path for path in tracked if path.is_file())
    assert [str(path) for path in there if path.stat().st_size > MOST] == []
