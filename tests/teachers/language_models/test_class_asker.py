"""A language model asked for classes: distributions, faults, limits, and what is kept."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from language_models_stub import Stub, serving, tokens_of

from tfkd import UserError
from tfkd.teachers.language_models.answer_journal import AnswerJournal
from tfkd.teachers.language_models.class_asker import ClassAsker, Manner
from tfkd.teachers.language_models.class_guide import ClassGuide
from tfkd.teachers.language_models.http_client import ChatClient, Patience
from tfkd.teachers.language_models.server_address import read_address
from tfkd.teachers.language_models.spending import OutOfMoney, Prices, Spending

GUIDE = ClassGuide(("good", "bad", "mixed"), ("praise", "blame", "some of both"))
KEY = "sk-secret-0123456789"
HERE = Path(__file__).parent


def chances_of(text):
    """Probabilities of classes that follow from the text alone."""
    shares = np.random.default_rng(sum(text.encode())).dirichlet(np.ones(len(GUIDE.names)))
    return dict(zip(GUIDE.names, shares.tolist(), strict=True))


def by_text(text, options):
    """90 % for the letters, each as likely as the class that its line names."""
    chances = chances_of(text)
    letters = {letter: chances[line.split(":")[0]] for letter, line in options.items()}
    return {**{letter: 0.9 * chance for letter, chance in letters.items()}, "The": 0.1}


@pytest.fixture
def asking(tmp_path):
    """Build askers of stubs, all closed in the end."""
    with contextlib.ExitStack() as opened:

        def build(stub, folder="answers", *, guide=GUIDE, prices=None, waits=None, **options):
            if not stub.url:
                opened.enter_context(serving(stub))
            patience = options.pop("patience", Patience(5.0, 4, 0.01))
            client = ChatClient(
                read_address(f"small@{stub.url}"),
                Spending(prices or Prices()),
                patience=patience,
                sleep=([] if waits is None else waits).append,
                note=lambda cost: journal.note_call(cost),
            )
            opened.callback(client.close)
            journal = opened.enter_context(AnswerJournal(tmp_path / folder))
            return ClassAsker(client, guide, journal, Manner(**options))

        yield build


def test_distributions_are_those_of_the_letters(asking):
    asker = asking(Stub(by_text))
    texts = [f"text {number}" for number in range(20)]
    for text, found in zip(texts, asker.ask(texts), strict=True):
        np.testing.assert_allclose(found, list(chances_of(text).values()), atol=1e-5)
    np.testing.assert_allclose(asker.tally.outside, 0.1, atol=1e-5)


def test_a_model_that_likes_the_first_letter_is_evened_out_by_two_orders(asking):
    def first(text, options):
        return {letter: 0.7 if letter == "A" else 0.15 for letter in options}

    texts = [f"text {number}" for number in range(8)]
    one = np.array(asking(Stub(first), "one").ask(texts))
    assert len({row.argmax() for row in one}) == 3
    two = np.array(asking(Stub(first), "two", orders=2).ask(texts))
    assert two.max() < 0.5


def test_many_classes_are_asked_in_groups(asking):
    names = tuple(f"class {number:02d}" for number in range(45))
    guide = ClassGuide(names, ("",) * len(names))

    def answer(text, options):
        return {letter: 0.96 if text in line else 0.01 for letter, line in options.items()}

    stub = Stub(answer)
    (found,) = asking(stub, guide=guide).ask(["class 31"])
    assert found.argmax() == 31
    assert found.sum() == pytest.approx(1.0, abs=1e-5)
    assert stub.asked["class 31"] == 2
    assert all(body["messages"][0]["content"].count("\n") <= 21 for body in stub.bodies)


def test_examples_are_shown_with_their_letters(asking):
    guide = ClassGuide(GUIDE.names, GUIDE.descriptions, "How is it?", (("fine", "good"),))
    stub = Stub(by_text)
    asking(stub, guide=guide).ask(["a film"])
    system, shown, letter, asked = stub.bodies[0]["messages"]
    assert system["content"].startswith("How is it?")
    assert f"{letter['content']}: good: praise" in system["content"]
    assert (shown["content"], asked["content"]) == ("Text: fine", "Text: a film")


@pytest.mark.parametrize("fault", ["busy", "broken", "cut", "cut_stream", "wrong_json"])
def test_a_passing_fault_costs_a_try(asking, fault):
    waits = []
    stub = Stub(by_text, [None, fault])
    found = asking(stub, waits=waits, at_once=1).ask(["a", "b"])
    assert all(each is not None for each in found)
    assert stub.asked["b"] == 2
    assert len(waits) == 1
    assert (waits[0] >= 7) == (fault == "busy")


def test_a_server_that_hangs_is_given_up_and_its_text_counted(asking):
    stub = Stub(by_text, [None, "hanging"])
    asker = asking(stub, patience=Patience(0.3, 1, 0.01), at_once=1)
    found = asker.ask(["a", "b", "c"])
    assert [each is None for each in found] == [False, True, False]
    assert "gave no answer in 1 tries" in asker.tally.missing["b"]
    (again,) = asker.ask(["b"])
    assert again is not None
    assert not asker.tally.missing


def test_a_text_without_a_letter_is_missing_and_not_guessed(asking):
    asker = asking(Stub(by_text, [None, "says_nothing"]), at_once=1)
    assert asker.ask(["a", "b"])[1] is None
    assert "is a letter ('Hello')" in asker.tally.missing["b"]


@pytest.mark.parametrize("votes", [0, 5])
def test_a_server_without_probabilities_gives_letters_or_votes(asking, votes, caplog):
    caplog.set_level("INFO", "tfkd")
    stub = Stub(by_text, logprobs=False, stream=True)
    texts = ["one", "two", "three"]
    found = asking(stub, votes=votes).ask(texts)
    best = [max(GUIDE.names, key=chances_of(text).get) for text in texts]
    assert [GUIDE.names[row.argmax()] for row in found] == best
    assert caplog.text.count("tells no probabilities") == 1
    share = 0.9 + 0.1 / 3 if not votes else (votes + 1) / (votes + 3)
    assert found[0].max() == pytest.approx(share, abs=1e-5)
    assert stub.asked["one"] == 1 + max(votes, 1)
    assert stub.asked["two"] == max(votes, 1)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("echo", r"status 401 .*Bearer \*\*\*.*: give the key of the server in the environment"),
        ("refused", "status 404 .*no such model.*: look whether the server has this model"),
        ("reasoning_only", "it thinks before it answers: choose a chat model"),
        ("thinks", "'small' thinks before it answers, so that its first token"),
    ],
)
def test_what_will_not_pass_is_one_sentence(asking, fault, sentence, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    stub = Stub(by_text, [fault], logprobs=fault != "thinks")
    asker = asking(stub)
    with pytest.raises(UserError, match=sentence) as error:
        asker.ask(["a", "b"])
    assert KEY not in str(error.value)
    assert stub.keys == {f"Bearer {KEY}"}
    assert KEY not in "".join(path.read_text() for path in [asker.journal.path] if path.exists())


def test_answers_are_asked_once_ever(asking):
    stub = Stub(by_text)
    first = asking(stub)
    before = first.ask(["a", "b", "a"])
    first.journal.close()
    after = asking(stub).ask(["b", "a", "c"])
    np.testing.assert_array_equal(before[0], after[1])
    assert dict(stub.asked) == {"a": 1, "b": 1, "c": 1}


def test_a_line_that_was_cut_off_is_asked_again(asking):
    stub = Stub(by_text)
    first = asking(stub)
    first.ask(["a", "b"])
    first.journal.close()
    path = first.journal.path
    path.write_bytes(path.read_bytes()[:-9])
    asking(stub).ask(["a", "b"])
    assert dict(stub.asked) == {"a": 1, "b": 2}


def test_a_server_that_repeats_the_key_has_it_in_no_file(asking, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    stub = Stub(lambda text, options: {**by_text(text, options), f" {KEY} ": 0.05})
    asker = asking(stub)
    asker.ask(["a", "b"])
    stub.logprobs, stub.answer = False, lambda text, options: {KEY: 1.0}
    asker.ask(["c"])
    written = asker.journal.path.read_text()
    assert "***" in written
    assert KEY not in written + str(asker.tally)


def test_no_class_is_impossible(asking):
    """A logarithm of zero would say that no text is ever of it."""

    def sure(text, options):
        return {letter: 1.0 if letter == "A" else 1e-12 for letter in options}

    (found,) = asking(Stub(sure)).ask(["a"])
    assert found.min() >= 9e-7


def test_a_probability_that_is_no_number_is_asked_again(asking):
    stub = Stub(by_text, [None, "no_number"])
    found = asking(stub, at_once=1).ask(["a", "b"])
    assert np.isfinite(found).all()
    assert stub.asked["b"] == 2


@pytest.mark.parametrize("votes", [0, 3])
def test_what_was_spent_is_known_to_the_next_process(asking, votes, tmp_path):
    """All calls: those for votes, those that came to nothing, and the first one's."""
    stub = Stub(by_text, [None, None, "broken", "says_nothing"], logprobs=not votes)
    asker = asking(stub, votes=votes, at_once=1, prices=Prices(1e6, 1e6), folder="spent")
    asker.ask(["a", "b", "c", "d"])
    spending = asker.spending
    asker.journal.close()
    calls, cost = AnswerJournal(tmp_path / "spent").spent()
    assert calls == spending.calls == sum(stub.asked.values())
    assert cost == pytest.approx(spending.cost)
    assert cost > 0


def test_two_processes_do_not_ask_for_the_same_folder(asking):
    stub = Stub(by_text)
    asking(stub).ask(["a"])
    assert asking(stub).ask(["a"])[0] is not None
    with pytest.raises(UserError, match="another process is asking"):
        asking(stub).ask(["b"])


def test_limits_of_calls_stop_and_the_rest_goes_on(asking):
    stub = Stub(by_text)
    texts = [f"text {number}" for number in range(12)]
    asker = asking(stub, prices=Prices(most_calls=5))
    with pytest.raises(OutOfMoney, match="5 calls were made"):
        asker.ask(texts)
    assert sum(stub.asked.values()) == 5
    asker.journal.close()
    assert all(row is not None for row in asking(stub).ask(texts))
    assert sum(stub.asked.values()) == 12


@pytest.mark.parametrize("seed", range(25))
def test_the_greatest_cost_is_never_passed(asking, seed):
    """Prices, lengths, concurrency and faults are drawn; the server counts what it is paid."""
    draw = random.Random(seed)
    prices = Prices(draw.uniform(0, 50), draw.uniform(0, 200), draw.uniform(0, 0.2))
    texts = ["x" * draw.randint(1, 400) + str(number) for number in range(25)]
    faults = draw.choices([None, "broken", "busy", "wrong_json"], [8, 1, 1, 1], k=30)
    stub = Stub(by_text, faults, usage=draw.random() < 0.8)
    asker = asking(stub, prices=prices, at_once=draw.randint(1, 8))
    with contextlib.suppress(OutOfMoney):
        asker.ask(texts)
    paid = sum(prices.cost(tokens_of(body), 1) for body in stub.bodies)
    assert paid <= prices.most_cost
    assert asker.spending.cost <= prices.most_cost


@pytest.mark.slow
def test_ten_kills_lose_no_answer_and_ask_none_twice(tmp_path):
    """What was answered and written is never asked again: only what was on its way at a kill."""
    texts, at_once, kills = 300, 4, 10
    stub = Stub(by_text)
    stub.delay = 0.01
    with serving(stub):
        command = [sys.executable, str(HERE / "ask_texts.py"), stub.url, str(tmp_path), str(texts)]
        draw, killed = random.Random(0), 0
        while True:
            process = subprocess.Popen(command, env={**os.environ, "TFKD_AT_ONCE": str(at_once)})
            wanted = sum(stub.answered.values()) + draw.randint(5, 20)
            while process.poll() is None:
                if killed < kills and sum(stub.answered.values()) >= wanted:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    killed += 1
                time.sleep(0.002)
            if process.returncode == 0:
                break
    assert killed == kills
    assert len(stub.asked) == texts
    # At a kill, at most so many are on their way.
    assert sum(count - 1 for count in stub.asked.values()) <= kills * at_once
    with AnswerJournal(tmp_path) as journal:
        assert len(journal) == texts
