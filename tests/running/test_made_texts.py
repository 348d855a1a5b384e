"""Training texts that are made: of the teacher's words, around a few texts, of another domain."""

import json
import shutil

import pytest

pytest.importorskip("keras")

from tfkd import UserError, load_teacher
from tfkd.progress import log_progress
from tfkd.running.config import make_config
from tfkd.running.made_notes import notes_on_made
from tfkd.running.made_texts import make_texts_first
from tfkd.selecting.hashed_words import split_words
from tfkd.teachers import save as save_teacher

CLASSES = """[classes]
negative = "A film that somebody found dull and poor."
positive = "A film that somebody found fine and lovely."
"""


@pytest.fixture
def making(taught, workplace, tmp_path):
    """Make texts; returns the settings of the run on them, and the rows by split."""

    def make(**settings):
        config = make_config({"teacher": f"keras:{taught}", "to": "runs/one", **settings})
        changed = make_texts_first(config, log_progress)
        folder = tmp_path / changed.data.source
        rows = {
            path.stem: [json.loads(line) for line in path.read_text().splitlines()]
            for path in folder.glob("*.jsonl")
        }
        return changed, rows

    return make


def write(path, texts, labels=None):
    rows = [{"text": text} for text in texts]
    if labels:
        rows = [{**row, "label": label} for row, label in zip(rows, labels, strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_random_words_and_nothing_else(making):
    """Without any data the teacher labels what is validated and tested on, and the notes say so."""
    config, rows = making(texts="random:100", texts_words="3-6")
    assert {split: len(found) for split, found in rows.items()} == {
        "train": 100,
        "validation": 10,
        "test": 10,
    }
    assert {row["label"] for row in rows["train"]} == {None}
    assert {row["label"] for row in rows["test"]} <= {"negative", "positive"}
    assert all(3 <= len(row["text"].split()) <= 6 for row in rows["train"])
    assert len({row["text"] for found in rows.values() for row in found}) == 120
    assert (config.data.texts, config.training.alone, config.data.test) == ("", False, "")
    first, second = notes_on_made(config.data.source)
    assert "The 100 training texts are words drawn at random" in first
    assert "texts of validation and test are made in the same way" in second
    assert making(texts="random:100", texts_words="3-6")[1] == rows
    assert making(texts="random:100", texts_words="3-6", seed=1)[1] != rows


def test_the_data_are_tested_on_and_never_learnt(making, tmp_path):
    """Neither their training split, nor a text of the same words as one of test."""
    test = write(tmp_path / "test.jsonl", ["a fine film", "a dull film"] * 5, [1, 0] * 5)
    words = write(tmp_path / "words.jsonl", ["A fine FILM!", "rain in may", "a dull film", "sun"])
    _, rows = making(texts=words, test=test, labels=labels_file(tmp_path))
    assert [row["text"] for row in rows["test"]] == ["a fine film", "a dull film"] * 5
    assert [row["label"] for row in rows["test"]] == ["positive", "negative"] * 5
    made = [row["text"] for split in ("train", "validation") for row in rows[split]]
    assert sorted(made) == ["rain in may", "sun"]


def labels_file(folder):
    (folder / "names.txt").write_text("negative\npositive\n")
    return str(folder / "names.txt")


def test_texts_around_a_few(making, tmp_path, caplog):
    """Those that are given are learnt too; without data the meaning of the classes is given."""
    few = [f"a fine film about the {word}" for word in ("sea", "moon", "war")]
    path = write(tmp_path / "few.jsonl", few)
    config, rows = making(data=path, texts="neighbours:60")
    assert [row["text"] for row in rows["train"]][:3] == few
    assert len(rows["train"]) == 63
    assert not {row["text"] for row in rows["test"]} & set(few)
    words = {word for row in rows["train"] for word in split_words(row["text"])}
    assert len(words - set(" ".join(few).split())) > 10
    assert "made from 3 that were given" in notes_on_made(config.data.source)[0]
    (tmp_path / "classes.toml").write_text(CLASSES)
    rows = making(texts="neighbours:20", classes=str(tmp_path / "classes.toml"))[1]
    assert rows["train"][0]["text"] == "A film that somebody found dull and poor."


def test_a_changed_file_makes_other_texts(making, tmp_path):
    """Of those that the settings name; what is unchanged is made once."""
    path = write(tmp_path / "texts.jsonl", [f"rain in may {n}" for n in range(30)])
    test = write(tmp_path / "test.jsonl", ["a fine film", "a dull film"] * 5, [1, 0] * 5)
    given = {"texts": path, "test": test, "labels": labels_file(tmp_path)}
    first, before = making(**given)
    made = tmp_path / first.data.source / "made.json"
    written = made.stat().st_mtime_ns
    assert making(**given)[0] == first
    assert made.stat().st_mtime_ns == written
    write(tmp_path / "texts.jsonl", [f"snow in may {n}" for n in range(30)])
    second, rows = making(**given)
    assert {row["text"].split()[0] for row in rows["train"] + rows["validation"]} == {"snow"}
    assert rows["test"] == before["test"]
    write(tmp_path / "test.jsonl", ["a fine film", "a dull film"] * 5, [0, 1] * 5)
    third, rows = making(**given)
    assert [row["label"] for row in rows["test"]] == ["negative", "positive"] * 5
    (tmp_path / "names.txt").write_text("positive\nnegative\n")
    assert [row["label"] for row in making(**given)[1]["test"]] == ["positive", "negative"] * 5
    assert len({config.data.source for config in (first, second, third)}) == 3


def test_changed_data_and_classes_are_started_from(making, tmp_path):
    path = write(tmp_path / "few.jsonl", ["a fine film about the sea"])
    assert making(data=path, texts="neighbours:9")[1]["train"][0]["text"].endswith("sea")
    write(tmp_path / "few.jsonl", ["a fine film about the moon"])
    assert making(data=path, texts="neighbours:9")[1]["train"][0]["text"].endswith("moon")
    classes = tmp_path / "classes.toml"
    for text in (CLASSES, CLASSES.replace("A film", "A book")):
        classes.write_text(text)
        rows = making(texts="neighbours:9", classes=str(classes))[1]
        assert rows["train"][0]["text"] in text


def test_another_teacher_under_the_same_name_labels_its_own_texts(making, taught, tmp_path):
    teacher = shutil.copytree(taught, tmp_path / "teacher")
    given = {"teacher": f"keras:{teacher}", "texts": "random:50"}
    first, before = making(**given)
    swap_classes(teacher)
    second, rows = making(**given)
    assert first.data.source != second.data.source
    assert [row["text"] for row in rows["test"]] == [row["text"] for row in before["test"]]
    assert all(a["label"] != b["label"] for a, b in zip(rows["test"], before["test"], strict=True))


def swap_classes(teacher):
    """Turn the answers of a teacher of two classes around, by its last layer."""
    model = load_teacher(f"keras:{teacher}")
    last = [layer for layer in model.model.layers if layer.weights][-1]
    last.set_weights([weights[..., ::-1] for weights in last.get_weights()])
    save_teacher(model, teacher)


def test_a_folder_with_the_runs_in_it_and_named_data_make_the_same_texts_once(making, tmp_path):
    write(tmp_path / "train.jsonl", [f"a fine film {n}" for n in range(9)])
    assert len({making(data=".", texts="neighbours:9")[0].data.source for _ in range(3)}) == 1
    assert len({making(data="sample:200", texts="random:9")[0].data.source for _ in range(2)}) == 1
    assert (
        making(data="sample:300", texts="random:9")[0]
        != making(data="sample:200", texts="random:9")[0]
    )


def test_a_split_that_is_there_stays_and_labels_train_no_student(making, tmp_path):
    """The training rows of a whole data set are left alone."""
    texts = [f"a {'fine' if i % 2 else 'dull'} film {i}" for i in range(100)]
    path = write(
        tmp_path / "all.jsonl", texts, [["negative", "positive"][i % 2] for i in range(100)]
    )
    _, rows = making(data=path, texts="random:50")
    held = {row["text"] for split in ("validation", "test") for row in rows[split]}
    assert held < set(texts)
    assert len(rows["train"]) == 50
    assert not {row["text"] for row in rows["train"]} & set(texts)


def test_a_run_from_nothing_but_a_teacher(taught, workplace, tfkd, tmp_path):
    """Its notes say what its scores are of, and no epoch was right on labels that are not there."""
    teacher = ("--teacher", f"keras:{taught}", "--texts", "random:80", "--texts-words", "3-9")
    student = ("--student", "text_cnn:tiny", "--vocab-size", "300", "--max-length", "32")
    flags = (*teacher, *student, "--epochs", "1", "--quantize", "float32", "--to", "runs/one")
    code, printed, said = tfkd("distill", *flags)
    assert code == 0, said
    assert "nothing of real ones" in " ".join(printed.split())
    (epoch,) = (tmp_path / "runs/one/distilled/history.jsonl").read_text().splitlines()
    assert {"loss", "accuracy", "val_accuracy"} & set(json.loads(epoch)) == {"loss", "val_accuracy"}
    code, printed, said = tfkd("distill", *flags)
    assert code == 0, said
    assert "is complete" in printed + said


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"texts": "random"}, "write random:N with a number, random:20000"),
        ({"texts": "random:"}, "write random:N with a number"),
        ({"texts": "random:0"}, "write random:N with a number"),
        ({"texts": "random:-3"}, "write random:N with a number"),
        ({"texts": "neighbours:many"}, "write neighbours:N with a number"),
        ({"texts": "none.jsonl"}, "there is no such file"),
        ({"texts": "random:9", "texts_words": "9-3"}, "write the least and the greatest number"),
        ({"texts": "random:9", "form": "regression"}, "each gets one class by the teacher"),
        ({"texts": "random:9", "teacher": "train"}, "is made from the labels"),
        ({"texts": "random:9", "teacher": "few:hf:x"}, "is made from the labels"),
        ({"texts": "random:9", "teacher": "store:x"}, "knows the texts in its store alone"),
        ({"texts": "random:9", "teacher": "openai:a@http://b/v1"}, "tells none"),
        ({"texts": "random:9", "baseline": "tfidf"}, "learns from labels"),
        ({"texts": "random:9", "fold": "1/5"}, "folds of the training texts"),
        ({"texts": "random:9", "augment_model": "x"}, "it makes texts with --texts neighbours"),
        ({"texts": "neighbours:9"}, "there is nothing to start from"),
        ({"texts": "neighbours:9", "classes": "none.toml"}, "none.toml"),
        ({"texts": "random:9", "test": "none.jsonl"}, "no file none.jsonl"),
    ],
)
def test_what_is_refused(making, tmp_path, settings, sentence):
    with pytest.raises(UserError) as caught:
        making(**settings)
    assert sentence in str(caught.value)
    assert not list(tmp_path.glob("runs/targets/*/made.json"))
