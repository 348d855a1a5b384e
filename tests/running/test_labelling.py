"""A language model labels texts once: the data set and the store that come of it, and a run."""

import json
from pathlib import Path

import numpy as np
import pytest
from language_models_stub import Stub, serving

from tfkd import UserError, load_teacher
from tfkd.cli import main
from tfkd.data.splits import hash_text
from tfkd.progress import log_progress
from tfkd.running import folder as run_folder
from tfkd.running import labelling
from tfkd.running.config import make_config
from tfkd.selecting.answered_texts import read_answered
from tfkd.selecting.select_settings import SelectSettings
from tfkd.store import Store

KEY = "sk-secret-0123456789"
WORDS = {"good": ("fine", "great", "lovely"), "bad": ("dull", "awful", "poor")}
CLASSES = """task = "Does the reviewer like the film?"
[classes]
bad = "The reviewer dislikes it."
good = "The reviewer likes it."
"""


def answer(text, options):
    """80 % for the class of the words in a text."""
    right = "good" if any(word in text for word in WORDS["good"]) else "bad"
    return {
        **{k: 0.76 if line.startswith(right) else 0.19 for k, line in options.items()},
        "The": 0.05,
    }


def texts(count=40):
    draw = np.random.default_rng(0)
    kinds = ["good" if number % 2 else "bad" for number in range(count)]
    return [
        (f"{draw.choice(WORDS[kind])} film {number}", kind) for number, kind in enumerate(kinds)
    ]


@pytest.fixture
def stub():
    with serving(Stub(answer)) as served:
        yield served


@pytest.fixture
def settings(stub, tmp_path):
    """Return settings of data with labels, or of texts alone."""
    (tmp_path / "classes.toml").write_text(CLASSES)

    def build(labelled=True, **changes):
        rows = [{"text": t, **({"label": k} if labelled else {})} for t, k in texts()]
        data = tmp_path / "films.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        own = {"data": str(data), "to": str(tmp_path / "asked"), "orders": 1}
        own["teacher"] = f"openai:org/small@{stub.url}"
        own["classes"] = str(tmp_path / "classes.toml")
        return make_config({**own, **changes})

    return build


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_texts_alone_get_labels_and_a_store(settings, stub):
    folder = labelling.label(settings(labelled=False))
    rows = rows_of(folder / "train.jsonl")
    assert [(row["text"], row["label"]) for row in rows] == texts()
    teacher = load_teacher(f"store:{folder / 'store'}")
    assert teacher.labels == ("bad", "good")
    (row,) = teacher.run([{"input_ids": teacher.encoder.encode_many([texts()[0][0]])[0]}])
    np.testing.assert_allclose(np.exp(row["logits"]), [0.8, 0.2], atol=1e-5)
    facts = json.loads((folder / "labelling.json").read_text())
    assert facts["labels"] == "teacher"
    assert (facts["texts"], facts["missing"], facts["calls"]) == (40, 0, 40)
    assert set(stub.asked.values()) == {1}


def test_each_answer_says_which_text_it_is_of(settings, stub):
    """So that `tfkd select` chooses none of them again; one without an answer it may."""
    stub.faults = [None, "says_nothing"]
    folder = labelling.label(settings(labelled=False, requests=1))
    answered = {row["text"] for row in rows_of(folder / "train.jsonl")}
    assert read_answered([folder], SelectSettings()) == {hash_text(text, 0) for text in answered}
    assert len(answered) == 39


def test_labels_of_the_data_stay_and_the_test_split_is_not_sent(settings, stub):
    folder = labelling.label(settings())
    kept = {row["text"] for row in rows_of(folder / "test.jsonl")}
    sent = {row["text"] for row in rows_of(folder / "train.jsonl")}
    assert kept
    assert not kept & set(stub.asked)
    assert sent == set(stub.asked)
    asked = labelling.label(settings(ask_test=True, to=str(folder.with_name("more"))))
    assert {row["text"] for row in rows_of(asked / "test.jsonl")} <= set(stub.asked)
    assert Store(asked / "store").rows == len(sent) + len(kept)


def test_texts_without_an_answer_are_left_out_and_counted(settings, stub, caplog):
    stub.faults = [None, "says_nothing"]
    folder = labelling.label(settings(labelled=False, requests=1))
    assert len(rows_of(folder / "train.jsonl")) == 39
    assert "1 texts have no answer and are left out" in caplog.text
    again = labelling.label(settings(labelled=False))
    assert len(rows_of(again / "train.jsonl")) == 40
    assert sum(stub.asked.values()) == 41


def test_an_audit_stops_before_the_money_is_spent(settings, stub):
    stub.answer = lambda text, options: {k: 0.9 if "bad:" in v else 0.1 for k, v in options.items()}
    with pytest.raises(UserError, match=r"right on 40.0%.*min_accuracy is 0.9: describe"):
        labelling.label(settings(audit=10, min_accuracy=0.9))
    assert sum(stub.asked.values()) == 10


def test_an_audit_that_is_passed_is_in_the_notes(settings, stub):
    folder = labelling.label(settings(audit=10, min_accuracy=0.9))
    from tfkd.running.labelled_files import notes_on_labels

    notes = notes_on_labels(str(folder))
    assert "On 10 labelled training texts the language model is right on 100.0%" in notes[-1]
    assert notes_on_labels("imdb") == []


def priced(settings, **changes):
    """Settings by which each call to the stub costs more than nothing."""
    return settings(audit=20, requests=1, price_in=1e3, price_out=1e3, **changes)


def cost_in(folder):
    """What a thousand texts cost by an audit; None where it does not say."""
    audit = json.loads((folder / "labelling.json").read_text())["audit"]
    return audit.rpartition("; ")[2] if "thousand" in audit else None


def test_an_audit_that_was_interrupted_says_the_same_cost(settings, tmp_path):
    """A quarter of the price, where three of four texts were answered before."""
    whole = cost_in(labelling.label(priced(settings, to=str(tmp_path / "whole"))))
    with pytest.raises(UserError, match="15 calls were made"):
        labelling.label(priced(settings, max_calls=15))
    resumed = cost_in(labelling.label(priced(settings)))
    assert amount(resumed) == pytest.approx(amount(whole), rel=0.1)
    # All are known now, so that nothing is told by what this process sends.
    (tmp_path / "asked" / "labelling.json").unlink()
    assert cost_in(labelling.label(priced(settings))) is None


def amount(said):
    return float(said.partition(" ")[0].replace(",", ""))


def test_a_dry_run_sends_nothing(settings, stub, tmp_path, capsys):
    config = settings(labelled=False)
    flags = ["--teacher", config.teacher.source, "--classes", config.prompts.classes]
    flags += ["--to", config.to, "--dry-run", "--price-in", "1"]
    assert main(["label", config.data.source, *flags]) == 0
    out = capsys.readouterr().out
    # One more may find out that the server tells no probabilities.
    assert "40 texts to ask for, at most 41 calls and" in out
    assert not stub.asked
    assert not (tmp_path / "asked").exists()


def test_a_limit_stops_and_the_same_command_goes_on(settings, stub):
    with pytest.raises(UserError, match="15 calls were made, which is what max_calls allows"):
        labelling.label(settings(labelled=False, max_calls=15))
    assert sum(stub.asked.values()) == 15
    labelling.label(settings(labelled=False, max_calls=40))
    assert set(stub.asked.values()) == {1}


def test_the_key_is_in_no_file_and_no_message(settings, stub, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    labelling.label(settings(labelled=False))
    stub.faults = ["echo"]
    config = settings(labelled=False, to=str(tmp_path / "other"))
    flags = ["--teacher", config.teacher.source, "--classes", config.prompts.classes]
    assert main(["label", config.data.source, *flags, "--to", config.to]) == 2
    assert stub.keys == {f"Bearer {KEY}"}
    shown = capfd.readouterr()
    assert "Bearer ***" in shown.err
    assert KEY not in shown.out + shown.err
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"teacher": "hf:small"}, "the teacher is 'hf:small', and only a language model is asked"),
        ({"teacher": "openai:small"}, "names no model of a server: write openai:MODEL@http"),
        ({"classes": ""}, "needs a file that says what the classes mean"),
        ({"classes": "none.toml"}, r"none.toml cannot be read .*: write a table \[classes\]"),
        ({"task": "text-generation"}, "says which one class a text has, and the task is text-gen"),
        ({"to": ""}, "give the folder to write to with --to FOLDER"),
        ({"orders": 0}, "orders is 0: write at least 1"),
        ({"max_cost": -1.0}, "max_cost is -1.0: write 0 or more"),
    ],
)
def test_wrong_settings_are_one_sentence(settings, stub, changes, sentence):
    with pytest.raises(UserError, match=sentence):
        labelling.label(settings(**changes))
    assert not stub.asked


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("classes = 3", "has classes = 3: write a table"),
        ('[classes]\na = "b"', "and at least two of them"),
        ("[classes\n", "is no TOML"),
        (CLASSES + "[other]\n", "has 'other': write task"),
        (CLASSES + '[[examples]]\ntext = "x"\n', "example 1 is .*: write"),
        (CLASSES + '[[examples]]\ntext = "x"\nclass = "so"\n', "example 1 is of the class 'so'"),
        ('task = ""\n' + CLASSES.partition("\n")[2], "has task = ''"),
        (
            CLASSES.replace("bad =", "awful ="),
            "name other classes .'bad' in the data alone, 'awful'",
        ),
    ],
)
def test_a_file_of_classes_that_is_none_is_one_sentence(settings, tmp_path, content, sentence):
    config = settings()
    (tmp_path / "classes.toml").write_text(content)
    with pytest.raises(UserError, match=sentence):
        labelling.label(config)
    assert not (tmp_path / "asked").exists()


def test_another_question_is_refused_in_the_same_folder(settings, tmp_path):
    labelling.label(settings())
    (tmp_path / "classes.toml").write_text(CLASSES.replace("likes it", "is pleased"))
    with pytest.raises(UserError, match="what is asked changed"):
        labelling.label(settings())


def test_data_that_have_changed_ask_for_what_is_new(settings, stub, tmp_path):
    folder = labelling.label(settings(labelled=False))
    config = settings(labelled=False)
    (tmp_path / "films.jsonl").write_text('{"text": "a fine film"}\n{"text": "dull film 0"}\n')
    assert labelling.label(config) == folder
    assert [row["label"] for row in rows_of(folder / "train.jsonl")] == ["good", "bad"]
    assert stub.asked["a fine film"] == 1


def test_a_folder_of_something_else_is_left_alone(settings, tmp_path, stub):
    (tmp_path / "asked").mkdir()
    (tmp_path / "asked" / "thesis.txt").write_text("all of it")
    with pytest.raises(UserError, match=r"holds thesis.txt and no answers of a language model"):
        labelling.label(settings())
    assert not stub.asked


def test_another_seed_asks_for_no_text_again(settings, stub, tmp_path):
    """Other texts are the test split, and those were answered before."""
    for seed in (0, 1, 2):
        config = labelling.label_first(settings(seed=seed, to=str(tmp_path / "run")), log_progress)
        assert config.teacher.source.startswith("store:")
    assert set(stub.asked.values()) == {1}


def test_the_seed_of_the_split_chooses_the_test_texts(settings, tmp_path):
    """And that of the run does where there is none."""

    def test_texts(**seeds):
        config = labelling.label_first(settings(to=str(tmp_path / "run"), **seeds), log_progress)
        return [row["text"] for row in rows_of(Path(config.data.source) / "test.jsonl")]

    assert test_texts(seed=1) != test_texts(seed=2)
    assert test_texts(seed=1, split_seed=0) == test_texts(seed=2, split_seed=0)
    assert test_texts(seed=1, split_seed=0) == test_texts(seed=0)


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": {"text": "body"}},
        {"task": "multi-label-classification"},
        {"task_settings": {"pair": True}},
        {"split_seed": 3},
        {"classes": ""},
    ],
)
def test_what_is_asked_otherwise_has_a_folder_of_its_own(settings, changes):
    given = {"columns": {"text": "text"}}
    asked = labelling.locate(settings(**given))
    assert labelling.locate(settings(**{**given, **changes})) != asked
    # Its task is the one that fits.
    assert labelling.locate(settings(**given, task="text-classification", epochs=7)) == asked


def test_other_columns_leave_the_answers_of_a_run_alone(settings, stub, tmp_path):
    config = settings(labelled=False, to=str(tmp_path / "run"))
    rows = [{"text": f"fine film {n}", "body": f"dull film {n}"} for n in range(20)]
    (tmp_path / "films.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = config.replaced(ignore_texts=True)
    folders = []
    for column in ("text", "body"):
        run = labelling.label_first(config.replaced(columns={"text": column}), log_progress)
        folders.append(Path(run.data.source))
    for folder, word in zip(folders, ("fine", "dull"), strict=True):
        assert {row["text"].split()[0] for row in rows_of(folder / "train.jsonl")} == {word}


def test_another_description_is_asked_for_in_another_folder(settings, stub, tmp_path):
    """And what an interrupted run was told already is not asked again."""
    config = settings(labelled=False, to=str(tmp_path / "run"))
    with pytest.raises(UserError, match="which is what max_calls allows"):
        labelling.label_first(config.replaced(max_calls=15), log_progress)
    first = labelling.label_first(config, log_progress).data.source
    assert set(stub.asked.values()) == {1}
    before = (Path(first) / "asked.json").read_text()
    (tmp_path / "classes.toml").write_text(CLASSES.replace("likes it", "is pleased"))
    second = labelling.label_first(config, log_progress).data.source
    assert first != second
    assert set(stub.asked.values()) == {2}
    assert (Path(first) / "asked.json").read_text() == before
    (tmp_path / "classes.toml").write_text(CLASSES)
    assert labelling.label_first(config, log_progress).data.source == first
    assert set(stub.asked.values()) == {2}


def test_texts_that_are_added_are_asked_for_in_another_folder(settings, stub, tmp_path):
    """The second run wrote over the texts that the first one was still learning."""
    config = settings(labelled=False, to=str(tmp_path / "run"))
    first = Path(labelling.label_first(config, log_progress).data.source)
    before, asked = (first / "train.jsonl").read_bytes(), len(stub.asked)
    with (tmp_path / "films.jsonl").open("a") as file:
        file.write(json.dumps({"text": "one more film, and a fine one"}) + "\n")
    other = config.replaced(to=str(tmp_path / "other"))
    second = Path(labelling.label_first(other, log_progress).data.source)
    assert second != first
    assert (first / "train.jsonl").read_bytes() == before
    assert (len(stub.asked), set(stub.asked.values())) == (asked + 1, {1})


def test_a_run_that_began_with_other_answers_is_refused_before_they_cost(settings, stub, tmp_path):
    config = settings(labelled=False, to=str(tmp_path / "run"))
    run_folder.claim_run_folder(labelling.label_first(config, log_progress), "")
    assert labelling.label_first(config, log_progress).teacher.source.startswith("store:")
    (tmp_path / "classes.toml").write_text(CLASSES.replace("likes it", "is pleased"))
    with pytest.raises(
        UserError, match=r"run holds another run, with data = .*give another folder"
    ):
        labelling.label_first(config, log_progress)
    assert set(stub.asked.values()) == {1}
    labelling.label_first(config.replaced(to=str(tmp_path / "other")), log_progress)
    assert set(stub.asked.values()) == {2}


def test_ids_are_names_by_their_place_and_names_by_themselves(settings, tmp_path, stub):
    """A class called 1 that stands first in the file is not the class with the id 0."""
    stub.answer = lambda text, options: {
        k: 0.9 if line.startswith("5") else 0.1 for k, line in options.items()
    }
    data = tmp_path / "stars.jsonl"
    rows = [{"text": f"film {n}", "label": n % 2 * 4 + 1} for n in range(30)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "stars.toml").write_text('[classes]\n5 = "the best"\n1 = "the worst"\n')
    given = {"data": str(data), "classes": str(tmp_path / "stars.toml")}
    folder = labelling.label(settings(**given))
    for row in rows_of(folder / "train.jsonl"):
        assert row["label"] == {0: "1", 1: "5"}[int(row["text"].split()[1]) % 2]
    teacher = load_teacher(f"store:{folder / 'store'}")
    (row,) = teacher.run([{"input_ids": teacher.encoder.encode_many([next(iter(stub.asked))])[0]}])
    assert teacher.labels[row["logits"].argmax()] == "5"
    rows = [{"text": f"film {n}", "label": n % 2} for n in range(30)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "stars.toml").write_text('[classes]\neven = "even"\nodd = "odd"\n')
    folder = labelling.label(settings(**given, to=str(tmp_path / "ids")))
    for row in rows_of(folder / "train.jsonl"):
        assert row["label"] == ("even", "odd")[int(row["text"].split()[1]) % 2]


def test_half_a_character_is_one_sentence_or_is_kept(settings, tmp_path, stub):
    config = settings(labelled=False)
    (tmp_path / "films.jsonl").write_text('{"text": "half \\ud800 fine"}\n{"text": "dull"}\n')
    try:
        folder = labelling.label(config)
    except UserError:
        return
    assert len(rows_of(folder / "train.jsonl")) == 2


def test_a_loaded_language_model_is_refused():
    with pytest.raises(UserError, match="which `tfkd label` asks once for each text"):
        load_teacher("openai:small@http://localhost:1/v1")


@pytest.mark.slow
def test_a_run_from_texts_descriptions_and_an_address(settings, stub, tmp_path):
    from tfkd import distill

    config = settings(labelled=False, to=str(tmp_path / "run"), epochs=2, student="text_cnn:tiny")
    given = {k: v for k, v in config.flat().items() if v not in ("", 0, {}, [])}
    result = distill(**given, verbose=0)
    assert result.file.is_file()
    assert result.report.rows[0].name == "teacher"
    assert result.report.rows[0].scores["accuracy"] == 1.0
    assert any("the labels are the teacher's" in word for word in result.report.words)
    assert set(stub.asked.values()) == {1}
    (tmp_path / "other").mkdir()
    labelled = settings(to=str(tmp_path / "other" / "run"), epochs=2, student="text_cnn:tiny")
    given = {k: v for k, v in labelled.flat().items() if v not in ("", 0, {}, [])}
    report = distill(**given, verbose=0).report
    assert [row.name for row in report.rows] == ["alone", "distilled", "exported (int8)"]
    assert any("was not asked for the test texts" in word for word in report.words)
    folder = str(tmp_path / "other" / "run")
    assert main(["compare", folder, "--again"]) == 0
    assert main(["compare", folder, "--html", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").is_file()
