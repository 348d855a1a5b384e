"""A file of any task answers as its student does, by the task alone."""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers, ops

from tests.tasks.toy import LABELS, Parity
from tfkd import UserError
from tfkd.data import Column, Example, Schema
from tfkd.exporting import export
from tfkd.runtime import Classifier, Predictor, load
from tfkd.runtime.interpreter import LiteRT
from tfkd.runtime.zip_tail import pack, unpack
from tfkd.tasks import Measure, Task
from tfkd.text import learn

TOY = "tests.tasks.toy:Parity"
TEXTS = ["a good film", "a bad film, and not a good one", "film", "a film " * 30, "not bad"]


class Tags(Task):
    """A class for each token, and a number for each text: two outputs, of two inputs."""

    name = "tests-tags"
    columns: ClassVar[Mapping[str, Column]] = {
        "first": Column("first"),
        "weight": Column("weight", kind="number"),
    }
    measures: ClassVar[Mapping[str, Measure]] = {"right": Measure("right")}
    defaults: ClassVar[Mapping[str, Any]] = {"stride": 3}
    inputs = ("input_ids", "weight")
    outputs = ("tags", "number")

    def encode(self, examples, encoder, schema):
        ids = encoder.encode_many([example["first"] for example in examples])
        return [
            [{"input_ids": row, "weight": [example["weight"]]}]
            for row, example in zip(ids, examples, strict=True)
        ]

    def output_shapes(self, schema):
        return {"tags": (None, len(schema.labels)), "number": (1,)}

    def answer(self, outputs, rows, schema):
        ((row,), (output,)) = rows, outputs
        assert output["tags"].shape == (len(row["input_ids"]), len(schema.labels))
        return tuple(output["tags"].argmax(-1).tolist()), round(float(output["number"][0]), 3)

    def score(self, answers, examples):
        return {"right": 1.0}

    def is_labelled(self, example):
        return False


def student(classes=2):
    keras.utils.set_random_seed(3)
    tokens = keras.Input((None,), dtype="int32", name="input_ids")
    keep = ops.expand_dims(ops.cast(ops.not_equal(tokens, 0), "float32"), -1)
    x = layers.Embedding(60, 8)(tokens) * keep
    x = layers.Conv1D(8, 3, padding="same", activation="relu")(x) * keep
    return keras.Model(tokens, layers.Dense(classes, kernel_initializer="normal")(ops.max(x, 1)))


def tagger():
    keras.utils.set_random_seed(3)
    tokens = keras.Input((None,), dtype="int32", name="input_ids")
    weight = keras.Input((1,), name="weight")
    x = layers.Embedding(60, 8)(tokens)
    outputs = {"tags": layers.Dense(3)(x), "number": weight * 2 + 1}
    return keras.Model({"input_ids": tokens, "weight": weight}, outputs)


@pytest.fixture(scope="module")
def encoder():
    return learn(
        ["a good film and a bad film", "not a good one"] * 20, vocab_size=60, max_length=32
    )


@pytest.fixture(scope="module")
def file(encoder, tmp_path_factory):
    path = tmp_path_factory.mktemp("toy") / "toy.tflite"
    task = Parity({"least": 2})
    made = export(student(), path, encoder=encoder, task=task, schema=task.schema(()), check=TEXTS)
    assert (made.checked, set(made.scores)) == (len(TEXTS), {"both", "halves"})
    assert made.score == made.scores["both"] == made.keras_score
    return path


def test_a_task_of_nobodys_answers_from_its_file(file, encoder):
    """A runtime that knows classes of texts alone, or takes two rows for two examples."""
    predictor = load(file, task=TOY)
    assert isinstance(predictor, Predictor)
    assert predictor.labels == LABELS
    assert predictor.task.settings == {"least": 2}
    task, model = Parity(), student()

    def run(rows):
        return [{"logits": np.asarray(model(np.array([row["input_ids"]])))[0]} for row in rows]

    examples = [Example(text=text) for text in TEXTS]
    expected = task.answers(run, task.encode(examples, encoder, task.schema(())), predictor.schema)
    assert predictor.predict(TEXTS) == expected
    assert predictor.predict(examples[::-1]) == expected[::-1]
    assert predictor.predict([]) == []


@pytest.mark.parametrize("threads", [0, -2])
def test_no_threads_are_no_damage(file, threads):
    """A file that is told to be damaged, and is whole."""
    with pytest.raises(UserError, match=rf"^threads is {threads}: write at least 1\.$"):
        load(file, threads=threads)


def test_threads_take_turns(file):
    """An interpreter has one set of tensors: one thread got the answer to another's text."""
    model = LiteRT(file)
    both = (model._serve, model.signature("serve"))
    runner, running, met = both[0].runner, [], []

    def run(**feed):
        running.append(1)
        time.sleep(0.002)
        met.append(len(running))
        running.pop()
        return runner(**feed)

    for signature in both:
        signature.runner = run
    feed = {"input_ids": np.array([[2, 5, 3]], "int32")}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: both[number % 2](feed)["logits"], range(24)))
    assert set(met) == {1}
    np.testing.assert_array_equal(answers, [answers[0]] * 24)


def test_only_who_names_the_task_of_a_file_lets_it_be_imported(file):
    """A file that chooses what code runs."""
    with pytest.raises(UserError, match=r"which is not installed: .* give task='tests.tasks.toy"):
        load(file)
    with pytest.raises(UserError, match="which is not installed"):
        Classifier(file)
    with pytest.raises(UserError, match=r"is for the task tests.*, and task is text-class"):
        load(file, task="text-classification")
    assert load(file, task=Parity()).task.settings == {"least": 2}


def test_the_classifier_refuses_other_files(file, monkeypatch):
    """Probabilities of nothing."""
    from tfkd.tasks import _registry

    monkeypatch.setattr(_registry, "registered", lambda: {**_registry.TASKS, TOY: TOY})
    with pytest.raises(UserError, match=r"reads text-class.* and multi-.*: open it with"):
        Classifier(file)


def test_several_inputs_and_outputs(encoder, tmp_path):
    """Outputs of padding, of another input, or the first one alone."""
    path, schema = tmp_path / "tags.tflite", Schema(("a", "b", "c"), {"stride": 2})
    check = [Example(first=text, weight=i / 4) for i, text in enumerate(TEXTS)]
    made = export(tagger(), path, encoder=encoder, task=Tags(), schema=schema, check=check)
    assert (made.checked, made.score) == (len(TEXTS), None)
    settings = json.loads(unpack(path.read_bytes())["tfkd.json"])
    assert settings["schema"] == {"labels": ["a", "b", "c"], "settings": {"stride": 2}}
    assert set(settings["inputs"]) == {"input_ids", "weight"}
    predictor = load(path, task=Tags())
    for example, (tags, number) in zip(check, predictor.predict(check), strict=True):
        assert len(tags) == len(encoder.encode(example["first"]))
        assert number == pytest.approx(2 * example["weight"] + 1)
    with pytest.raises(UserError, match="example 0 is 'a text': give a dict with first, weight"):
        predictor.predict(["a text"])
    with pytest.raises(UserError, match="example 1 has no weight"):
        predictor.predict([check[0], {"first": "a"}])
    with pytest.raises(UserError, match="give `check`, a list of examples"):
        export(tagger(), path, encoder=encoder, task=Tags(), schema=schema)


@pytest.mark.parametrize("quantize", ["int8"])
def test_a_gate_that_looks_at_answers(encoder, tmp_path, monkeypatch, quantize):
    """A second output that is another one, where the first one is right."""
    from tfkd.exporting import formats

    plain = formats.LiteRT.__call__

    def other(self, feed):
        outputs = plain(self, feed)
        return outputs | {"number": outputs["number"] + 1}

    monkeypatch.setattr(formats.LiteRT, "__call__", other)
    check = [Example(first=text, weight=0.5) for text in TEXTS]
    schema = Schema(("a", "b", "c"))
    with pytest.raises(UserError, match="does not compute what the student computes"):
        export(
            tagger(),
            tmp_path / "a.tflite",
            encoder=encoder,
            task=Tags(),
            schema=schema,
            check=check,
            quantize=quantize,
        )


def test_a_schema_of_other_classes(encoder, tmp_path):
    """Names of classes that the student does not have."""
    with pytest.raises(UserError, match=r"3 labels came for a student whose output logits"):
        export(
            student(),
            tmp_path / "a.tflite",
            encoder=encoder,
            task="text-classification",
            schema=Schema(("a", "b", "c")),
        )


def test_a_file_without_its_settings_is_no_file_of_a_task(file, tmp_path):
    """A key error."""
    content = file.read_bytes()
    files = unpack(content)
    settings = json.loads(files["tfkd.json"])
    del settings["model"]
    files["tfkd.json"] = json.dumps(settings | {"outputs": {"other": {"name": "logits"}}})
    (tmp_path / "a.tflite").write_bytes(pack(content[: content.index(b"PK\x03\x04")], files))
    with pytest.raises(UserError, match=r"answers logits, and the task .* needs logits: .*damaged"):
        load(tmp_path / "a.tflite", task=TOY)


@pytest.mark.parametrize("command", [("predict", "a good film"), ("bench",)])
def test_the_commands_never_ask_more_than_the_name(file, capsys, monkeypatch, command):
    """A command that reads texts with one class alone, or code that a file chose."""
    from tfkd.cli import main
    from tfkd.runtime import bench

    monkeypatch.setattr(bench, "STARTS", 1)
    monkeypatch.setattr(bench, "REPEATS", 1)
    name, *texts = command
    assert main([name, str(file), *texts]) == 2
    assert "on the command line --task" in capsys.readouterr().err
    assert main([name, str(file), "--task", TOY, *texts]) == 0
    answer = load(file, task=TOY).predict(["a good film"])[0]
    printed = capsys.readouterr().out
    assert printed == f"{answer}  a good film\n" if texts else "toy.tflite" in printed


def test_predict_reads_the_columns_of_the_task(file, capsys, monkeypatch):
    """Answers to another column, or to none."""
    from tfkd.cli import main

    lines = [json.dumps({"id": 7, "body": "a good film"}) + "\n"]
    command = ["predict", str(file), "--task", TOY, "--jsonl"]
    monkeypatch.setattr("sys.stdin", iter(lines))
    assert main([*command, "--column", "text=body"]) == 0
    answer = list(load(file, task=TOY).predict(["a good film"])[0])
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"id": 7, "body": "a good film", "answer": answer}
    for flag, words in (("body=text", "has text"), ("text", "write ROLE=NAME")):
        monkeypatch.setattr("sys.stdin", iter(lines))
        assert main([*command, "--column", flag]) == 2
        assert words in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", iter(lines))
    assert main(command) == 2
    assert 'line 1 of stdin has no text: give {"text"' in capsys.readouterr().err
