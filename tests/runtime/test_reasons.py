"""The n-grams behind an answer, found from what a file says alone."""

import json

import numpy as np
import pytest

import tfkd
from tfkd import UserError, students
from tfkd.cli._main import main
from tfkd.runtime import load
from tfkd.runtime.reasons import find_reasons
from tfkd.text import learn

TEXTS = ["a film that is not bad", "a bad film", "a good film and not a long one"] * 3


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS, vocab_size=60, max_length=16)


@pytest.fixture(scope="module")
def folder(encoder, tmp_path_factory):
    """Files of two linear students, of 2 and 3 classes, and of one that is none."""
    folder = tmp_path_factory.mktemp("files")
    for name, kind, classes in (
        ("two", "ngram_linear", 2),
        ("three", "ngram_linear", 3),
        ("other", "bag_of_ngrams", 2),
    ):
        student = students.build(kind, encoder.vocab_size, classes, "tiny", seed=1, bigrams=101)
        rng = np.random.default_rng(0)
        student.set_weights([rng.normal(size=w.shape) for w in student.get_weights()])
        labels = ["bad", "good", "mixed"][:classes]
        path = folder / f"{name}.tflite"
        tfkd.export(student, path, encoder=encoder, labels=labels, check=TEXTS)
        student.save(folder / f"{name}.keras")
    return folder


def weights_of(student, encoder, text):
    """What each n-gram adds to the difference of both logits, read from the tables."""
    tokens, pairs, kernel, bias = student.get_weights()
    (ids,) = encoder.encode_many([text])
    gain = (kernel[0, 1] - kernel[0, 0]) / np.sqrt(len(ids))
    return ids, tokens[:, 0] * gain, pairs[:, 0] * gain, bias[1] - bias[0]


@pytest.mark.filterwarnings("ignore:.*__array__ implementation.*:DeprecationWarning")
def test_the_parts_are_the_weights_of_the_tables(folder, encoder):
    import keras

    reasons = find_reasons(load(folder / "two.tflite"), "a bad film")
    student = keras.models.load_model(folder / "two.keras")
    ids, tokens, _, rest = weights_of(student, encoder, "a bad film")
    sign = 1 if reasons.label == "good" else -1
    assert reasons.rest == pytest.approx(sign * rest / 2, abs=1e-3)
    for place in ids:
        found = reasons.ngrams[encoder.tokenizer.decode([place], skip_special_tokens=False)]
        assert found == pytest.approx(sign * tokens[place] / 2, abs=1e-3)
    assert reasons.score == pytest.approx(reasons.rest + sum(reasons.ngrams.values()), abs=1e-2)
    assert "bad film" in reasons.ngrams
    sizes = [abs(value) for value in reasons.ngrams.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_of_three_classes_it_is_the_score_above_their_mean(folder):
    predictor = load(folder / "three.tflite")
    text = "a bad film that is a bad film"
    reasons = find_reasons(predictor, text)
    (row,) = predictor.run([rows[0] for rows in predictor.rows_of([text])])
    assert reasons.label == predictor.labels[row["logits"].argmax()]
    assert reasons.score == pytest.approx(row["logits"].max() - row["logits"].mean(), abs=1e-4)
    assert reasons.score == pytest.approx(reasons.rest + sum(reasons.ngrams.values()), abs=1e-2)


def test_a_file_that_is_no_sum_is_refused(folder):
    with pytest.raises(UserError, match="does not add its answer up of n-grams"):
        find_reasons(load(folder / "other.tflite"), "a bad film")


def test_predict_lists_them(folder, capsys):
    main(["predict", str(folder / "two.tflite"), "a bad film", "--why"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("  =")
    assert "for " in lines[-1]
    assert any(line.endswith("  bad film") for line in lines)
    main(["predict", str(folder / "two.tflite"), "a bad film", "--why", "--json"])
    why = json.loads(capsys.readouterr().out)["why"]
    assert set(why) == {"label", "score", "rest", "ngrams"}


def test_why_into_a_table_is_refused(folder, tmp_path, capsys):
    table = tmp_path / "texts.csv"
    table.write_text("text\na bad film\n")
    assert main(["predict", str(folder / "two.tflite"), str(table), "--why", "--to", "out.csv"])
    assert "write --why --jsonl" in capsys.readouterr().err
