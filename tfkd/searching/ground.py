"""What all candidates of a search have in common: their data, texts to time, vocabularies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from .. import text
from ..data import Data, Example
from ..files import replace_when_whole
from ..models.text_model import TextModel
from ..progress import Progress, log_progress
from ..running.config import RunConfig
from ..running.context import RunContext
from ..running.encoders import prepare_encoder
from ..running.given_teacher import load_given
from ..running.run_data import open_run_data
from ..running.shrink_setting import shrinks
from ..running.task_choice import choose_task, with_task
from ..tasks import Task

TIMED = 40
"""Examples that answers are timed on."""


@dataclass(frozen=True)
class Ground:
    """The data set of a search, and what its candidates can share.

    Attributes:
        config: The settings of the default, its task and student named.
        task: What a student is for.
        data: The data set.
        folder: Where vocabularies are kept, for all processes of a search.
        examples: What answers are timed on, drawn of the validation split.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
    """

    config: RunConfig
    task: Task
    data: Data
    folder: Path
    examples: tuple[Example, ...]
    progress: Progress = log_progress

    @classmethod
    def open(cls, config: RunConfig, folder: Path, progress: Progress = log_progress) -> Ground:
        """Open the data of a search.

        Args:
            config: The settings of the default.
            folder: Where vocabularies are kept; it is made.
            progress: Shows how far long steps are, see `tfkd.progress.Progress`.

        Raises:
            UserError: Data or a task that no run can use.
        """
        task, _ = choose_task(config)
        config = with_task(config, task)
        data = open_run_data(config, task)
        folder.mkdir(parents=True, exist_ok=True)
        split = "validation" if data.counts.get("validation") else "train"
        drawn = np.random.default_rng(0).permutation(data.counts[split])[:TIMED]
        rows = enumerate(data.read(split))
        chosen = set(drawn.tolist())
        examples = tuple(task.served_example(each) for row, each in rows if row in chosen)
        return cls(config, task, data, folder, examples, progress)

    @property
    def texts(self) -> int:
        """How many texts students learn from, without augmented ones: for `Space.of`."""
        return sum(self.data.counts.get(split, 0) for split in ("train", "unlabelled"))

    def context(self, config: RunConfig, folder: Path) -> RunContext:
        """Return the context of a candidate, which is no run yet.

        Args:
            config: Its settings.
            folder: What stands for its folder.
        """
        import tensorflow as tf

        strategy = tf.distribute.get_strategy()
        return RunContext(config, self.task, self.data, folder, self.progress, strategy)

    def open_encoder(self, config: RunConfig, shrunk: TextModel | None = None) -> text.Encoder:
        """Return a candidate's tokenizer, which is learnt once for all that have the same.

        Args:
            config: Its settings.
            shrunk: Its student, where that is made of its teacher's layers.
        """
        folder = self.folder / f"vocabulary-{_digest(config)}"
        with FileLock(f"{folder}.lock"):
            if not folder.is_dir():
                with replace_when_whole(folder) as part:
                    part.mkdir()
                    prepare_encoder(self.context(config, part), shrunk)
            return prepare_encoder(self.context(config, folder), shrunk)

    def shrink_teacher(self, config: RunConfig, folder: Path) -> TextModel | None:
        """Return a student of its teacher's layers, where the settings name one."""
        return load_given(self.context(config, folder)).shrunk if shrinks(config) else None


def _digest(config: RunConfig) -> str:
    """Return what tells vocabularies apart: the length alone is no part of them."""
    student = config.student
    facts: list[Any] = [student.tokenizer, student.vocab_size, student.lowercase]
    facts += [student.source, student.settings] if shrinks(config) else []
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
