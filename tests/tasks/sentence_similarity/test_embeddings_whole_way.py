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
        (("--task", "sentence-similarity+text-classification"), "a run of its own"),
    ],
)
def test_what_cannot_be_distilled_is_one_sentence(teacher, refused, tmp_path, flags, says):
    (tmp_path / "texts.txt").write_text("\n".join(make_texts(60)) + "\n")
    given = ("--teacher", f"keras:{teacher}", *TASK, *SHORT, *flags)
    assert says in refused("distill", str(tmp_path / "texts.txt"), *given, "--to", "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("workplace")
def test_the_best_epoch_of_texts_alone_is_told_by_the_teacher(teacher, tfkd, tmp_path):
    """Without a store too, the loss on validation texts says when to stop; without scores."""
    (tmp_path / "texts.txt").write_text("\n".join(make_texts(80)) + "\n")
    given = ("--teacher", f"keras:{teacher}", "--student", "static:tiny", *TASK, *SHORT)
    flags = ("--patience", "1", "--epochs", "3", "--no-cache", "--quantize", "float32")
    code, _, said = tfkd("distill", "texts.txt", *given, *flags, "--to", "run")
    assert code == 0, said
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["facts"]["best epoch"].startswith("distilled ")
    assert "distilled 0" not in report["facts"]["best epoch"]


def test_a_teacher_of_vectors_needs_something_to_learn_from(refused, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(make_texts(60)) + "\n")
    assert "texts alone" in refused("teach", str(tmp_path / "texts.txt"), *TASK, "--to", "t")


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Pairs of texts whose score is 5 where they have one topic, and less than 2 else."""
    draw, texts = random.Random(1), make_texts(240, seed=1)
    folder = tmp_path_factory.mktemp("pairs")
    with (folder / "pairs.jsonl").open("w") as file:
        for i in range(0, 240, 2):
            other = texts[draw.choice(range(i % 4, 240, 4) if i % 3 else range(240))]
            same = texts[i].split()[0] in TOPICS[texts.index(other) % 4].split()
            row = {"sentence1": texts[i], "sentence2": other, "score": 5 if same else draw.random()}
            file.write(json.dumps(row) + "\n")
    return folder / "pairs.jsonl"


def test_pairs_with_scores_are_learnt_with_and_without_a_teacher(scored, teacher, tfkd, tmp_path):
    columns = ("--text-column", "sentence1,sentence2")
    flags = ("--teacher", f"keras:{teacher}", "--student", "static:tiny", *TASK, *SHORT, *columns)
    code, printed, said = tfkd("distill", str(scored), *flags, "--to", str(tmp_path / "run"))
    assert code == 0, said
    assert "pairs with scores" in printed
    assert "Spearman correlation against the same student trained alone" in printed
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    names = ["teacher", "alone", "distilled", "exported (int8)"]
    assert [row["name"] for row in report["rows"]] == names
    assert all({*row["scores"]} == {"spearman", "pearson"} for row in report["rows"])
    assert all(row["scores"]["spearman"] > 0.5 for row in report["rows"])
    card = (tmp_path / "run" / "README.md").read_text()
    assert "spearmanr" in card
    assert "PairScore" in card


@pytest.mark.usefixtures("workplace")
def test_pairs_that_match_are_retrieved(teacher, tfkd, tmp_path):
    """A text and its own words in another order: answers of a small desk, without scores."""
    draw = random.Random(2)
    with (tmp_path / "faq.csv").open("w") as file:
        file.write("question,answer\n")
        for text in make_texts(120, seed=2):
            words = text.split()
            draw.shuffle(words)
            file.write(f"{text},{' '.join(words)}\n")
    flags = ("--task", "sentence-similarity", "--task-set", "scored_by=retrieval", *SHORT)
    flags = (*flags, "--task-set", "dimensions=16", "--task-set", "prefixes=4,8")
    models = ("--teacher", f"keras:{teacher}", "--student", "static:tiny")
    code, printed, said = tfkd("distill", str(tmp_path / "faq.csv"), *flags, *models, "--to", "run")
    assert code == 0, said
    assert "pairs that match" in printed
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    keys = {"mrr", "ndcg@10", "recall@1", "recall@5", "recall@10"}
    assert all({*row["scores"]} == keys for row in report["rows"])
    assert report["rows"][-1]["scores"]["recall@10"] > 0.5
