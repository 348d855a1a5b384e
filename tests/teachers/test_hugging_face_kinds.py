"""Every kind of Hugging Face folder through every library that reads it: the logits are its own.

`docs/teachers.md` has them as a table, which this prints: `python tests/hugging_face_folders.py`.
"""

from pathlib import Path

import numpy as np
import pytest
from hugging_face_folders import ODD, READS, ROUTES, model, own_logits

from tfkd import load_teacher
from tfkd.errors import UserError

pytest.importorskip("transformers")
PAD = next(text for text in ODD if "<pad>" in text)
LONG = "the film " * 100
BY_PLACE = {PAD: "KerasHub counts a position for a <pad> within a text"}
ROUNDED = {LONG: "TensorFlow's graph rounds the bucket of a distance of 64 tokens otherwise"}
EXCEPTIONS = {
    ("roberta", "hub"): BY_PLACE,
    ("xlm-roberta", "hub"): BY_PLACE,
    ("mpnet", "hf"): ROUNDED,
    ("mpnet", "tf"): ROUNDED,
}
DOCS = Path(__file__).resolve().parents[2] / "docs" / "teachers.md"


@pytest.fixture(scope="module", params=list(READS))
def folder(request, tmp_path_factory):
    """A tiny classifier of a kind at random, with its tokenizer."""
    kind = request.param
    if kind == "modernbert":
        pytest.importorskip("torch", reason="ModernBERT is in PyTorch alone: needs tfkd[torch]")
    path = tmp_path_factory.mktemp("kinds") / kind
    model(kind, path)
    return kind, path, own_logits(path)


@pytest.mark.slow_but_one("folder")
@pytest.mark.parametrize("route", ROUTES)
def test_the_logits_are_those_of_the_library(folder, route):
    kind, path, expected = folder
    if route == "torch":
        pytest.importorskip("torch", reason="needs the extra tfkd[torch]")
    if route not in READS[kind]:
        with pytest.raises(UserError, match=rf"write (hf|tf|torch):{path}"):
            load_teacher(f"{route}:{path}")
        return
    teacher = load_teacher(f"{route}:{path}", max_length=120)
    assert teacher.labels == ("bad", "so so", "good")
    found = teacher.logits(list(ODD))
    apart = np.abs(found - expected).max(axis=1)
    for text, what in EXCEPTIONS.get((kind, route), {}).items():
        assert apart[ODD.index(text)] < 1, what
        apart[ODD.index(text)] = 0
    assert apart.max() < 2e-4
    assert expected.std() > 0.05


def test_the_table_in_the_docs_is_this_one():
    """What it says is what the tests above have tried."""
    from hugging_face_folders import table

    assert table() in DOCS.read_text(encoding="utf-8")
