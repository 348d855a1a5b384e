"""A language model writes labels as JSON: entities, answers, texts and numbers become data."""

import json
from functools import partial

import pytest
from answering_settings import facts_of, make_settings, rows_of
from language_models_stub import Stub, serving

from tfkd import UserError, data, tasks
from tfkd.cli import main
from tfkd.progress import log_progress
from tfkd.running import labelling
from tfkd.running.labelled_files import notes_on_labels
from tfkd.selecting import select

TYPES = '[classes]\nPER = "a person"\nLOC = "a place"\n'


@pytest.fixture
def stub():
    with serving(Stub(None, write=lambda text: "{}")) as served:
        yield served


@pytest.fixture
def settings(stub, tmp_path):
    return partial(make_settings, stub, tmp_path)


GOOD = '{"text": "kurz"}'


def entities(*found):
    return json.dumps({"entities": [{"text": text, "type": kind} for text, kind in found]})


def test_entities_are_located_in_the_text(settings, stub):
    text = "Rome loves Anna,  and  Anna Berg loves Rome."
    answer = entities(
        *(("Rome", "LOC"), ("Anna", "PER"), ("Anna Berg", "PER"), ("Rome", "LOC")),
        *(("Paris", "LOC"), ("Rom", "LOC"), ("Berg", "ORG"), ("Rome", "LOC"), ("Berg", "LOC")),
    )
    config = settings("token-classification", [{"text": text}], answer, classes=TYPES)
    folder = labelling.label(config)
    (row,) = rows_of(folder)
    # Longer ones win, the second of equal letters is the second place.
    spans = [(text[s["start"] : s["end"]], s["start"], s["label"]) for s in row["spans"]]
    assert spans == [
        ("Rome", 0, "LOC"),
        ("Anna", 11, "PER"),
        ("Anna Berg", 23, "PER"),
        ("Rome", 39, "LOC"),
    ]
    facts = facts_of(folder)
    # Paris, Rom, an unknown type, a third Rome, and Berg within Anna Berg.
    assert (facts["texts"], facts["left_out"]) == (1, 5)
    assert "of 9 parts of its answers 5 are left out" in notes_on_labels(str(folder))[0]
    form = stub.bodies[0]["response_format"]["json_schema"]
    assert form["strict"]
    kinds = form["schema"]["properties"]["entities"]["items"]["properties"]["type"]
    assert kinds["enum"] == ["PER", "LOC"]
    system = stub.bodies[0]["messages"][0]["content"]
    assert "- PER: a person" in system
    assert '"enum":["PER","LOC"]' in system


def test_words_with_tags_stay_words_with_tags(settings):
    rows = [{"tokens": ["Anna", "Berg", "in", "Rome"]}]
    answer = entities(("Anna Berg", "PER"), ("Rome", "LOC"))
    folder = labelling.label(settings("token-classification", rows, answer, classes=TYPES))
    assert rows_of(folder) == [{**rows[0], "tags": ["B-PER", "I-PER", "O", "B-LOC"]}]


def test_what_comes_out_is_data_of_the_task(settings):
    rows = [{"text": f"Anna {n} is in Rome"} for n in range(20)]
    answer = entities(("Anna", "PER"), ("Rome", "LOC"))
    config = settings("token-classification", rows, answer, classes=TYPES)
    folder = labelling.label(config)
    opened = data.open_data(folder, reader=tasks.find("token-classification"))
    assert set(opened.labels) == {"O", "B-LOC", "I-LOC", "B-PER", "I-PER"}
    assert opened.counts["test"]
    assert labelling.advise(folder) == f"tfkd distill {folder} --task token-classification"


@pytest.mark.parametrize(
    ("task", "rows", "answer", "columns"),
    [
        ("token-classification", [{"text": "Anna is in Rome"}], entities(("Anna", "PER")), None),
        (
            "question-answering",
            [{"question": "Who won?", "context": "Anna won."}],
            '{"answer": "Anna", "occurrence": 1}',
            "question,context",
        ),
    ],
)
def test_texts_that_are_answered_are_not_chosen_again(
    settings, tmp_path, task, rows, answer, columns
):
    """A language model reads their names too, "Text: ..."; they were paid for twice."""
    classes = TYPES if task == "token-classification" else ""
    folder = labelling.label(settings(task, rows, answer, classes=classes))
    others = [{name: f"{text} {n}" for name, text in rows[0].items()} for n in range(9)]
    file = tmp_path / "all.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *others]))
    chosen = select(
        file, n=5, to=tmp_path / "next.jsonl", answered=folder, audit=0, text_column=columns or ""
    )
    assert chosen.answered == 1


def test_answers_to_questions_have_places_of_the_context(settings):
    context = "Anna won in 1990. Berta won in 1994, and Anna again."

    def write(text):
        asked = text.partition("\n\n")[0].removeprefix("Question: ")
        return json.dumps(
            {
                "Who won last?": {"answer": "Anna", "occurrence": 2},
                "Who won in 1994?": {"answer": "Berta", "occurrence": 7},
                "Who lost?": {"answer": "", "occurrence": 1},
                "Who cried?": {"answer": "Carla", "occurrence": 1},
                "Who is it?": {"answer": "Anna", "occurrence": 3},
            }[asked]
        )

    questions = ["Who won last?", "Who won in 1994?", "Who lost?", "Who cried?", "Who is it?"]
    rows = [{"question": each, "context": context, "id": each[-5:]} for each in questions]
    folder = labelling.label(settings("question-answering", rows, write))
    found = {row["question"]: row["answers"] for row in rows_of(folder)}
    assert found == {
        "Who won last?": [{"text": "Anna", "answer_start": 41}],
        "Who won in 1994?": [{"text": "Berta", "answer_start": 18}],
        "Who lost?": [],
    }
    assert facts_of(folder)["missing"] == 2
    assert rows_of(folder)[0]["id"] == "last?"
    reader = tasks.find("question-answering")
    for row in rows_of(folder):
        fields = {"question": row["question"], "context": context, "label": row["answers"]}
        assert reader.example(fields, "row").label is not None


@pytest.mark.parametrize(
    ("task", "source", "target"),
    [
        ("summarization", "text", "summary"),
        ("translation", "source", "target"),
        ("text2text-generation", "input", "target"),
    ],
)
def test_texts_become_targets(settings, task, source, target):
    rows = [{source: f"a long text {n}"} for n in range(3)]
    ask = "" if task == "summarization" else 'task = "Translate into German."\n'

    def write(text):
        return json.dumps({"text": f"kurz {text[-1]}"})

    folder = labelling.label(settings(task, rows, write, classes=ask))
    assert rows_of(folder) == [{**row, target: f"kurz {n}"} for n, row in enumerate(rows)]


def test_numbers_are_within_their_bounds(settings, stub):
    rows = [{"text": f"film {n}"} for n in range(4)]
    ask = 'task = "How many stars, from 1 to 5?"\nleast = 1\nmost = 5\n'

    def write(text):
        return json.dumps({"number": [1, 4.5, 9, "5"][int(text[-1])]})

    folder = labelling.label(settings("text-regression", rows, write, classes=ask))
    assert [row["label"] for row in rows_of(folder)] == [1, 4.5]
    schema = stub.bodies[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["number"] == {"type": "number", "minimum": 1.0, "maximum": 5.0}


def test_labels_of_a_text_may_be_none(settings):
    rows = [{"text": "both"}, {"text": "neither"}, {"text": "other"}]
    ask = '[classes]\njoy = ""\nfear = ""\n'
    answers = {"both": ["fear", "joy", "hate"], "neither": [], "other": ["hate"]}

    def write(text):
        return json.dumps({"labels": answers[text]})

    config = settings("multi-label-classification", rows, write, classes=ask)
    folder = labelling.label(config)
    assert [row["label"] for row in rows_of(folder)] == [["joy", "fear"], []]
    assert (facts_of(folder)["missing"], facts_of(folder)["left_out"]) == (1, 1)


def test_labels_of_the_data_stay_and_are_sent_for_the_audit_alone(settings, stub):
    rows = [{"text": f"long text {n}", "summary": f"text {n}"} for n in range(30)]
    rows += [{"text": f"without {n}"} for n in range(5)]

    def write(text):
        return json.dumps({"text": text.removeprefix("long ")})

    config = settings("summarization", rows, write, audit=4, min_accuracy=0.9)
    folder = labelling.label(config)
    train = rows_of(folder)
    assert {row["summary"] for row in train if row["text"].startswith("without")} == {
        f"without {n}" for n in range(5)
    }
    assert len(stub.asked) == 4 + 5
    assert not {row["text"] for row in rows_of(folder, "test")} & set(stub.asked)
    facts = facts_of(folder)
    assert facts["labels"] == "data"
    assert "the language model has ROUGE-L 100.00" in facts["audit"]


def test_an_audit_prices_the_texts_that_were_not_known(settings, tmp_path):
    """A quarter of the price, where three of four texts were answered before."""
    rows = [{"text": f"long text {n:02d}", "summary": f"text {n:02d}"} for n in range(40)]
    own = {"audit": 20, "requests": 1, "price_out": 1e3}
    # Of each answer, 16 characters are written, for 16 thousandths.
    build = partial(settings, "summarization", rows, GOOD, **own)
    whole = facts_of(labelling.label(build(to=str(tmp_path / "whole"))))["audit"]
    assert whole.endswith("; 16.0000 for a thousand texts.")
    with pytest.raises(UserError, match="15 calls were made"):
        labelling.label(build(max_calls=15))
    assert facts_of(labelling.label(build()))["audit"] == whole
    (tmp_path / "asked" / "labelling.json").unlink()
    assert "thousand" not in facts_of(labelling.label(build()))["audit"]


def test_an_audit_by_the_scores_of_the_task_stops(settings, stub):
    rows = [{"text": f"Anna {n}", "spans": [{"start": 0, "end": 4, "label": "PER"}]}
            for n in range(30)]  # fmt: skip
    config = settings("token-classification", rows, entities(), classes=TYPES, audit=5)
    with pytest.raises(UserError, match=r"other classes .none in the data alone, 'LOC' in"):
        labelling.label(config)
    rows[0] = {"text": "Rome", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}
    config = settings(
        *("token-classification", rows, entities(("Anna", "LOC"))),
        classes=TYPES,
        audit=5,
        min_accuracy=0.5,
    )
    with pytest.raises(UserError, match=r"entity F1 0.00 %.*min_accuracy is 0.5, for the entity F"):
        labelling.label(config)
    assert sum(stub.asked.values()) == 5


def test_the_least_that_may_be_spent_is_known_before(settings, stub, capsys):
    rows = [{"text": f"long text {n}"} for n in range(9)]
    config = settings("summarization", rows, GOOD)
    flags = ["--teacher", config.teacher.source, "--task", "summarization", "--to", config.to]
    flags += ["--dry-run", "--price-out", "1000000", "--answer-tokens", "20"]
    assert main(["label", config.data.source, *flags]) == 0
    assert "9 texts to ask for, at most 9 calls and" in capsys.readouterr().out
    assert not stub.asked
    limited = settings("summarization", rows, GOOD, price_out=1e6, answer_tokens=20, max_cost=100.0)
    with pytest.raises(UserError, match="more than max_cost=100 leaves"):
        labelling.label(limited)
    # 16 characters each, and 20 are kept ready: the sixth would pass it.
    assert sum(stub.asked.values()) == 6


def test_examples_are_shown_with_their_answers(settings, stub):
    answer = '{entities = [{text = "Rome", type = "LOC"}]}'
    shown = f'[[examples]]\ntext = "in Rome"\nanswer = {answer}\n'
    rows = [{"text": "Anna"}]
    folder = labelling.label(
        settings("token-classification", rows, entities(), classes=TYPES + shown)
    )
    _, first, told, asked = stub.bodies[0]["messages"]
    assert (first["content"], asked["content"]) == ("Text: in Rome", "Text: Anna")
    assert json.loads(told["content"]) == {"entities": [{"text": "Rome", "type": "LOC"}]}
    assert rows_of(folder) == [{"text": "Anna", "spans": []}]


ASK = 'task = "Translate into German."\n'


@pytest.mark.parametrize(
    ("task", "classes", "changes", "sentence"),
    [
        ("translation", "", {}, "has to be told what the task translation is about: give --class"),
        ("token-classification", "", {}, r"a table \[classes\] of what each type means"),
        ("token-classification", ASK, {}, "for each type, and at least one of them"),
        ("translation", ASK + "[classes]\na = ''\n", {}, r"write task and \[\[examples\]\] alone"),
        ("text-regression", 'least = "x"\ntask = "?"\n', {}, "has least = 'x': write a number"),
        ("text-regression", "least = 5\nmost = 1\ntask = '?'\n", {}, "least is 5 and most is 1"),
        ("text-regression", "least = 5\n", {}, "has task = '': write a sentence"),
        ("translation", ASK, {"votes": 3}, "votes is 3, and the answers of the task translation"),
        ("translation", ASK, {"orders": 2}, "orders is 2, and the answers"),
        ("translation", ASK, {"ask_test": True}, "ask_test is set, and the answers"),
        ("translation", ASK, {"answer_tokens": -1}, "answer_tokens is -1: write 0 or more"),
        ("text-generation", "", {}, "says which one class a text has, and the task is text-gen"),
        (
            "summarization",
            '[[examples]]\ntext = "a"\nanswer = "b"\n',
            {},
            "example 1 has answer = 'b': write .*answer = {text = \"...\"}",
        ),
        (
            "token-classification",
            TYPES
            + '[[examples]]\ntext = "a"\nanswer = {entities = [{text = "b", type = "PER"}]}\n',
            {},
            "example 1 cannot be used: 'b' is not among the words of the text",
        ),
    ],
)
def test_wrong_settings_are_one_sentence(
    settings, stub, tmp_path, task, classes, changes, sentence
):
    column = "source" if task == "translation" else "text"
    with pytest.raises(UserError, match=sentence):
        labelling.label(settings(task, [{column: "a b"}], GOOD, classes=classes, **changes))
    assert not stub.asked
    assert not (tmp_path / "asked").exists()


@pytest.mark.slow
def test_a_run_learns_what_a_language_model_wrote(settings, stub, tmp_path):
    from tfkd import distill

    rows = [{"text": f"{who} lives in {where}, number {n}"} for n in range(20)
            for who, where in [("Anna", "Rome"), ("Berta", "Paris")]]  # fmt: skip

    def write(text):
        who, _, _, where, *_ = text.replace(",", " ").split()
        return entities((who, "PER"), (where, "LOC"))

    config = settings(
        *("token-classification", rows, write), classes=TYPES, to=str(tmp_path / "run")
    )
    config = labelling.label_first(config, log_progress)
    # Labels have no store.
    assert config.teacher.source == "train"
    result = distill(
        data=config.data.source,
        teacher="train:bilstm:tiny",
        student="bilstm:tiny",
        task="token-classification",
        epochs=1,
        teacher_epochs=1,
        verbose=0,
        to=str(tmp_path / "run"),
    )
    assert result.file.is_file()
    assert any("the labels are the teacher's" in word for word in result.report.words)
    assert set(stub.asked.values()) == {1}
