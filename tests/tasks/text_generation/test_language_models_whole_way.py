"""From texts to a file that goes on with them: taught, distilled, compared, exported, asked."""

import json
import math
import random

import pytest

from tests.toy_languages import write_pairs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("workplace")]
TASK = ("--task", "text-generation", "--max-length", "48", "--batch-size", "32")


@pytest.fixture(scope="module")
def texts():
    """Sentences of two languages, each with the name of its language in front."""
    draw, lines = random.Random(1), []
    for row in write_pairs(500, 0):
        code = draw.choice(("source", "target"))
        lines.append(json.dumps({"text": row[code], "language": code}))
    return "\n".join(lines)


def scores_of(run):
    report = json.loads((run / "report.json").read_text())
    return {row["name"]: row["scores"] for row in report["rows"]}


def test_a_language_model_goes_the_whole_way(tfkd, texts, tmp_path):
    (tmp_path / "texts.jsonl").write_text(texts)
    code = ("--column", "control=language")
    teach = ("--teacher", "train:causal:small", "--vocab-size", "500", "--epochs", "6")
    status, _, said = tfkd("teach", "texts.jsonl", *TASK, *code, *teach, "--to", "teacher")
    assert status == 0, said
    learn = ("--student", "causal:tiny", "--epochs", "8", "--temperature", "1", "--to", "run")
    given = ("--teacher", "keras:teacher", "--tokenizer", "teacher")
    status, printed, said = tfkd("distill", "texts.jsonl", *TASK, *code, *given, *learn)
    assert status == 0, said
    assert "perplexity per token" in printed

    found = scores_of(tmp_path / "run")
    assert list(found) == ["teacher", "alone", "distilled", "exported (int8)"]
    assert found["teacher"]["perplexity"] < found["distilled"]["perplexity"] < 60
    exported, distilled = found["exported (int8)"], found["distilled"]
    assert exported["perplexity"] == pytest.approx(distilled["perplexity"], rel=0.03)
    for scores in found.values():
        assert 2 ** scores["bits_per_byte"] == pytest.approx(scores["byte_perplexity"])
        assert math.log(scores["word_perplexity"]) > math.log(scores["perplexity"])

    assert tfkd("compare", "run", "--html", "page.html")[0] == 0
    assert "What the models write" in (tmp_path / "page.html").read_text()

    def ask(text, *flags, language="target"):
        row = json.dumps({"text": text, "control": language})
        (tmp_path / "rows.jsonl").write_text(f"{row}\n")
        flags = ("--temperature", "1", "--top-k", "30", *flags)
        status, _, said = tfkd(
            "predict", "run/student.tflite", "rows.jsonl", *flags, "--to", "a.jsonl"
        )
        assert status == 0, said
        return json.loads((tmp_path / "a.jsonl").read_text())["predicted_text"]

    drawn = [ask("la", "--seed", seed) for seed in ("1", "1", "2", "3", "4")]
    assert drawn[0] == drawn[1]
    assert len({*drawn}) > 1
    theirs = {word for row in write_pairs(500, 0) for word in row["target"].strip(".").split()}
    assert {word.strip(".") for word in ask("la", "--top-k", "1").split()} & theirs
    assert tfkd("bench", "run/student.tflite")[0] == 0


def test_another_vocabulary_is_refused_by_name(tfkd, refused, texts, tmp_path):
    """Probabilities of unlike tokens do not compare, and their shapes may well fit."""
    (tmp_path / "texts.jsonl").write_text(texts)
    short = ("--epochs", "1", "--vocab-size", "400")
    teach = ("--teacher", "train:causal:tiny", *short, "--to", "teacher")
    assert tfkd("teach", "texts.jsonl", *TASK, *teach)[0] == 0
    other = ("--teacher", "keras:teacher", "--student", "causal:tiny", "--vocab-size", "390")
    said = refused("distill", "texts.jsonl", *TASK, *other, "--to", "run")
    assert "vocabularies" in said
    assert "--tokenizer" in said
