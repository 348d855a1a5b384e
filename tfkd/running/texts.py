"""The texts of a run as token ids on disk, with the augmented ones that it adds to its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import text
from ..data import Example
from ..data.encoded import Encoded
from ..data.encoded_writer import encode
from ..data.example_file import ExampleFile
from ..models.hugging_face import load_masked_lm
from ..text.augmentation import Augmentation, count_words
from ..text.neighbours import Neighbours
from . import folder as run_folder
from .config import RunConfig
from .context import RunContext

LESSONS = "lessons"
"""What a student learns from where its teacher writes: other targets for the same texts."""
COUNTS = "lessons.json"
"""What became of the teacher's texts, in the folder of a run."""
SPLITS = {"transfer": ("train", "unlabelled"), "validation": ("validation",), "test": ("test",)}


@dataclass(frozen=True)
class RunTexts:
    """The texts of a run, and the student's tokenizer.

    Attributes:
        context: The context of the run.
        encoder: The student's tokenizer.
        reader: What the ids of a teacher are called on disk.
    """

    context: RunContext
    encoder: text.Encoder
    reader: str = "teacher"

    def encode(self, split: str, teacher_encoder: text.Encoder | None = None) -> Encoded:
        """Return the token ids of a split; they are written once, and opened after that.

        Args:
            split: "transfer" (training, unlabelled and augmented texts), "lessons" (the same with
                what the teacher writes, where the student learns that), "validation" or "test".
            teacher_encoder: The tokenizer of a teacher, for its ids; the student's by default.
        """
        reader = "student" if teacher_encoder is None else self.reader
        folder = self.context.work / f"{split}-{reader}"
        if folder.is_dir():
            return Encoded(folder)
        context, data = self.context, self.context.data
        examples = self.read(split)
        title = f"tokens of {split} for the {reader}"
        with context.progress(title, self.count(split)) as advance:
            return encode(
                examples,
                context.task,
                teacher_encoder or self.encoder,
                folder,
                schema=data.schema,
                advance=advance,
            )

    def read(self, split: str) -> Iterator[Example]:
        """Yield the examples of a split, in the order of its rows.

        Args:
            split: As of `encode`.
        """
        context = self.context
        if split == LESSONS:
            yield from _read_lessons(self._lessons)
            return
        for part in SPLITS[split]:
            yield from context.data.read(part)
        if split == "transfer" and context.config.data.augment:
            yield from _augmented_examples(context)

    def keep(self, split: str) -> ExampleFile:
        """Return the examples of a split by position; they are written once, and opened after that.

        Args:
            split: As of `encode`.
        """
        return ExampleFile.keep(self.read(split), self.context.work / f"{split}-examples")

    def count(self, split: str) -> int:
        """Return the number of texts of a split, without augmented ones."""
        counts = self.context.data.counts
        return sum(counts.get(part, 0) for part in SPLITS.get(split, SPLITS["transfer"]))

    def count_transfer(self) -> int:
        """Return the number of texts to distil on, augmented ones included."""
        counts = self.context.folder / COUNTS
        if counts.is_file():
            return run_folder.read_json(counts)["lessons"]
        if self.context.config.data.augment:
            return len(self.encode("transfer"))
        return self.count("transfer")

    @property
    def learnt(self) -> str:
        """The split that a distilled student learns from: what its teacher wrote, where it did."""
        return LESSONS if self.has_lessons else "transfer"

    @property
    def has_lessons(self) -> bool:
        """Whether the student learns what its teacher has written, and that is chosen already."""
        return self._lessons.is_file()

    @property
    def _lessons(self) -> Path:
        return self.context.work / f"{LESSONS}.jsonl"


def _read_lessons(path: Path) -> Iterator[Example]:
    """Yield the lessons that were made of what the teacher wrote."""
    with path.open(encoding="utf-8") as file:
        yield from (Example(json.loads(line)) for line in file)


def check_augmentation(config: RunConfig) -> None:
    """Refuse a language model for augmentation that cannot be loaded.

    Raises:
        UserError: No such folder, no transformers, no head for masked language modelling.
    """
    if config.data.augment_model:
        _load_augmenter(config)


def load_neighbours(folder: str | Path, **settings: Any) -> Neighbours:
    """Load `Neighbours` from a Hugging Face folder with a masked language model.

    Args:
        folder: Its path.
        settings: As of `Neighbours`, e.g. `copies` and `seed`.

    Raises:
        UserError: no such folder, no transformers, no head for masked language modelling.
    """
    path = Path(folder).expanduser()
    model = load_masked_lm(path)
    table = model.get_input_embeddings().weight.numpy()
    return Neighbours(model, text.load(path), table, **settings)


def _load_augmenter(config: RunConfig) -> Neighbours:
    data, seed = config.data, config.training.seed
    return load_neighbours(data.augment_model, copies=data.augment, seed=seed)


def _augmented_examples(context: RunContext) -> Iterator[Example]:
    """Yield augmented examples, without labels; the same for the same texts and seed."""
    config, data, task = context.config, context.data, context.task
    rules: Augmentation | Neighbours
    if config.data.augment_model:
        rules = _load_augmenter(config)
    else:
        texts = (text for example in data.read("train") for text in task.texts(example))
        words = count_words(texts)
        rules = Augmentation(config.data.augment, words=words, seed=config.training.seed)
    required = [role for role, column in task.columns.items() if column.required]
    for example in data.read("train"):
        plain = {role: example[role] for role in required if role in example}
        roles = [role for role in plain if task.columns[role].kind == "text"]
        # Of a pair one text is changed at a time, each in turn: both at once say less of either.
        copies = itertools.zip_longest(*(rules.augment(example[role]) for role in roles))
        changes = ({r: t} for texts in copies for r, t in zip(roles, texts, strict=True) if t)
        for change in itertools.islice(changes, config.data.augment):
            changed = Example({**plain, **change})
            if task.is_whole(changed):
                yield task.with_ids(changed, {})
