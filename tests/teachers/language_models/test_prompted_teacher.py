"""What asking a language model for classes takes at most is never passed."""

import contextlib
from pathlib import Path

import pytest
from language_models_stub import Stub, serving

from tfkd.teachers.language_models.class_asker import Manner
from tfkd.teachers.language_models.class_guide import ClassGuide
from tfkd.teachers.language_models.prompt_settings import PromptSettings
from tfkd.teachers.language_models.prompted_teacher import PromptedTeacher
from tfkd.teachers.language_models.spending import OutOfMoney, Prices, most_tokens

TEXTS = [f"text {number}, naïve" for number in range(12)]
NAMES = tuple(f"class {number:02d}" for number in range(45))
DESCRIBED = tuple(f"what is said of number {number}, at some length" for number in range(45))
GUIDE = ClassGuide(NAMES, DESCRIBED, "Which one?", (("shown", NAMES[3]), ("too", NAMES[40])))
FEW = ClassGuide(NAMES[:3], DESCRIBED[:3])


def first_letter(text, options):
    return {"A": 1.0}


def evenly(text, options):
    return dict.fromkeys(options, 1 / len(options))


@pytest.fixture
def teaching(tmp_path):
    """Build teachers that ask one server, and keep their answers in one folder."""
    with contextlib.ExitStack() as opened:

        def build(stub, guide, *, most_calls=float("inf"), **manner):
            if not stub.url:
                opened.enter_context(serving(stub))
            settings = PromptSettings(
                Path("not-read.toml"),
                folder=tmp_path / "answers",
                prices=Prices(1e3, 1e3, most_calls=most_calls),
                manner=Manner(**manner),
            )
            return PromptedTeacher(f"openai:small@{stub.url}", guide, settings)

        yield build


@pytest.mark.parametrize("logprobs", [True, False], ids=["chances", "letters"])
@pytest.mark.parametrize("answer", [first_letter, evenly])
@pytest.mark.parametrize("guide", [GUIDE, FEW], ids=["groups", "few classes"])
@pytest.mark.parametrize("manner", [{}, {"votes": 3}, {"orders": 2}], ids=["", "votes", "orders"])
def test_an_estimate_is_never_passed(teaching, logprobs, answer, guide, manner):
    """A bill of twice what a dry run said: of many classes, several groups are looked into."""
    # A server that counts no tokens costs what was kept ready: the most that a call can have.
    stub = Stub(answer, logprobs=logprobs, usage=False)
    teacher = teaching(stub, guide, **manner)
    said = teacher.estimate(TEXTS)
    assert all(each is not None for each in teacher.ask(TEXTS))
    assert teacher.spending.calls <= said.calls
    assert teacher.spending.cost <= said.cost
    assert sum(most_tokens(body["messages"]) for body in stub.bodies) <= said.tokens
    assert teacher.estimate(TEXTS).calls == 0


def test_an_estimate_is_reached_where_all_groups_are_looked_into(teaching):
    """A bound that no server comes near says nothing."""
    stub = Stub(evenly)
    teacher = teaching(stub, GUIDE)
    said = teacher.estimate(TEXTS)
    teacher.ask(TEXTS)
    # One call more is kept for a server that tells no probabilities.
    assert teacher.spending.calls == said.calls - 1 == len(TEXTS) * 4


@pytest.mark.parametrize("most_calls", [1, 2, 6, 7])
def test_a_text_that_is_half_asked_is_not_known(teaching, most_calls):
    """Calls that a resumed command makes, and its dry run knows nothing of."""
    stub = Stub(evenly)
    stopped = teaching(stub, GUIDE, most_calls=most_calls, at_once=1)
    with pytest.raises(OutOfMoney):
        stopped.ask(TEXTS)
    teacher = teaching(stub, GUIDE)
    said, before = teacher.estimate(TEXTS), teacher.spending.calls
    assert said.texts == len(TEXTS) - most_calls // 4
    teacher.ask(TEXTS)
    assert before < teacher.spending.calls <= before + said.calls
