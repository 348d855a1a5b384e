"""Sentence embeddings on the whole way: from lines of text to a file that gives vectors."""

import json
import random

import numpy as np
import pytest

TASK = ("--task", "sentence-similarity", "--task-set", "dimensions=16")
SHORT = ("--epochs", "8", "--max-length", "16", "--vocab-size", "200", "--batch-size", "32")
TOPICS = ("bank card loan rate", "film song actor scene", "goal match team coach", "rain snow wind")


def make_texts(count, seed=0):
    """Lines of words of one topic each, all of them different."""
    draw = random.Random(seed)
    words = [topic.split() for topic in TOPICS]
    return [" ".join(draw.choices(words[i % 4], k=6)) + f" {i}" for i in range(count)]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """An encoder of 24 dimensions that knows the topics: the mean of vectors of words."""
    from tfkd import students, tasks, teachers, text
    from tfkd.models.text_model import TextModel

    task = tasks.find("sentence-similarity", {"dimensions": 24})
    schema = task.complete_schema(task.schema(()), [])
    encoder = text.learn(make_texts(200), vocab_size=200, max_length=16)
    model = students.build_for(task, schema, "static", encoder.vocab_size, "tiny", seed=3)
    table = model.get_layer("token_embedding")
    rng = np.random.default_rng(0)
    vectors = np.array(table.get_weights()[0])
    for topic in TOPICS:
        middle = rng.normal(size=vectors.shape[1])
        for piece in {each for word in topic.split() for each in encoder.encode(word)}:
            vectors[piece] = middle + 0.3 * rng.normal(size=len(middle))
    table.set_weights([vectors])
    folder = tmp_path_factory.mktemp("teacher")
    teachers.save(TextModel(model, encoder, shapes=task.output_shapes(schema)), folder)
    return folder


@pytest.fixture(scope="module")
def run(teacher, tmp_path_factory):
    """A run on texts alone, made by the command line, and what it printed."""
    from tfkd.cli import main

    folder = tmp_path_factory.mktemp("texts")
    (folder / "texts.txt").write_text("\n".join(make_texts(240)) + "\n")
    flags = ("--teacher", f"keras:{teacher}", "--student", "static:tiny", *TASK, *SHORT)
    source, to = str(folder / "texts.txt"), str(folder / "run")
    assert main(["distill", source, *flags, "--quantize", "float32", "--to", to]) == 0
    return folder / "run"


def test_texts_alone_are_enough(run):
    """What is not known is not scored: the table says how far student and teacher agree."""
    report = json.loads((run / "report.json").read_text())
    assert [row["name"] for row in report["rows"]] == ["teacher", "distilled", "exported (float32)"]
    assert all(row["scores"] == {} for row in report["rows"])
    assert report["rows"][1]["agreement"] > 0.8
    assert report["rows"][2]["agreement"] == pytest.approx(report["rows"][1]["agreement"], abs=1e-3)
    lines = (run / "distilled" / "history.jsonl").read_text().splitlines()
    history = [json.loads(line) for line in lines]
    assert history[-1]["val_loss"] < history[0]["val_loss"]
    card = (run / "README.md").read_text()
    assert "pipeline_tag: sentence-similarity" in card
    assert 'predict(["a text"])' in card


def test_the_file_gives_vectors_of_length_one(run, tfkd):
    code, printed, said = tfkd("predict", str(run), "--json", "bank loan", "snow and rain")
    assert code == 0, said
    vectors = np.array([json.loads(line)["embedding"] for line in printed.splitlines()])
    assert vectors.shape == (2, 16)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)


def test_a_pair_gives_a_cosine(run, tfkd):
    pairs = ("--pair", "bank loan", "card rate", "--pair", "bank loan", "snow wind")
    code, printed, said = tfkd("predict", str(run), "--json", *pairs)
    assert code == 0, said
    near, far = (json.loads(line)["similarity"] for line in printed.splitlines())
    assert near > far + 0.1
    from tfkd.runtime import load

    (answer,) = load(run / "student.tflite").predict([("bank loan", "card rate")])
    assert answer.similarity == near


def test_compare_exports_and_times_it(run, tfkd, tmp_path):
    assert tfkd("compare", str(run), "--html", str(tmp_path / "page.html"))[0] == 0
    assert (
        tfkd("export", str(run), "--quantize", "int8", "--to", str(tmp_path / "s.tflite"))[0] == 0
    )
    assert tfkd("bench", str(tmp_path / "s.tflite"))[0] == 0


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--task-set", "dimensions=1"), "dimensions is 1"),
        (("--task-set", "prefixes=32,64"), "prefixes is"),
        (("--task-set", "scored_by=taste"), "scored_by is 'taste'"),
        (("--teacher", "train"), "texts alone"),
        (("--teacher", "keras:nowhere"), "there is no nowhere"),
        (("--baseline", "tfidf"), "no linear model"),
        (("--text-column", "text,other"), "other"),
    ],
)
def test_what_cannot_be_distilled_is_one_sentence(teacher, refused, tmp_path, flags, says):
    (tmp_path / "texts.txt").write_text("\n".join(make_texts(60)) + "\n")
    given = ("--teacher", f"keras:{teacher}", *TASK, *SHORT, *flags)
    assert says in refused("distill", str(tmp_path / "texts.txt"), *given, "--to", "run")
    assert not (tmp_path / "run").exists()


def test_a_teacher_of_vectors_needs_something_to_learn_from(refused, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(make_texts(60)) + "\n")
    assert "texts alone" in refused("teach", str(tmp_path / "texts.txt"), *TASK, "--to", "t")
