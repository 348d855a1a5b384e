"""MediaPipe's own text classifier, in a Python of its own: it brings OpenCV and more with it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = Path(os.environ.get("TFKD_MEDIAPIPE", ROOT / ".venv-mediapipe" / "bin" / "python"))
CLASSIFY = """
import json, sys
from mediapipe.tasks.python.text import TextClassifier

with TextClassifier.create_from_model_path(sys.argv[1]) as client:
    for line in sys.stdin:
        (found,) = client.classify(json.loads(line)).classifications
        scores = {each.category_name: each.score for each in found.categories}
        print(json.dumps(scores), file=sys.stdout, flush=True)
"""


def answers(file: Path, texts: list[str]) -> list[dict[str, float]]:
    """The probability of each class, as the client gives them to `texts`, one by one."""
    if not PYTHON.exists():
        pytest.skip(f"needs MediaPipe: .ci/run makes {PYTHON}, or name a Python in TFKD_MEDIAPIPE")
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run(
        [PYTHON, "-c", CLASSIFY, file], input=lines, capture_output=True, text=True, cwd="/"
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return [json.loads(line) for line in run.stdout.splitlines()]
