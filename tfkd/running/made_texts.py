"""Training texts without real ones: made, or of another file; the teacher says what they are."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import tasks, teachers
from ..data import Schema
from ..errors import UserError
from ..files import replace_when_whole
from ..models.text_model import TextModel
from ..progress import Progress, logger
from ..selecting import SelectSettings
from ..selecting.candidate_rows import CandidateRows
from ..selecting.hashed_words import split_words
from ..store.fingerprint import digest_of
from ..tasks import Task
from ..text import TextEncoder
from ..text.augmentation import Augmentation, count_words
from ..text.drawn_texts import draw_texts, grow_texts, list_words, parse_lengths
from . import folder as run_folder
from .aligned_classes import align_classes
from .config import RunConfig
from .labelled_files import NAMES, write_rows
from .labelling import digest_content
from .made_notes import MADE
from .real_splits import RealSplits, read_real
from .run_data import OF_DATA
from .targets import FOLDER
from .task_choice import choose_task
from .teacher_classes import name_classes
from .texts import load_neighbours
from .texts_setting import NEIGHBOURS, RANDOM, WantedTexts, check_texts

COPIES = 20
"""Texts that are made of each at once."""
HELD_OUT = {"validation": 500, "test": 1_000}
"""Texts that are made for these splits, where the data have none, at most."""
_SHARE = 10
_TRIES = 50
"""Texts drawn for each that is wanted, before the draw is given up."""


@dataclass(frozen=True)
class TextMaking:
    """What texts are made with.

    Attributes:
        config: The settings.
        task: One class of a text.
        wanted: What is asked for.
        real: What the data say.
        teacher: The teacher, its classes in the order of the data's; None where it cannot be asked
            now.
        progress: Shows how far it is.
    """

    config: RunConfig
    task: Task
    wanted: WantedTexts
    real: RealSplits
    teacher: TextModel | None
    progress: Progress

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes; empty where only a language model knows them."""
        if self.real.labels or self.teacher is None:
            return self.real.labels
        return self.teacher.labels or tuple(map(str, range(self.teacher.classes)))


def make_texts_first(config: RunConfig, progress: Progress) -> RunConfig:
    """Make the training texts that the settings ask for; return the run on them.

    Args:
        config: The settings of a run, with `texts`.
        progress: Shows how far it is.

    Raises:
        UserError: Texts that cannot be made, or a teacher that cannot be asked.
    """
    # Without data there is nothing to tell a task by.
    named = config.data.source or config.task.name or config.task.form
    task, _ = choose_task(config if named else config.replaced(task=tasks.DEFAULT))
    wanted = check_texts(config, task)
    real = read_real(config, task)
    folder = _locate(config, wanted, real)
    if not (folder / MADE).is_file():
        making = TextMaking(config, task, wanted, real, _open_teacher(config, task, real), progress)
        _make(making, run_folder.make_folder(folder))
    files = {"validation": "", "test": "", "unlabelled": "", "labels": ""}
    columns = {"text_column": "", "label_column": "", "header": "", "encoding": "", "columns": {}}
    own = {"data": str(folder), "data_dir": "", "ignore_texts": False, "skip_bad": False}
    made: dict[str, Any] = {"texts": "", "texts_words": RunConfig().data.texts_words}
    # It has made its texts, unless there are further ones to make.
    made |= {} if config.data.augment else {"augment_model": ""}
    # No text has a label that a student without a teacher could learn.
    made |= {} if teachers.is_prompted(config.teacher.source) else {"alone": False}
    return config.replaced(**files, **columns, **own, **made)


def _locate(config: RunConfig, wanted: WantedTexts, real: RealSplits) -> Path:
    """Return the folder of the texts: beside the run, by what they are made of.

    Raises:
        UserError: No such teacher.
    """
    runs = Path(config.to).expanduser().parent if config.to else Path("runs")
    settings = config.flat()
    asked = (
        "data",
        "teacher",
        "classes",
        "texts",
        "texts_words",
        "augment_model",
        "seed",
        "split_seed",
    )
    facts = {name: settings[name] for name in (*asked, "teacher_labels", *OF_DATA)}
    facts["columns"] = config.columns
    # What is in a file may change, and its name stay.
    facts |= {"files": _digest_files(config), "real": _digest_real(wanted, real)}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
    name = re.sub(r"\W+", "-", Path(config.data.texts).name).strip("-")[:40]
    return runs / FOLDER / f"texts-{name}-{digest}"


def _digest_files(config: RunConfig) -> list[str]:
    """Return what tells the files that the settings name, but for data, from others.

    Raises:
        UserError: No such teacher.
    """
    named = (config.data.texts, config.prompts.classes, config.teacher.labels)
    digests = [digest_content(path) for path in named]
    source, augmenter = config.teacher.source, config.data.augment_model
    if not teachers.is_prompted(source):
        teachers.check_spec(source)
        digests.append(teachers.digest_spec(source))
    return [*digests, teachers.digest_spec(f"hf:{augmenter}")] if augmenter else digests


def _digest_real(wanted: WantedTexts, real: RealSplits) -> str:
    """Return what tells the data from others, as far as anything is made of them."""
    held = {
        split: [(example["text"], example["label"]) for example in examples]
        for split, examples in real.examples.items()
    }
    return digest_of([real.labels, held, list(real.train()) if wanted.way == NEIGHBOURS else []])


def _open_teacher(config: RunConfig, task: Task, real: RealSplits) -> TextModel | None:
    """Load the teacher, its classes in the order of the data's; None if it cannot be asked now."""
    if teachers.is_prompted(config.teacher.source):
        return None
    length = config.teacher.max_length or None
    teacher = teachers.load_teacher(config.teacher.source, max_length=length, task=task)
    if not real.labels:
        return teacher
    schema = Schema(real.labels)
    return align_classes(name_classes(teacher, config.teacher.labels, schema), task, schema)


def _make(making: TextMaking, folder: Path) -> None:
    """Write all splits; what says that all is there is written last."""
    held = {} if making.teacher is None else dict(_held_out(making))
    # What is validated and tested on is learnt by nobody.
    taken = {_key(e["text"]) for rows in making.real.examples.values() for e in rows}
    stream, seeds = _texts(making)
    count = making.wanted.count
    limit = itertools.islice(stream, _TRIES * (count + sum(held.values()))) if count else stream
    train = list(_fresh(seeds, taken))
    fresh = _fresh(limit, taken)
    splits = {split: list(itertools.islice(fresh, number)) for split, number in held.items()}
    with making.progress("training texts", count) as advance:
        for text in itertools.islice(fresh, count or None):
            train.append(text)
            advance(1)
    made = len(train) - len(seeds)
    if not train:
        raise UserError(f"texts is {making.config.data.texts!r}, and no text comes of it.")
    if made < count:
        logger.warning(f"{made:,} texts are made and not {count:,}: no others come of it.")
    _write(making, folder, {"train": train, **splits})
    facts = {
        "way": making.wanted.way,
        "spec": making.config.data.texts,
        "texts": len(train),
        "given": len(seeds),
        "labelled_by_teacher": list(splits),
    }
    run_folder.write_json(folder / MADE, facts)
    logger.info(f"texts     {len(train):,} for training, in {folder}")


def _held_out(making: TextMaking) -> Iterator[tuple[str, int]]:
    """Yield the splits that the data lack, and how many texts are made for them."""
    file, total = making.wanted.file, making.wanted.count
    if file is not None:
        total, _ = _read_file(making.config, file).count()
    for split, most in HELD_OUT.items():
        if split not in making.real.examples:
            yield split, min(most, max(total // _SHARE, 1))


def _texts(making: TextMaking) -> tuple[Iterator[str], list[str]]:
    """Return the texts that are made, and those that were given to make them from."""
    config, wanted = making.config, making.wanted
    seed, data = config.training.seed, config.data
    if wanted.file is not None:
        found = _read_file(config, wanted.file)
        return (row.text for row in found.read()), []
    if wanted.way == RANDOM:
        words = _teacher_words(making)
        if not words:
            raise UserError(
                f"random words come from the vocabulary of the teacher, and "
                f"{config.teacher.source} has none of whole words: write --texts "
                f"neighbours:{wanted.count}, or give a file."
            )
        return draw_texts(words, parse_lengths(data.texts_words), seed, _blank(words)), []
    seeds = list(dict.fromkeys(_seeds(making)))
    if not seeds:
        raise UserError(
            f"texts is {data.texts!r}, and there is nothing to start from: give a few texts as the "
            "training split of the data, or a file of classes with --classes."
        )
    if data.augment_model:
        rules: Any = load_neighbours(data.augment_model, copies=COPIES, seed=seed)
    else:
        words = _teacher_words(making) if making.teacher is not None else []
        counts = dict.fromkeys(words, 1) or count_words(seeds)
        rules = Augmentation(COPIES, mask=0.0, replace=0.3, words=counts, seed=seed)
    return grow_texts(seeds, rules.augment), seeds


def _seeds(making: TextMaking) -> Iterator[str]:
    """Yield the texts to start from: training texts, and what is said of the classes."""
    yield from making.real.train()
    classes = making.config.prompts.classes
    if classes:
        guide = teachers.read_guide(Path(classes).expanduser())
        yield from (line for text in guide.descriptions for line in text.splitlines() if line)
        yield from (text for text, _ in guide.examples)


def _teacher_words(making: TextMaking) -> list[str]:
    encoder = making.teacher.encoder if making.teacher is not None else None
    return list_words(encoder) if isinstance(encoder, TextEncoder) else []


def _blank(words: list[str]) -> str:
    """Return what stands between words: nothing, where they are single characters."""
    return "" if max(map(len, words)) == 1 else " "


def _read_file(config: RunConfig, file: Path) -> CandidateRows:
    data = config.data
    own: dict[str, Any] = {
        "header": data.header,
        "encoding": data.encoding,
        "skip_bad": data.skip_bad,
    }
    rows = CandidateRows.open(file, SelectSettings(text_column=data.text_column, **own))
    if rows.columns.reader.reads_pairs:
        raise UserError(
            f"text_column is {data.text_column}, and --texts makes single texts: name one column."
        )
    return rows


def _fresh(texts: Iterable[str], taken: set[str]) -> Iterator[str]:
    """Yield each text once, and none whose words are those of a text that is taken."""
    for text in texts:
        key = _key(text)
        if key not in taken:
            taken.add(key)
            yield text


def _key(text: str) -> str:
    return " ".join(split_words(text))


def _write(making: TextMaking, folder: Path, made: dict[str, list[str]]) -> None:
    """Write a file for each split, and the names of the classes."""
    names = making.labels
    rows: dict[str, list[dict[str, Any]]] = {
        split: [{"text": e["text"], "label": names[e["label"]]} for e in examples]
        for split, examples in making.real.examples.items()
    }
    for split, texts in made.items():
        labels: list[Any] = [None] * len(texts)
        if split != "train" and making.teacher is not None:
            with making.progress(f"teacher on texts of {split}", len(texts)) as advance:
                labels = [names[i] for i in np.argmax(making.teacher.logits(texts), axis=-1)]
                advance(len(texts))
        rows[split] = [{"text": t, "label": n} for t, n in zip(texts, labels, strict=True)]
    for split, found in rows.items():
        write_rows(folder / f"{split}.jsonl", found)
    if names:
        with replace_when_whole(folder / NAMES) as part:
            part.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
