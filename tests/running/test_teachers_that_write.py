"""A T5 in a Hugging Face folder teaches a student with its vocabulary, from pairs to a file."""

import json

import pytest
from folders_that_write import write_folder
from toy_languages import write_pairs

from tfkd import distill

pytest.importorskip("transformers")


@pytest.mark.slow
def test_a_folder_teaches_by_word_and_by_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder("t5", tmp_path / "t5")
    lines = [json.dumps(pair) for pair in write_pairs(80, seed=1)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    settings = {"longest": 6, "candidates": 2, "least_chrf": 0.0, "most_ratio": 0.0}
    distill(
        data="pairs.jsonl",
        task="translation",
        teacher="hf:t5",
        tokenizer="t5",
        student="seq2seq:tiny",
        epochs=1,
        task_settings=settings,
        to="run",
        verbose=0,
    )
    # The same tokens, though the model has three rows more: so what it says of each is learnt.
    lessons = json.loads((tmp_path / "run" / "lessons.json").read_text())
    assert lessons["level"] == "both"
    assert lessons["lessons"] > 0
    assert (tmp_path / "run" / "student.tflite").stat().st_size > 100_000
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert {"teacher", "distilled"} <= {row["name"] for row in report["rows"]}
    assert report["facts"]["file"].endswith("as its Keras student does")
