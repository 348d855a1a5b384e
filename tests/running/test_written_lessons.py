"""What a student learns that its teacher writes: before it is trained, and by which rule."""

import dataclasses
import json
import shutil
from contextlib import ExitStack

import numpy as np
import pytest
from toy_languages import write_pairs

from tfkd import teachers
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.progress import log_progress, logger
from tfkd.running import caching, phases
from tfkd.running.config import make_config
from tfkd.running.stages import read_stages
from tfkd.running.student_training import _Trainer
from tfkd.running.targets import store_options
from tfkd.running.teacher import prepare_teacher
from tfkd.running.written_lessons import describe_counts

PAIRS = write_pairs(60, seed=5)
SPLITS = {"train": PAIRS[:30], "validation": PAIRS[30:36], "test": PAIRS[36:42]}
ALONE = [pair["source"] for pair in PAIRS[42:50]]
SETTINGS = {"longest": 20, "candidates": 2}


@pytest.fixture(scope="module")
def place(tmp_path_factory, toy_writer):
    """A folder with a data set and a teacher."""
    folder = tmp_path_factory.mktemp("lessons")
    (folder / "data").mkdir()
    for name, pairs in SPLITS.items():
        lines = [json.dumps(pair) + "\n" for pair in pairs]
        (folder / "data" / f"{name}.jsonl").write_text("".join(lines))
    lines = [json.dumps({"source": source}) + "\n" for source in ALONE]
    (folder / "data" / "unlabelled.jsonl").write_text("".join(lines))
    teachers.save(toy_writer.text_model, folder / "teacher")
    return folder


def configure(place, to="run", tokenizer=True, settings=SETTINGS, **changes):
    """The settings of a run that has the teacher's tokenizer, or learns one."""
    return make_config(
        {
            "data": str(place / "data"),
            "task": "translation",
            "teacher": f"keras:{place / 'teacher'}",
            "student": "seq2seq:tiny",
            "tokenizer": str(place / "teacher" / "tokenizer.json") if tokenizer else "",
            "vocab_size": 500,
            "max_length": 32,
            "to": str(to),
            "task_settings": {**SETTINGS, **settings},
            **changes,
        }
    )


def prepare(config):
    """What a run does before its student is trained."""
    with ExitStack() as held:
        context, given = phases.begin(config, held, progress=log_progress)
        given, texts = phases.prepare(context, given)
        teacher = prepare_teacher(texts.context, texts, given.teacher)
        phases.store_targets(teacher)
    return teacher


def lessons_of(teacher):
    """The sources and targets that the student learns, in words."""
    encoder, encoded = teacher.texts.encoder, teacher.texts.encode("lessons")
    rows = [encoded.arrays(row) for row in range(len(encoded))]
    names = ("input_ids", "decoder_input_ids")
    return [tuple(encoder.decode(row[name].tolist()) for name in names) for row in rows]


@pytest.fixture(scope="module")
def prepared(place, tmp_path_factory):
    """A run with the teacher's tokenizer, at the end of its preparations."""
    return prepare(configure(place, tmp_path_factory.mktemp("runs") / "run"))


def test_lessons_are_what_the_teacher_writes(prepared, toy_writer):
    """References that are learnt again; texts without one that nobody writes for."""
    assert prepared.context.task.level == "both"
    learnt = dict(lessons_of(prepared))
    assert list(learnt) == [*(pair["source"] for pair in SPLITS["train"]), *ALONE]
    rows = [{"input_ids": toy_writer.encoder.encode(source)} for source in learnt]
    written = toy_writer.text_model.write(rows, prepared.context.task.lesson_decoding())
    assert list(learnt.values()) == [best.text for best, *_ in written]
    facts = json.loads((prepared.context.folder / "lessons.json").read_text())
    assert facts == {"level": "both", "sources": 38, "kept": 38, "lessons": 38}


def test_nothing_of_validation_and_test_is_learnt(prepared):
    """A teacher's texts for the test split among the lessons: scores that mean nothing."""
    kept = {pair["source"] for name in ("validation", "test") for pair in SPLITS[name]}
    assert not kept & {source for source, _ in lessons_of(prepared)}
    by_folder = {
        folder.name: {
            json.loads(line)["source"]
            for file in folder.glob("*.jsonl")
            for line in file.read_text().splitlines()[1:]
        }
        for folder in prepared.store.glob("written-*")
    }
    assert sorted(map(len, by_folder.values())) == [6, 38]
    assert not kept & max(by_folder.values(), key=len)


def test_alone_learns_no_text_of_the_teacher(prepared):
    """A student alone that has learnt what a teacher wrote, beside which nothing helps."""
    trainer = _Trainer(prepared.context, prepared.texts, prepared, None)
    alone, taught = trainer._encode(alone=True), trainer._encode(alone=False)
    assert alone.has_labels().sum() == len(SPLITS["train"])
    assert taught.has_labels().all()


def test_stored_logits_are_those_of_the_teacher(prepared):
    """Word level from 32 of 522 logits, of another position or with another mass."""
    encoded, targets = prepared.encode("lessons"), prepared.targets("lessons")
    live = prepared.model.run([encoded.arrays(row) for row in range(9)])
    for stored, outputs in zip(targets.each(np.arange(9)), live, strict=True):
        logits = outputs["logits"]
        top = np.argsort(-logits, axis=-1)[:, :32]
        one, other = (np.take_along_axis(each, top, -1) for each in (stored["logits"], logits))
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-3)
        mass = [np.log(np.exp(each).sum(-1)) for each in (stored["logits"], logits)]
        np.testing.assert_allclose(*mass, atol=5e-3)


@pytest.mark.parametrize("shape", [(None, 0), (None, 522)], ids=["unknown", "known"])
def test_whole_vocabularies_are_not_stored(prepared, shape):
    """A teacher that the run has trained, and 16,000 logits of each token on the disk."""
    model = dataclasses.replace(prepared.model, shapes={"logits": shape})
    assert store_options(prepared.context.task, model)["top_k"] == 32


def test_a_run_goes_on_without_its_teacher_writing_again(place, prepared, monkeypatch):
    """An interrupted run that has its teacher write all night again."""
    before = lessons_of(prepared)
    shutil.rmtree(prepared.context.work)
    monkeypatch.setattr(TextModel, "write", None)
    assert lessons_of(prepare(configure(place, prepared.context.folder))) == before


@pytest.mark.slow
def test_cache_writes_what_a_run_finds(place, workplace, monkeypatch):
    """A night of `tfkd cache`, and a run that has all written once more."""
    with pytest.raises(UserError, match="top_k is for outputs"):
        caching.cache(configure(place, "runs/one"), top_k=9)
    # As the command line calls it.
    options = {"dtype": "float16", "top_k": None, "precision": "auto", "shard": "1/1"}
    caching.cache(configure(place, "runs/one"), **options)
    monkeypatch.setattr(TextModel, "write", None)
    found = prepare(configure(place, "runs/one"))
    assert len(lessons_of(found)) == 38


@pytest.mark.slow
def test_other_vocabularies(place, tmp_path):
    """Logits of other tokens as soft targets; or a traceback from inside the step."""
    other = prepare(configure(place, tmp_path / "one", tokenizer=False))
    assert other.context.task.level == "sequence"
    assert len(lessons_of(other)) == 38
    assert not list(other.store.glob("shard*"))
    for level in ("word", "both"):
        config = configure(
            place, tmp_path / level, tokenizer=False, settings={**SETTINGS, "level": level}
        )
        with pytest.raises(UserError, match=r"other vocabularies .*level=sequence.*--tokenizer"):
            prepare(config)


def test_what_was_dropped_is_counted(place, tmp_path):
    """Texts far from their references, dropped or kept without a word."""
    settings = {"written": "mixed", "least_chrf": 1.0, "level": "sequence", "candidates": 1}
    made = prepare(configure(place, tmp_path / "one", settings=settings))
    facts = json.loads((tmp_path / "one" / "lessons.json").read_text())
    # The references are there in any case, and texts that have none cannot be far from it.
    assert facts["sources"] == 38
    assert facts["kept"] + facts.get("far", 0) == 38
    assert facts["lessons"] == len(lessons_of(made)) >= 38
    assert describe_counts({**facts, "far": 3}).endswith("dropped: 3 far from the reference")


def test_by_word_only_texts_with_a_target_are_learnt(place, tmp_path, monkeypatch):
    """Steps of nothing, so that the student alone saw its texts more often, without a word."""
    told = []
    settings = {**SETTINGS, "level": "word"}
    made = prepare(configure(place, tmp_path / "one", settings=settings))
    trainer = _Trainer(made.context, made.texts, made, None)
    (stage,) = read_stages(made.context.config, made.context.data.schema)
    monkeypatch.setattr(logger, "warning", told.append)
    encoded = trainer._encode(alone=False)
    feed = trainer._make_feed(encoded, 3, stage)
    assert (len(encoded), feed.per_pass) == (38, 1)
    assert sorted(np.concatenate(list(feed.rows(0)))) == sorted([*range(30)] * 3)
    (line,) = told
    assert line.startswith("8 of 38 training texts have no target, and nothing is learnt of them")


def test_nothing_left_to_learn(place, tmp_path, monkeypatch):
    """A student of no text: a traceback, or weights as they were drawn."""

    def write(self, rows, decoding, *, advance):
        from tfkd.text.decoding import Hypothesis

        return [[Hypothesis((), " ")] for _ in rows]

    monkeypatch.setattr(TextModel, "write", write)
    with pytest.raises(UserError, match=r"wrote for 38 texts, and none .* dropped: 38 empty"):
        prepare(configure(place, tmp_path / "one"))


def test_hidden_references_are_not_looked_at(place, tmp_path, monkeypatch):
    """`--labelled 5`, and lessons chosen by the references of all."""
    from tfkd.tasks.generation.learnt_texts import LearnsTexts

    known, plain = [], LearnsTexts.lessons_of

    def choose(self, example, texts, *, known: bool = True, seen=known):
        seen.append(known and example["label"] is not None)
        return plain(self, example, texts, known=known)

    monkeypatch.setattr(LearnsTexts, "lessons_of", choose)
    prepare(configure(place, tmp_path / "one", labelled=5))
    assert (sum(known), len(known)) == (5, 38)
