"""What must hold of every task: the same questions for all of them."""

import functools
import json

import numpy as np
import pytest

from tests.tasks.cases import PERFECT, ROWS, TEXTS, name_of, tasks
from tfkd import UserError
from tfkd.data import Schema
from tfkd.data.label_heads import find_classes_by_head
from tfkd.data.labels import classes_from_data
from tfkd.text import learn
from tfkd.text.decoding import FullPasses, write
from tfkd.text.words import DECODER_IDS, IDS, count_units

TASKS = [pytest.param(task, id=name_of(task)) for task in tasks()]


VOCABULARY = 80


@pytest.fixture(scope="module")
def encoder():
    return learn([" ".join(TEXTS)] * 9, vocab_size=VOCABULARY, max_length=24)


def examples_and_schema(task):
    rows = [task.example(row, f"row {i}") for i, row in enumerate(ROWS[name_of(task)], 1)]
    keys = sorted({key for row in rows for key in task.label_keys(row)})
    ids = {key: i for i, key in enumerate(keys)}
    if task.heads:
        seen = dict.fromkeys(keys, "rows")
        ids = find_classes_by_head(task.heads, seen, "rows", classes_from_data).ids
    examples = [task.with_ids(row, ids) for row in rows]
    return examples, task.complete_schema(task.schema(tuple(keys)), examples)


def sizes(task, schema, row):
    """The shape of each output of a row by name."""
    # 0 stands for any number, as of the pieces of a vocabulary.
    return {
        name: [count_units(row) if axis is None else axis or VOCABULARY for axis in shape]
        for name, shape in task.output_shapes(schema).items()
    }


class Model:
    """A model that a task asks: one that only runs, and writes by that."""

    def __init__(self, task, run, encoder):
        self.inputs, self.run, self.encoder = task.inputs, run, encoder

    def write(self, rows, decoding, *, advance=lambda done: None):
        passes = FullPasses(self.run, self.encoder, self.inputs)
        return write(passes, rows, decoding, self.encoder.decode)


def ask(task, run, encoder, rows, schema):
    return task.ask(Model(task, run, encoder), rows, task.quick_schema(schema))


def perfect_writer(rows):
    """A model that knows what is to be written for each source."""
    known = {tuple(row[IDS]): row["labels"] for example in rows for row in example}

    def run(rows):
        outputs = []
        for row in rows:
            right = known[tuple(row[IDS])]
            written = [right[min(i, len(right) - 1)] for i in range(len(row[DECODER_IDS]))]
            outputs.append({"logits": 20.0 * np.eye(VOCABULARY)[written]})
        return outputs

    return run


def perfect(task, schema, rows):
    """A model that knows the labels of its rows: every output is the label, very surely."""
    if DECODER_IDS in task.inputs:
        return perfect_writer(rows)

    def run(rows):
        outputs = []
        for row in rows:
            of_row = {}
            for name, shape in sizes(task, schema, row).items():
                head = name.rpartition(".")[0]
                labels = np.asarray(row[f"labels.{head}" if head else "labels"])
                if name in PERFECT:
                    of_row[name] = PERFECT[name](row, shape[-1])
                    continue
                known = np.maximum(labels, 0)
                of_row[name] = {
                    "multiclass": lambda known=known, size=shape[-1]: 20.0 * np.eye(size)[known],
                    "multilabel": lambda known=known: 40.0 * known - 20.0,
                    "regression": lambda labels=labels: labels.reshape(1),
                }[task.form_of(name)]()
            outputs.append(of_row)
        return outputs

    return run


def noisy(task, schema, seed=0):
    """A model whose answers depend on what it reads of a row alone."""

    def run(rows):
        outputs = []
        for row in rows:
            ids = [int(each) for each in np.ravel(row[task.inputs[0]])]
            draw = np.random.default_rng([seed, *ids])
            shapes = sizes(task, schema, row).items()
            outputs.append({name: draw.normal(size=size) for name, size in shapes})
        return outputs

    return run


@pytest.mark.parametrize("task", [each for each in TASKS if each.values[0].prompted])
def test_what_a_language_model_is_shown_knows_the_texts_of_a_file(task):
    """By these `tfkd select` knows what is answered; names such as "Text: " are in no file."""
    for row in ROWS[name_of(task)]:
        texts = [row[role] for role, c in task.columns.items() if c.kind == "text" and role in row]
        shown = task.prompted(task).show(task.example(row, "row 1"))
        assert shown.plain == " ".join(texts or row["tokens"])
        assert shown.plain != shown


@pytest.mark.parametrize("task", TASKS)
def test_a_perfect_model_scores_one(task, encoder):
    """A label that is shifted by one row on its way costs half of the score, and says nothing."""
    examples, schema = examples_and_schema(task)
    rows = task.encode(examples, encoder, schema)
    assert len(rows) == len(examples)
    assert all(rows)
    answers = ask(task, perfect(task, schema, rows), encoder, rows, schema)
    scores = task.score(answers, examples)
    assert list(scores) == list(task.measures)
    assert scores[next(iter(task.measures))] == pytest.approx(1.0)
    np.testing.assert_allclose(task.per_example(answers, examples), 1.0, atol=1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_answers_belong_to_their_examples(task, encoder):
    """Another order of the examples is the same order of the answers."""
    examples, schema = examples_and_schema(task)
    order = [3, 0, 4, 2, 1]
    run = noisy(task, schema)
    answers = task.answers(run, task.encode(examples, encoder, schema), schema)
    shuffled = [examples[i] for i in order]
    again = task.answers(run, task.encode(shuffled, encoder, schema), schema)
    assert [answers[i] for i in order] == again
    one_by_one = [
        task.answers(run, task.encode([each], encoder, schema), schema)[0] for each in examples
    ]
    assert one_by_one == answers


@pytest.mark.parametrize("task", TASKS)
def test_stored_outputs_give_the_same_answers(task, encoder):
    """`answer` of one example's outputs is what `answers` says of it."""
    examples, schema = examples_and_schema(task)
    run, rows = noisy(task, schema), task.encode(examples, encoder, schema)
    answers = task.answers(run, rows, schema)
    assert [task.answer(run(each), each, schema) for each in rows] == answers


@pytest.mark.parametrize("task", TASKS)
def test_same_is_true_of_equal_answers_and_false_of_others(task, encoder):
    examples, schema = examples_and_schema(task)
    rows = task.encode(examples, encoder, schema)
    ours, theirs = (task.answers(noisy(task, schema, seed), rows, schema) for seed in (0, 1))
    assert task.same(ours, ours).all()
    assert not task.same(ours, theirs).all()


@pytest.mark.parametrize("task", TASKS)
def test_the_schema_survives_json(task):
    _, schema = examples_and_schema(task)
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@pytest.mark.parametrize("task", TASKS)
def test_an_answer_is_json_and_a_line(task, encoder):
    examples, schema = examples_and_schema(task)
    answers = task.answers(noisy(task, schema), task.encode(examples, encoder, schema), schema)
    assert json.loads(json.dumps(task.to_json(answers[0])))
    assert "\n" not in task.line(answers[0], examples[0])


def without_label(task, example):
    """The same example as a row without a label gives it."""
    roles = {role for role, column in task.columns.items() if not column.required}
    return type(example)({**example, **dict.fromkeys(roles & example.keys())})


@pytest.mark.parametrize("task", TASKS)
def test_unlabelled_examples_are_not_scored(task, encoder):
    """-100 taken for a class is a wrong answer of everybody."""
    if all(column.required for column in task.columns.values()):
        pytest.skip("no example of this task is without a label")
    examples, schema = examples_and_schema(task)
    unlabelled = [task.with_ids(without_label(task, example), {}) for example in examples]
    assert not any(map(task.is_labelled, unlabelled))
    rows = task.encode(examples, encoder, schema)
    answers = ask(task, perfect(task, schema, rows), encoder, rows, schema)
    scores = task.score([*answers, *answers], [*examples, *unlabelled])
    assert scores[next(iter(task.measures))] == pytest.approx(1.0)
    assert np.isnan(task.per_example(answers, unlabelled)).all()
    with pytest.raises(UserError, match="label"):
        task.score(answers, unlabelled)


@pytest.fixture(scope="module")
def student_of(encoder):
    """An untrained student of a task, as a model of rows; made once."""
    from tfkd.models.array_model import model_of
    from tfkd.students import build_for, names_for

    @functools.cache
    def student_of(task):
        _, schema = examples_and_schema(task)
        names = names_for(task)
        if not names:
            pytest.skip("no student of ours learns it")
        name = "text_cnn" if "text_cnn" in names else names[0]
        model = build_for(task, schema, name, encoder.vocab_size, "tiny", seed=1)
        shapes = task.output_shapes(schema)
        own = task.own_encoder() or encoder
        return model_of(own)(model, own, schema.labels, shapes=shapes)

    return student_of


@pytest.mark.parametrize("task", TASKS)
def test_padding_changes_no_answer(task, encoder, student_of):
    """A row answers the same on its own as in a batch that pads it."""
    examples, schema = examples_and_schema(task)
    rows, model = task.encode(examples, encoder, schema), student_of(task)
    together = model.run([row for example in rows for row in example])
    alone = [model.run([row])[0] for example in rows for row in example]
    for name in task.outputs:
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_allclose(one[name], other[name], atol=1e-5)
    assert task.same(
        task.answers(model.run, rows, schema), task.answers(model.run, rows, schema)
    ).all()


@pytest.mark.parametrize("task", TASKS)
def test_the_file_answers_as_the_student_does(task, encoder, student_of, tmp_path):
    """What is shipped is what was scored, for every task."""
    from tfkd import export
    from tfkd.runtime import load

    if task.writes:
        pytest.skip("a file that writes is compared token by token, in the tests of the export")
    examples, schema = examples_and_schema(task)
    model, path = student_of(task), tmp_path / "student.tflite"
    export(model.model, path, encoder=model.encoder, task=task, schema=schema, check=examples)
    predictor = load(path, task=task)
    rows = task.encode(examples, encoder, schema)
    ours = task.answers(model.run, rows, schema)
    assert task.same(ours, task.answers(predictor.run, rows, schema)).all()
    assert task.same(ours, predictor.predict(examples)).all()
