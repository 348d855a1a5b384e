"""MediaPipe's own classifiers and embedder, in a Python of its own: it brings much with it."""

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

EMBED = """
import json, sys
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.text import TextEmbedder, TextEmbedderOptions

options = TextEmbedderOptions(BaseOptions(sys.argv[1]), l2_normalize=sys.argv[2] == "normalize")
with TextEmbedder.create_from_options(options) as client:
    for line in sys.stdin:
        (found,) = client.embed(json.loads(line)).embeddings
        print(json.dumps({"vector": found.embedding.tolist()}), flush=True)
"""

CLASSIFY_IMAGES = """
import json, sys
import mediapipe, numpy
from mediapipe.tasks.python.vision import ImageClassifier

images = numpy.load(sys.argv[2])
with ImageClassifier.create_from_model_path(sys.argv[1]) as client:
    for pixels in images:
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
        (found,) = client.classify(image).classifications
        print(json.dumps({each.category_name: each.score for each in found.categories}))
"""


def answers(file: Path, texts: list[str]) -> list[dict[str, float]]:
    """The probability of each class, as the client gives them to `texts`, one by one."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    return _run([CLASSIFY, file], lines)


def vectors(file: Path, texts: list[str], normalize: bool = False) -> list[list[float]]:
    """The vectors that the text embedder gives to `texts`, one by one."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    found = _run([EMBED, file, "normalize" if normalize else "as it is"], lines)
    return [each["vector"] for each in found]


def answers_to_images(file: Path, images: Path) -> list[dict[str, float]]:
    """The same for an `.npy` of images in RGB, bytes `[images, height, width, 3]`."""
    return _run([CLASSIFY_IMAGES, file, images])


def _run(arguments: list, lines: str = "") -> list[dict]:
    if not PYTHON.exists():
        pytest.skip(f"needs MediaPipe: .ci/run makes {PYTHON}, or name a Python in TFKD_MEDIAPIPE")
    run = subprocess.run(
        [PYTHON, "-c", *arguments], input=lines, capture_output=True, text=True, cwd="/"
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
