"""A student for any task: the task needs to know its own outputs alone."""

from types import SimpleNamespace

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd.errors import UserError
from tfkd.students import STUDENTS, build, build_for, names_for

IDS = np.array([[2, 5, 9, 7, 3], [2, 8, 3, 0, 0]], "int32")
SCHEMA = SimpleNamespace(labels=("person", "place", "none"))


class Toy:
    """One output for each name, with as many numbers as the schema has labels."""

    name, students = "toy", ()

    def __init__(self, features="pooled", outputs=("logits",), students=(), pairs=False):
        self.features, self.outputs, self.students = features, outputs, students
        self.inputs = ("input_ids", "token_type_ids") if pairs else ("input_ids",)

    def student_settings(self, schema):
        return {}

    def head(self, features, schema):
        return {name: features.project(len(schema.labels), name) for name in self.outputs}


def drawn(model, seed=0):
    """The model with all weights at random: n-gram tables begin at zero."""
    rng = np.random.default_rng(seed)
    model.set_weights([0.3 * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("name", STUDENTS)
def test_a_classifier_is_the_student_of_a_task_with_logits(name):
    one = build(name, 60, 3, "tiny", seed=7)
    other = build_for(Toy(), SCHEMA, name, 60, "tiny", seed=7)
    assert (other.name, other.output_names) == (one.name, one.output_names)
    for ours, theirs in zip(other.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", ["ngram_cnn", "text_cnn", "bilstm", "transformer"])
def test_a_vector_for_each_token(name):
    """A tag that changes with the padding is another one in every batch."""
    model = drawn(build_for(Toy("tokens"), SCHEMA, name, 60, "tiny"))
    tags = np.array(model(IDS))
    assert tags.shape == (2, 5, 3)
    alone = np.array(model(IDS[1:, :3]))
    np.testing.assert_allclose(tags[1:, :3], alone, rtol=1e-4, atol=1e-5)
    assert np.abs(tags[0, 0] - tags[0, 1]).max() > 1e-3


@pytest.mark.parametrize("name", STUDENTS)
def test_several_outputs_by_name(name):
    model = drawn(build_for(Toy(outputs=("kind", "place")), SCHEMA, name, 60, "tiny"))
    outputs = model(IDS)
    assert {key: tuple(each.shape) for key, each in outputs.items()} == {
        "kind": (2, 3),
        "place": (2, 3),
    }
    assert np.abs(np.array(outputs["kind"]) - np.array(outputs["place"])).max() > 1e-3


def test_the_seed_holds_for_the_head_too():
    one, other = (build_for(Toy("tokens"), SCHEMA, "bilstm", 60, "tiny", seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.get_weights()[-2], other.get_weights()[-2])


def test_students_that_fit():
    assert names_for(Toy()) == tuple(STUDENTS)
    assert names_for(Toy("tokens")) == (
        "ngram_cnn",
        "text_cnn",
        "bilstm",
        "transformer",
        "bottleneck",
    )
    assert names_for(Toy(students=("bilstm", "text_cnn"))) == ("bilstm", "text_cnn")


def test_a_student_that_has_no_vector_for_a_token():
    with pytest.raises(UserError, match="bag_of_ngrams is no student for toy: write one of ngr"):
        build_for(Toy("tokens"), SCHEMA, "bag_of_ngrams", 60)


def test_a_size_that_there_is_not():
    with pytest.raises(UserError, match="size is 'huge': write one of 'tiny'"):
        build_for(Toy(), SCHEMA, "text_cnn", 60, "huge")


def test_a_student_that_writes_gives_logits_of_all_tokens():
    task = Toy("decoder")
    task.inputs = ("input_ids", "decoder_input_ids")
    task.head = lambda features, schema: {"logits": features.next_tokens(60)}
    assert names_for(task)[0] == "seq2seq"
    model = build_for(task, SCHEMA, "seq2seq", 60, "tiny", seed=1, decoder=2)
    assert model({"input_ids": IDS, "decoder_input_ids": IDS[:, :2]}).shape == (2, 2, 60)
    # One table for source, target and output.
    assert [w.shape for w in model.weights].count((60, 64)) == 1
    task.head = lambda features, schema: {"logits": features.next_tokens(61)}
    with pytest.raises(UserError, match="60 tokens and its task 61"):
        build_for(task, SCHEMA, "seq2seq", 60, "tiny")


def test_a_student_that_writes_is_no_classifier():
    assert "seq2seq" not in names_for(Toy())
    with pytest.raises(UserError, match="no classifier"):
        build("seq2seq", 60, 3)
    with pytest.raises(UserError, match="multiple of heads"):
        build_for(Toy("decoder"), SCHEMA, "seq2seq", 60, "tiny", width=66)
    with pytest.raises(UserError, match="does not write"):
        build_for(writer(), SCHEMA, "transformer", 60, "tiny")


def writer():
    task = Toy()
    task.head = lambda features, schema: {"logits": features.next_tokens()}
    return task
