"""A Hugging Face encoder that is fine-tuned for words and for answers, to a file."""

import json

import numpy as np
import pytest

pytest.importorskip("keras_hub")
from tiny_bert import checkpoint

from tfkd import load_teacher, tasks

NAMES, VERBS, PLACES = (
    ("Anna", "Bert Miller", "Cleo"),
    ("visits", "leaves", "likes"),
    ("Rome", "Oslo"),
)
SHORT = ("--max-length", "32", "--batch-size", "16")


def sentences(count, seed):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        who, verb, place = (rng.choice(each) for each in (NAMES, VERBS, PLACES))
        tokens = [*who.split(), verb, place, "."]
        tags = ["B-PER", *["I-PER"] * (len(tokens) - 4), "O", "B-LOC", "O"]
        yield {"tokens": tokens, "tags": tags}


def questions(count, seed):
    rng = np.random.default_rng(seed)
    for number in range(count):
        who, verb, place = (rng.choice(each) for each in (NAMES, VERBS, PLACES))
        answers = {"text": [place], "answer_start": [len(who) + len(verb) + 2]}
        context = f"{who} {verb} {place} ."
        yield {"id": str(number), "question": "where ?", "context": context, "answers": answers}


def write(folder, rows):
    folder.mkdir()
    for seed, (name, count) in enumerate((("train", 96), ("validation", 16), ("test", 24))):
        lines = "".join(json.dumps(row) + "\n" for row in rows(count, seed))
        (folder / f"{name}.jsonl").write_text(lines)
    return folder


@pytest.mark.slow
def test_entities_from_an_encoder_to_a_file(tfkd, tmp_path):
    """The teacher is fine-tuned in the run; its student has its layers, tokenizer and head."""
    encoder = checkpoint(tmp_path / "bert", head=False, spread=0.05)
    data = write(tmp_path / "data", sentences)
    command = (
        *("distill", data, "--task", "token-classification", "--teacher", f"train:hf:{encoder}"),
        *("--teacher-epochs", "16", "--teacher-learning-rate", "0.006", "--student", "shrink:1"),
        *(*SHORT, "--epochs", "1", "--no-alone", "--quantize", "float32", "--to", "out"),
    )
    code, _, errors = tfkd(*command)
    assert code in (0, 2), errors
    assert (tmp_path / "out" / "student.tflite").is_file(), errors
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["rows"]
    # It is 0 where the head reads other words than the labels are of.
    assert rows[0]["scores"]["f1"] > 0.6
    task = tasks.find("token-classification")
    teacher = load_teacher(f"keras:{tmp_path / 'out' / 'teacher'}", task=task)
    assert teacher.labels == ("B-LOC", "B-PER", "I-LOC", "I-PER", "O")


def test_answers_from_an_encoder(tfkd, tmp_path):
    """Start and end among the words of the context, not among those of the question."""
    encoder = checkpoint(tmp_path / "bert", head=False, spread=0.05)
    data = write(tmp_path / "data", questions)
    code, _, errors = tfkd(
        *("teach", data, "--task", "question-answering", "--teacher", f"hf:{encoder}"),
        *("--epochs", "16", "--learning-rate", "0.006", *SHORT, "--to", "out"),
    )
    assert code == 0, errors
    assert json.loads((tmp_path / "out" / "score.json").read_text())["f1"] > 0.6
    task = tasks.find("question-answering")
    teacher = load_teacher(f"keras:{tmp_path / 'out'}", task=task)
    assert teacher.shapes == {"logits": (2, None)}
