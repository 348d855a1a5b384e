"""Python functions as teachers of tasks that write: what they may return, and what is refused."""

import sys
from types import ModuleType

import pytest

from tfkd import load_teacher
from tfkd.errors import UserError
from tfkd.running.config import make_config
from tfkd.running.teacher_texts import open_written, writer_of
from tfkd.tasks import find
from tfkd.teachers import digest_spec, name_function
from tfkd.teachers.function_texts import WholeTexts
from tfkd.text.decoding import Decoding

TASK = find("translation")
SOURCES = ["the cat sees.", "a dog\0 \U0001f600"]
WRONG = "return for each a text"


def upper(texts):
    return [text.upper() for text in texts]


def scored(texts):
    return ((text.upper(), -0.5) for text in texts)


def several(texts):
    return [[(text, -2), (text.upper(), -1.0)] for text in texts]


def ask(function, sources, many=2):
    teacher = load_teacher(function, task=TASK)
    write = writer_of(teacher, TASK, TASK.schema(()), Decoding(beams=many))
    return write(sources, lambda done: None)


@pytest.mark.parametrize(
    ("function", "score", "count"), [(upper, None, 1), (scored, -0.5, 1), (several, -1.0, 2)]
)
def test_each_form_is_read_best_first(function, score, count):
    found = ask(function, SOURCES)
    assert [each[0].text for each in found] == upper(SOURCES)
    assert {(each[0].score, len(each)) for each in found} == {(score, count)}


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "returned None for 2 texts"),
        ("ab", "returned 'ab' for 2 texts"),
        (["a"], "returned 1 texts for 2, first of 'the cat sees.'"),
        (["a", None], "returned None for 'a dog"),
        (["a", ("b", "c")], WRONG),
        (["a", ["b", "c"]], WRONG),
        (["a", ("b", float("nan"))], WRONG),
        (["a", []], WRONG),
        (["a", 3], WRONG),
        (["a", b"b"], WRONG),
    ],
)
def test_what_is_no_text_is_refused(monkeypatch, returned, says):
    monkeypatch.setitem(sys.modules, "writes_wrong", module := ModuleType("writes_wrong"))
    module.write = lambda texts: returned
    with pytest.raises(UserError, match="python:writes_wrong:write") as error:
        ask("python:writes_wrong:write", SOURCES)
    assert says in str(error.value)


def test_its_own_errors_are_told_with_their_place():
    with pytest.raises(UserError, match=r"raised ZeroDivisionError .*test_function_texts.py, line"):
        ask(divide, SOURCES)


def divide(texts):
    # A generator fails when it is read.
    return (text * (1 // 0) for text in texts)


def test_a_late_failure_loses_nothing(tmp_path, monkeypatch):
    asked = []

    def flaky(texts):
        asked.append(len(texts))
        return upper(texts) if len(asked) != 3 else [None] * len(texts)

    monkeypatch.setattr(flaky, "__module__", __name__)
    monkeypatch.setattr(flaky, "__qualname__", "flaky")
    monkeypatch.setitem(globals(), "flaky", flaky)
    teacher = load_teacher(flaky, task=TASK)
    sources = [f"text {number}" for number in range(200)]
    write = writer_of(teacher, TASK, TASK.schema(()), Decoding())
    # However many beams are asked for: the function does not follow them.
    with pytest.raises(UserError, match="returned None for 'text 128'"):
        open_written(tmp_path, teacher, Decoding()).write(write, sources)
    store = open_written(tmp_path, teacher, Decoding(beams=4))
    assert store.write(write, sources) == 200 - 128
    assert sum(asked) == 200 + 64
    assert store.take(["text 199"])[0][0].text == "TEXT 199"


def test_texts_go_through_ids_whole():
    encoder = WholeTexts()
    texts = [*SOURCES, "", " ", "\ud800"]
    assert [encoder.decode(ids) for ids in encoder.encode_many(texts)] == texts
    assert all(encoder.encode_many(texts))
    assert encoder.decode(encoder.encode_targets(["abc"], 1, mark_cut=True)[0]) == "ab"


def test_another_code_or_mark_is_another_teacher(monkeypatch):
    spec = name_function(upper)
    assert spec == f"python:{__name__}:upper"
    before = digest_spec(spec)
    assert before == digest_spec(spec) != digest_spec(name_function(scored))
    monkeypatch.setattr(upper, "fingerprint", "second", raising=False)
    assert digest_spec(spec) != before


def test_a_function_is_a_setting_by_its_name():
    assert make_config({"data": "x", "teacher": upper}).teacher.source == name_function(upper)
    with pytest.raises(UserError, match="no other process finds by its name"):
        make_config({"data": "x", "teacher": lambda texts: texts})


@pytest.mark.parametrize(
    ("spec", "task", "says"),
    [
        ("python:nowhere.at_all:f", "translation", r"ModuleNotFoundError.*write python:package"),
        (f"python:{__name__}:nothing", "translation", "AttributeError"),
        (f"python:{__name__}:SOURCES", "translation", "is of list and no function"),
        (f"python:{__name__}:upper", "text-classification", "asks for numbers: give a model"),
        (f"python:{__name__}:upper", "text-generation", "asks for numbers: give a model"),
    ],
)
def test_what_cannot_be_asked_is_refused(spec, task, says):
    with pytest.raises(UserError, match=says):
        load_teacher(spec, task=find(task))


def test_whole_texts_have_no_length_and_no_outputs():
    with pytest.raises(UserError, match="reads whole texts: leave it out"):
        load_teacher(upper, task=TASK, max_length=9)
    with pytest.raises(UserError, match=r"gives texts alone.*--task-set level=sequence"):
        load_teacher(upper, task=TASK).run([{"input_ids": [5]}])
