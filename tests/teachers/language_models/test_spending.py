"""A limit of costs is never passed, whatever is drawn: prices, lengths, threads, counts."""

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from language_models_stub import Stub, serving, tokens_of

from tfkd.teachers.language_models.answer_asker import AnswerAsker, AnswerForm
from tfkd.teachers.language_models.answer_journal import AnswerJournal
from tfkd.teachers.language_models.class_asker import ClassAsker, Manner
from tfkd.teachers.language_models.class_guide import ClassGuide
from tfkd.teachers.language_models.http_client import ChatClient, Patience
from tfkd.teachers.language_models.server_address import read_address
from tfkd.teachers.language_models.spending import OutOfMoney, Prices, Spending


@pytest.mark.parametrize("seed", range(200))
def test_no_draw_of_calls_passes_the_limit(seed):
    """Calls of many threads cost what was kept ready for them, or less, or it is not known."""
    draw = random.Random(seed)
    most = 10 ** draw.uniform(-3, 2)
    prices = Prices(10 ** draw.uniform(-1, 4), 10 ** draw.uniform(-1, 4), most)
    calls = [(draw.randint(1, 5_000), draw.randint(1, 600)) for _ in range(60)]
    spending, paid = Spending(prices), []

    def call(length):
        read, written = length
        share = random.Random(str(length)).choice([0.0, 0.3, 1.0, None])
        reserved = spending.reserve(read, written)
        counted = [None if share is None else int(share * each) for each in length]
        paid.append(prices.cost(read, written) if share is None else prices.cost(*counted))
        spending.settle(reserved, *counted)

    def call_if_there_is_money(length):
        with contextlib.suppress(OutOfMoney):
            call(length)

    with ThreadPoolExecutor(draw.randint(1, 16)) as pool:
        list(pool.map(call_if_there_is_money, calls))
    assert sum(paid) <= most * (1 + 1e-12)
    assert spending.cost == pytest.approx(sum(paid))
    assert spending.calls == len(paid)
    # It stops for a call that would not fit, and for no other.
    if len(paid) < len(calls):
        assert spending.cost + max(prices.cost(*each) for each in calls) > most


def test_a_server_that_counts_more_than_there_is_does_so_once():
    """Tokens that it adds, or thinks and bills, are kept ready from the second call on."""
    spending, calls = Spending(Prices(1e6, 1e6, 100.0)), 0
    with contextlib.suppress(OutOfMoney):
        while True:
            spending.settle(spending.reserve(1, 1), 20, 10)
            calls += 1
    assert (calls, spending.cost) == (3, 90.0)


GUIDE = ClassGuide(("good", "bad", "mixed"), ("praise", "blame", "both"))
TEXT = {"type": "object", "required": ["text"]}


@pytest.mark.parametrize("seed", range(12))
def test_no_way_of_asking_passes_the_limit(tmp_path, seed):
    """Answers that are written, votes, letters without probabilities, and a second process."""
    draw = random.Random(seed)
    prices = Prices(draw.uniform(0, 50), draw.uniform(0, 400), draw.uniform(0, 0.2))
    # All of them may have been paid.
    faults = draw.choices([None, "broken", "wrong_json", "cut"], [8, 1, 1, 1], k=20)
    texts = ["x" * draw.randint(1, 400) + str(number) for number in range(12)]
    written, votes = seed % 2, draw.randint(0, 3)

    def write(text):
        return f'{{"text": "{"y" * (len(text) // 4)}"}}'

    stub = Stub(
        lambda text, options: dict.fromkeys(options, 1 / 3),
        *(faults,),
        logprobs=False,
        usage=draw.random() < 0.8,
        write=write if written else None,
    )
    stub.schema = draw.random() < 0.5
    with serving(stub):
        # The second one goes on with what the first one left.
        for _ in range(2):
            with AnswerJournal(tmp_path) as journal:
                client = ChatClient(
                    read_address(f"small@{stub.url}"),
                    Spending(prices, *journal.spent()),
                    patience=Patience(5.0, 3, 0.01),
                    sleep=lambda seconds: None,
                    note=journal.note_call,
                )
                manner = Manner(votes=votes, at_once=draw.randint(1, 8))
                asker = ClassAsker(client, GUIDE, journal, manner)
                if written:
                    form = AnswerForm(ClassGuide((), (), "Say it."), TEXT, "{}", 60)
                    asker = AnswerAsker(client, form, journal, at_once=draw.randint(1, 8))
                with contextlib.suppress(OutOfMoney):
                    asker.ask(texts)
                client.close()
    paid = [
        prices.cost(tokens_of(body), min(body["max_tokens"], len(write(text))) if written else 1)
        for body in stub.bodies
        for text in [body["messages"][-1]["content"].removeprefix("Text: ")]
        if stub.schema or not written or "response_format" not in body
    ]
    assert sum(paid) <= prices.most_cost
