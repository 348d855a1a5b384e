"""The recipe of a service desk, from a file of chats to replies, and desks that cannot be made."""

import json
import tomllib

import numpy as np
import pytest
from tiny_bert import checkpoint

from tfkd.errors import UserError
from tfkd.running import recipes
from tfkd.running.desk_making import check_desk, choose_threshold
from tfkd.running.part_settings import read_parts
from tfkd.runtime import ServiceDesk

GOODS = ("shoes", "a hat", "the bag", "my coat", "one shirt", "two ties", "a belt", "socks")
ANSWERS = {"return_it": "Send it back to us.", "find_it": "It is on its way.", "oos": "Sorry."}
TINY = (
    *("--student", "static:tiny", "--epochs", "1", "--vocab-size", "200", "--max-length", "16"),
    *("--teacher-epochs", "1", "--quantize", "float32", "--no-alone"),
)
TABLES = recipes.tables("service-desk")


def write_chats(path, names=("text", "intent", "response")):
    asked = {"return_it": "I do not want {}, number {}", "find_it": "where did {} go, number {}"}
    asked["oos"] = "who wears {} on day {}"
    rows = [
        (question.format(GOODS[n % 8], n), intent, f"{ANSWERS[intent]} It is about {GOODS[n % 8]}.")
        for n in range(30)
        for intent, question in asked.items()
    ]
    lines = (json.dumps(dict(zip(names, row, strict=False))) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with chats and the desk that one command made of them."""
    from run_fixtures import call

    room = tmp_path_factory.mktemp("shop")
    write_chats(room / "chats.jsonl", ("question", "intent", "response"))
    encoder = checkpoint(room / "encoder", classes=0)
    command = (
        "distill",
        "chats.jsonl",
        "--recipe",
        "service-desk",
        "--column",
        "question=question",
    )
    command += (*TINY, "--no-alone", "--teacher", f"hf:{encoder}", "--to", "desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        assert call(*command) == 0
    return room, command


def test_one_command_makes_a_desk(made):
    """An index of the questions alone, a file without a threshold, or no reply at all."""
    desk = ServiceDesk.load(made[0] / "desk")
    reply = desk.reply("where did my coat go")
    assert reply.intent in ANSWERS
    assert desk.unknown == ("oos",)
    assert 0 < desk.intents.ask_below < 1
    assert len(reply.answers) == 3
    assert all(
        answer.text.endswith(tuple(f"{good}." for good in GOODS)) for answer in reply.answers
    )
    assert len(desk.index) == 90
    report = json.loads((made[0] / "desk/answers/report.json").read_text())
    assert {"mrr", "recall@5"} <= set(report["rows"][0]["scores"])


def test_a_finished_desk_is_left_alone(made, monkeypatch, contents):
    """Files with another digest than the index, made by giving the command twice."""
    from run_fixtures import call

    monkeypatch.chdir(made[0])
    before = contents(made[0] / "desk")
    assert call(*made[1]) == 0
    after = contents(made[0] / "desk")
    assert {name for name in before if before[name] != after[name]} <= {".lock"} | {
        f"{part}/.lock" for part in ("intents", "answers")
    }


def test_the_threshold_is_the_higher_of_two():
    """Wrong intents that are given, or nothing refused where all of them are right."""
    confidence, approx = np.linspace(1, 0, 101), pytest.approx
    sure = confidence >= 0.8
    assert choose_threshold(confidence, sure, least_right=1.0, kept=0.95) == approx(0.81)
    assert choose_threshold(confidence, sure, least_right=1.0, kept=1.0) == approx(0.8)
    everything = np.ones(101, bool)
    assert choose_threshold(confidence, everything, least_right=0.9, kept=0.95) == approx(0.05)
    first_wrong = confidence < 1
    assert choose_threshold(confidence, first_wrong, least_right=1.0, kept=0.9) == 1.0


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("text", "intent", "reply"), "response"),
        (("text", "topic", "response"), "intent"),
        (("query", "intent", "response"), "text"),
    ],
)
def test_columns_that_are_missing(names, words, made, workplace, tmp_path, refused):
    """Found behind the training of the first part."""
    write_chats(tmp_path / "chats.jsonl", names)
    command = ("distill", "chats.jsonl", "--recipe", "service-desk", "--teacher")
    command += (f"hf:{made[0] / 'encoder'}",)
    assert words in refused(*command, "--to", "desk")
    assert not (tmp_path / "desk").exists()


def test_one_intent_is_no_choice(made, workplace, tmp_path, refused):
    """A desk that always says the same."""
    rows = [{"text": f"is it {n}", "intent": "ask", "response": f"it is {n}"} for n in range(60)]
    (tmp_path / "chats.jsonl").write_text("\n".join(map(json.dumps, rows)))
    command = ("distill", "chats.jsonl", "--recipe", "service-desk", "--teacher")
    command += (f"hf:{made[0] / 'encoder'}",)
    assert "one class only" in refused(*command, "--to", "desk")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"answer": "answers"}, r"\[desk\] has no 'answer'"),
        ({"intents": "intent"}, r"\[desk\] intents is 'intent': write a part"),
        ({"right": 95}, r"\[desk\] right is 95: write a share"),
        ({"shown": 3}, r"\[desk\] shown is 3: write a text"),
    ],
)
def test_tables_that_make_no_desk(changes, words):
    """A typing error, found behind two trainings."""
    tables = tomllib.loads(recipes.read("service-desk"))
    tables["desk"] |= changes
    with pytest.raises(UserError, match=words):
        check_desk(read_parts(tables, {"data": "a.jsonl", "teacher": "hf:a"}, "own"))
