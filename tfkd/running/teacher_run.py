"""`tfkd teach`: train a teacher, or fine-tune a Hugging Face encoder, and save it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from .. import tasks, teachers, text
from ..console import Voice
from ..data import Data
from ..data.encoded import Encoded, encode
from ..data.feeding import Feed
from ..errors import UserError
from ..models import hugging_face
from ..models.text_model import TextModel
from . import folder as run_folder
from . import own_teacher
from .checks import check_teacher, open_for
from .config import RunConfig
from .fitting import Schedule, fit, forget
from .measuring import answer_encoded, open_test_set
from .vocabulary import learnt

SCORE = "score.json"  # written last
FINE_TUNING_RATE, FINE_TUNING_EPOCHS, FINE_TUNING_BATCH = 3e-5, 2, 16


def teach(config: RunConfig, voice: Voice | None = None) -> TextModel:
    """Train or fine-tune the teacher that `config` names, and save it for `keras:FOLDER`.

    Prints its scores on the test texts. Interrupted, the same command goes on.

    Raises:
        UserError: wrong data or settings, a folder that holds something else.
    """
    voice = voice or Voice()
    kind = config.teacher.partition(":")[0]
    if kind not in ("train", "hf"):
        raise UserError(f"teach takes train, train:STUDENT or hf:PATH, not {config.teacher!r}.")
    _check(config, kind)
    data = open_for(config)
    folder = run_folder.claim(config, f"teacher-{data.name}-{config.digest}")
    run_folder.remember(folder / "data.json", data.describe(), "the data")
    if (folder / SCORE).is_file():
        voice.say(f"{folder} is complete; distil it with --teacher keras:{folder}")
        return teachers.load_teacher(f"keras:{folder}")
    encoder = _encoder(config, data, kind, folder, voice)
    encoded = {
        split: _encode(data, split, encoder, folder / "work", voice)
        for split in ("train", "validation", "test")
    }
    make = _trained if kind == "train" else _fine_tuned
    model = make(config, encoder, data, encoded, folder, voice)
    teachers.save(model, folder)
    forget(folder / "members")
    _measure(model, data, encoded["test"], folder, voice)
    shutil.rmtree(folder / "work", ignore_errors=True)
    return model


def _check(config: RunConfig, kind: str) -> None:
    if kind == "train":
        check_teacher(config)
    else:
        hugging_face.read_config(Path(config.teacher.partition(":")[2]).expanduser())
    if kind == "hf" or config.tokenizer:
        _new_encoder(config, None, kind, Voice(quiet=True))


def _encoder(
    config: RunConfig, data: Data, kind: str, folder: Path, voice: Voice
) -> text.TextEncoder:
    if (folder / "preprocessing.json").is_file():  # written last, so all is there
        return text.load(folder)
    made = _new_encoder(config, data, kind, voice)
    made.save(folder)
    return made


def _new_encoder(config: RunConfig, data: Data | None, kind: str, voice: Voice) -> text.TextEncoder:
    if kind == "hf":
        path = config.teacher.partition(":")[2]
        return text.load(path, min(config.max_length, 256))
    if config.tokenizer:
        return text.load(config.tokenizer, config.max_length)
    assert data is not None
    return learnt(config, data, voice)


def _encode(data: Data, split: str, encoder, folder: Path, voice: Voice) -> Encoded:
    with voice.bar(f"tokens of {split}", data.counts.get(split, 0)) as advance:
        rows = folder / split
        return encode(
            data.read(split),
            tasks.find(tasks.DEFAULT),
            encoder,
            rows,
            schema=data.schema,
            advance=advance,
        )


def _trained(config, encoder, data: Data, encoded, folder: Path, voice: Voice) -> TextModel:
    batch = min(config.batch_size, own_teacher.BATCH)
    effort = own_teacher.Effort(config.epochs, batch, config.learning_rate)
    return own_teacher.train(
        config.teacher,
        encoded["train"],
        encoded["validation"],
        encoder,
        data.labels,
        folder / "members",
        seed=config.seed,
        effort=effort,
        voice=voice,
    )


def _fine_tuned(config, encoder, data: Data, encoded, folder: Path, voice: Voice) -> TextModel:
    import keras

    from ..losses import HardLabels
    from ..training.distiller import Distiller

    keras.utils.set_random_seed(config.seed)
    path = Path(config.teacher.partition(":")[2]).expanduser()
    model = hugging_face.trainable_classifier(path, len(data.labels))
    known = np.flatnonzero(encoded["train"].labels >= 0)
    size = min(config.batch_size, FINE_TUNING_BATCH)
    feed = Feed(encoded["train"], size, config.seed, only=known)
    schedule = Schedule(
        feed.steps,
        config.epochs or FINE_TUNING_EPOCHS,
        config.learning_rate or FINE_TUNING_RATE,
    )
    checks = Feed(encoded["validation"], 64, 0) if len(encoded["validation"]) else None
    distiller = Distiller(student=model, objective=HardLabels())
    fit(distiller, feed, schedule, checks, folder / "members", "fine-tuning", voice)
    return TextModel(model, encoder, data.labels, config.teacher)


def _measure(model: TextModel, data: Data, encoded: Encoded, folder: Path, voice: Voice) -> None:
    """Score a teacher on the test examples, write the scores down and say them."""
    test = open_test_set(tasks.find(tasks.DEFAULT), data)
    answers = answer_encoded(test, model, encoded, "teacher", voice)
    scores = test.task.score(answers, test.examples)
    run_folder.write_json(folder / SCORE, scores)
    spelled = ", ".join(f"{key} {value:.4f}" for key, value in scores.items())
    voice.say(f"on {len(test.examples):,} test texts: {spelled}")
    for warning in test.warnings(scores):
        voice.say(warning)
    voice.say(f"saved; distil it with --teacher keras:{folder}")
