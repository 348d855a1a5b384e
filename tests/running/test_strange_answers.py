"""What language models answer in place of JSON, or around it: used, or counted, never guessed."""

import json
import re
from functools import partial

import pytest
from answering_settings import facts_of, make_settings, rows_of
from language_models_stub import Stub, serving

from tfkd.running import labelling

GOOD = '{"text": "kurz"}'


@pytest.fixture
def stub():
    with serving(Stub(None, write=lambda text: "{}")) as served:
        yield served


@pytest.fixture
def settings(stub, tmp_path):
    return partial(make_settings, stub, tmp_path)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "it is empty"),
        ("kurz", "it has no JSON object"),
        ('{"text": "ku', "it is no JSON"),
        ('{"summary": "kurz"}', "it has no 'text'"),
        ('{"text": NaN}', "NaN is no number"),
        ('{"text": ["kurz"]}', r"its text is \['kurz'\]"),
        ('{"text": " "}', "its text is ' '"),
        ('{"text": null}', "its text is None"),
        ('{"text": "\\ud800"}', "half a character"),
        ("I'm sorry, but I cannot help with that.", "it has no JSON object .\"I'm sorry"),
        ('["kurz"]', "it has no JSON object"),
        ("{" * 3000, "it is no JSON"),
        (json.dumps({"text": "lang " * 200}), r"cut off at 512 tokens .--answer-tokens"),
    ],
)
def test_strange_answers_are_counted_and_never_guessed(settings, stub, caplog, answer, reason):
    rows = [{"text": "first"}, {"text": "strange"}]

    def write(text):
        return answer if text == "strange" else GOOD

    folder = labelling.label(settings("summarization", rows, write))
    assert [row["text"] for row in rows_of(folder)] == ["first"]
    assert facts_of(folder)["missing"] == 1
    assert re.search(f"1 texts have no answer that can be used .*{reason}", caplog.text)


@pytest.mark.parametrize(
    "answer",
    [
        f"Sure! Here it is:\n```json\n{GOOD}\n```\nAnything else?",
        f"```\n{GOOD}\n```",
        f"<think>perhaps {{}}?</think>\n{GOOD}",
        f"{GOOD}\n\nI hope that helps.",
        '{"text": "  kurz ", "why": "it is"}',
    ],
)
def test_what_stands_around_an_answer_is_left_out(settings, answer):
    folder = labelling.label(settings("summarization", [{"text": "long"}], answer))
    assert rows_of(folder) == [{"text": "long", "summary": "kurz"}]


def test_a_server_without_schemas_is_told_of_once(settings, stub, caplog):
    caplog.set_level("INFO", "tfkd")
    stub.schema = False
    rows = [{"text": f"text {n}"} for n in range(5)]
    folder = labelling.label(settings("summarization", rows, GOOD))
    assert len(rows_of(folder)) == 5
    assert caplog.text.count("takes no JSON schema") == 1
    assert ["response_format" in body for body in stub.bodies] == [True] + 5 * [False]
    assert all('"required":["text"]' in body["messages"][0]["content"] for body in stub.bodies)


def test_answers_are_asked_once_and_unread_ones_again(settings, stub):
    rows = [{"text": "first"}, {"text": "strange"}]
    config = settings("summarization", rows, lambda text: GOOD if text == "first" else "no")
    labelling.label(config)
    stub.write = lambda text: GOOD
    folder = labelling.label(config)
    assert len(rows_of(folder)) == 2
    assert dict(stub.asked) == {"first": 1, "strange": 2}
