"""A teacher that looks up its answers: what its model reads is kept beside the runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from .. import teachers
from ..files import replace_when_whole
from ..models.text_model import TextModel
from .context import RunContext

_FOLDER = "targets"


def know_texts(context: RunContext, model: TextModel) -> TextModel:
    """Return the teacher that a task makes of a model's vectors of all texts of its data.

    The vectors are kept for all runs whose folders lie in the same folder.

    Args:
        context: The context of the run.
        model: A model that gives a vector for each text.
    """
    texts = context.task.known_texts(context.data)
    assert texts is not None  # asked for by `looks_up`
    file = _file(context, texts)
    vectors = np.load(file, allow_pickle=False) if file.is_file() else None
    if vectors is None or len(vectors) != len(texts):
        with context.progress("teacher on all texts", len(texts)) as advance:
            vectors = teachers.read_texts(partial(model.run, advance=advance), model, texts)
        file.parent.mkdir(parents=True, exist_ok=True)
        with replace_when_whole(file) as part, part.open("wb") as stream:
            np.save(stream, vectors)
    return teachers.know_texts(model, vectors, texts, context.task, context.data)


def _file(context: RunContext, texts: Sequence[str]) -> Path:
    wanted = context.config.teacher
    identity = (teachers.digest_spec(wanted.source), wanted.max_length, *texts)
    digest = hashlib.sha256("\x1f".join(map(str, identity)).encode()).hexdigest()[:12]
    return context.folder.parent / _FOLDER / f"texts-{digest}.npy"
