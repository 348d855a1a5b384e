"""Heads for words and for answers in Hugging Face folders, and folders with another head."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hugging_face_folders import ODD, OTHER_HEADS, model, state, table_of_heads
from tiny_bert import checkpoint

from tfkd import load_teacher, students, tasks
from tfkd.errors import UserError
from tfkd.models.hugging_face_encoders import load_encoder
from tfkd.tasks import Task

pytest.importorskip("transformers")
TAGS = ("O", "B-PER", "I-PER", "B-LOC")
TEXTS = [text for text in ODD[:8] if "\0" not in text and text.strip()]


class Tagging(Task):
    name, features, hugging_face = "tagging", "tokens", "ForTokenClassification"

    def output_shapes(self, schema):
        return {"logits": (None, len(schema.labels))}


class Answering(Task):
    name, features, hugging_face = "answering", "tokens", "ForQuestionAnswering"
    inputs = ("input_ids", "token_type_ids")

    def output_shapes(self, schema):
        return {"logits": (2, None)}


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A classifier of texts."""
    return checkpoint(tmp_path_factory.mktemp("bert"))


TASKS = {"words": (Tagging(), TAGS), "answers": (Answering(), ("a", "b"))}


def folder_of(kind, task, labels, path):
    model(kind, path, labels, head=task.hugging_face)
    return path


def own_outputs(path, task, encoder):
    """What the library's own model says of each text: [tokens, classes], or [2, tokens]."""
    import transformers

    made = getattr(transformers, f"TFAutoModel{task.hugging_face}").from_pretrained(str(path))
    found = []
    for ids in encoder.encode_many(TEXTS):
        mask = np.ones((1, len(ids)), "int32")
        out = made(input_ids=np.array([ids], "int32"), attention_mask=mask)
        spans = "start_logits" in out
        found.append(np.stack([out.start_logits[0], out.end_logits[0]]) if spans else out.logits[0])
    return [np.asarray(each) for each in found]


@pytest.mark.slow_but_one
@pytest.mark.filterwarnings("ignore:.*torch.jit.script")
@pytest.mark.parametrize("wanted", list(TASKS))
@pytest.mark.parametrize("kind", list(OTHER_HEADS))
def test_each_token_is_that_of_the_library(kind, wanted, tmp_path):
    """A head left at random, or on the vector of the whole text; padding that is an answer."""
    task, labels = TASKS[wanted]
    path = folder_of(kind, task, labels, tmp_path / kind)
    expected = None
    for route in OTHER_HEADS[kind]:
        if route == "torch" and not importlib.util.find_spec("torch"):
            continue
        teacher = load_teacher(f"{route}:{path}", task=task)
        assert teacher.labels == (TAGS if wanted == "words" else ())
        expected = expected or own_outputs(path, task, teacher.encoder)
        rows = [{"input_ids": ids} for ids in teacher.encoder.encode_many(TEXTS)]
        for mine, theirs in zip(teacher.run(rows), expected, strict=True):
            np.testing.assert_allclose(mine["logits"], theirs, atol=3e-4)
    assert np.concatenate([each.ravel() for each in expected]).std() > 0.05


@pytest.mark.parametrize("route", ["hf", "hub", "tf"])
@pytest.mark.parametrize("wanted", list(TASKS))
def test_a_folder_with_the_head_of_another_task(bert, route, wanted):
    """A classifier of texts and one of words have a weight of one name: 0 warnings, all wrong."""
    task, _ = TASKS[wanted]
    with pytest.raises(UserError, match=f"is a BertForSequenceClassification.*{task.hugging_face}"):
        load_teacher(f"{route}:{bert}", task=task)


@pytest.mark.parametrize("name", ["BertForTokenClassification", "BertForQuestionAnswering"])
def test_a_folder_for_words_is_no_classifier(tmp_path, name):
    path = checkpoint(tmp_path, architectures=[name])
    with pytest.raises(UserError, match=f"is a {name}, which gives .* train:hf:"):
        load_teacher(f"hf:{path}")


@pytest.mark.parametrize("route", ["hf", "hub", "tf"])
@pytest.mark.parametrize("wanted", list(TASKS))
def test_an_encoder_alone(tmp_path, route, wanted):
    """A head at random is a teacher at chance."""
    path = checkpoint(tmp_path, head=False, architectures=["BertModel"])
    with pytest.raises(UserError, match=r"has no head for \w+ \(no .*train:hf:"):
        load_teacher(f"{route}:{path}", task=TASKS[wanted][0])


def test_another_number_of_names_than_of_classes(tmp_path):
    path = checkpoint(tmp_path, architectures=["BertForTokenClassification"], classes=3)
    state(path, "config.json", id2label={"0": "O", "1": "B-PER"})
    with pytest.raises(UserError, match="has 3 classes and 2 names"):
        load_teacher(f"hub:{path}", task=TASKS["words"][0])


@pytest.mark.parametrize("name", ["token-classification", "question-answering"])
def test_a_folders_own_head_is_the_start_of_a_fine_tuning(tmp_path, name):
    """A head for the same classes that is thrown away, with what it has learnt."""
    task, labels = tasks.find(name), ("O", "B-PER", "I-PER")
    answers = task.hugging_face.endswith("Answering")
    path = checkpoint(tmp_path, classes=2 if answers else 3, answers=answers)
    encoder = load_encoder(path, task.hugging_face)
    model = students.build_on_encoder(encoder, task, task.schema(labels))
    kernel, bias = encoder.head[-1]
    heads = [layer.get_weights() for layer in model.layers if layer.name in ("logits", "spans")]
    assert len(heads) == 1
    np.testing.assert_array_equal(heads[0][0], kernel)
    np.testing.assert_array_equal(heads[0][1], bias)


def test_a_task_that_hugging_face_has_no_model_for(bert):
    class Own(Task):
        name = "own"

    with pytest.raises(UserError, match="no model of Hugging Face's has the outputs of this task"):
        load_teacher(f"hf:{bert}", task=Own())


def test_the_table_in_the_docs_is_this_one():
    """What it says is what the test above has tried."""
    docs = Path(__file__).resolve().parents[2] / "docs" / "teachers.md"
    assert table_of_heads() in docs.read_text(encoding="utf-8")
