"""The model card: what the hub can read, what people must know, and whose file it is."""

import json

import pytest

from tfkd.errors import UserError
from tfkd.reporting.report import Report, ScoreRow
from tfkd.running import config as configs
from tfkd.running.config import make_config
from tfkd.running.reports import card
from tfkd.running.reports.card_text import card_text
from tfkd.tasks import Measure, find

MEASURES = find("text-classification").measures


def row(name: str, *scores: float) -> ScoreRow:
    return ScoreRow(name, dict(zip(MEASURES, scores, strict=True)))


ROWS = (row("teacher", 0.93, 0.92, 0.2, 0.01), row("exported (int8)", 0.9, 0.89, 0.3, 0.02))
DATA = {
    "name": "films: a",
    "labels": ["bad", 'go"od'],
    "counts": {"train": 1000, "test": 250},
    "synthetic": False,
}


@pytest.fixture
def run(tmp_path):
    """The files of a finished run that a card is made of."""

    def make(**settings):
        configs.write_config(
            make_config({"data": "films.jsonl", **settings}), tmp_path / "config.toml"
        )
        facts = {"signature of BLEU": "nrefs:1|tok:13a", "seed": 7}
        Report("films", ROWS, MEASURES, ("Distillation helped.",), facts).save(tmp_path)
        (tmp_path / "data.json").write_text(json.dumps(DATA))
        (tmp_path / "environment.json").write_text('{"tfkd": "1.2.3"}')
        (tmp_path / "preprocessing.json").write_text('{"max_length": 77}')
        return tmp_path

    return make


def front(found: str) -> dict:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, which mkdocs installs")
    return yaml.safe_load(found.split("---\n")[1])


def test_the_front_matter_is_yaml_of_hugging_faces_form(run):
    """A colon in a name, and the hub shows no card at all."""
    found = front(card_text(run(teacher="hf:some/model", data="imdb")))
    assert found["pipeline_tag"] == "text-classification"
    assert "knowledge-distillation" in found["tags"]
    assert (found["base_model"], found["datasets"]) == ("some/model", ["stanfordnlp/imdb"])
    (result,) = found["model-index"][0]["results"]
    assert result["dataset"] == {"name": "films: a", "type": "stanfordnlp/imdb", "split": "test"}
    assert [each["value"] for each in result["metrics"]] == [0.9, 0.89]


def test_data_teacher_objective_scores_limits_and_sources(run):
    """A card that says nothing of where the numbers are from."""
    settings = {"teacher": "train:text_cnn", "labelled": 20, "augment": 3, "temperature": 4.0}
    found = card_text(run(**settings))
    for words in (
        "train 1,000, test 250",
        "given 20 labels",
        "3 augmented texts",
        "`train:text_cnn`",
        "0.75 * SoftTargets(",
        "temperature=4.0",
        "| accuracy | 93.00 % | 90.00 % |",
        "On 250 test texts",
        "Distillation helped.",
        "* signature of BLEU: `nrefs:1|tok:13a`",
        "longer than 77 tokens",
        "No licence",
        "Hinton, Vinyals, Dean 2015",
        "Tang et al. 2019",
    ):
        assert words in found
    assert "Jiao" not in found


def test_a_card_of_a_model_that_writes(run):
    """A BLEU of 34 that the hub shows as 0.34, and class names that a translator has none of."""
    folder = run(task="translation", teacher="train:seq2seq:tiny", student="seq2seq:tiny")
    facts = {"lessons": "7 of 9 texts", "file": "writes 9 of 9 test texts"}
    measures = {next(iter(MEASURES)): Measure("BLEU", "points", hub="sacrebleu")}
    Report("films", ROWS, measures, (), facts).save(folder)
    (folder / "data.json").write_text(json.dumps({**DATA, "labels": []}))
    found = card_text(folder)
    assert "* Lessons: 7 of 9 texts\n" in found
    assert "* The file: writes 9 of 9 test texts\n" in found
    assert "class names" not in found
    (result,) = front(found)["model-index"][0]["results"]
    assert [each["value"] for each in result["metrics"]] == [90.0]


def test_a_task_of_another_package(run):
    """A tag that the hub refuses; code that reads a text, for a task that reads a picture."""
    found = card_text(run(task="tests.reporting.sections.test_gathering:Numbers"))
    assert front(found)["tags"] == ["knowledge-distillation", "tflite", "keras", "tfkd"]
    assert "pipeline_tag" not in front(found)
    assert "A small model for Numbers" in found
    assert '.predict([{"number": ...}])' in found


def test_stages_are_written_out(run):
    """A TinyBERT recipe whose card names Hinton's loss alone."""
    stage = {"name": "inside", "objective": [{"loss": "Relations", "weight": 1.0}]}
    found = card_text(run(stage=[stage]))
    assert "Objective of `inside`: `1.0 * Relations(" in found
    assert "Wang et al. 2021 (MiniLMv2)" in found


def test_no_folder_of_this_machine(run, tmp_path):
    """Somebody's home directory on the hub."""
    found = card_text(run(teacher=f"hf:{tmp_path}/minilm + keras:~/mine"))
    assert str(tmp_path.parent) not in found
    assert "`hf:minilm + keras:mine`" in found
    assert "base_model" not in found


def test_a_card_is_written_again_until_somebody_changes_it(run):
    """A week of writing replaced by a second measurement; or scores of last week."""
    folder = run()
    assert card.write_card(folder)
    path = folder / "README.md"
    before = path.read_text()
    Report("films", (ROWS[0], row("exported (int8)", 0.85, 0.8, 0.3, 0.02)), MEASURES).save(folder)
    assert card.write_card(folder)
    assert "85.00 %" in path.read_text() != before
    path.write_text(path.read_text().replace("## Limits", "## What it cannot do"))
    mine = path.read_text()
    assert not card.write_card(folder)
    assert path.read_text() == mine
    path.write_bytes(b"\xff mine")
    assert not card.write_card(folder)
    assert path.read_bytes() == b"\xff mine"
    assert not list(folder.glob("part-*"))


@pytest.mark.parametrize("content", [None, "{", "\udcff"])
def test_a_run_that_lacks_a_file(run, content):
    """A traceback, for a folder that was copied in part."""
    folder = run()
    (folder / "data.json").unlink()
    if content is not None:
        (folder / "data.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"data\.json cannot be read"):
        card.write_card(folder)


def test_every_loss_with_a_source_is_cited():
    """A loss that was added, and its authors forgotten."""
    from tfkd import losses

    kinds = [name for name in losses.__all__ if isinstance(getattr(losses, name), type)]
    for name in sorted({*kinds} - {"DistillationLoss", "LogitLoss", "HardLabels", "ForHead"}):
        source = vars(getattr(losses, name))["citation"]
        number = source.rpartition(":")[2]
        assert number in (getattr(losses, name).__doc__ or ""), name
