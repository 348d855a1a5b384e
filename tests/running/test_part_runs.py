"""Several runs of one command: planned together, carried out in folders of their own, resumed."""

import json
import tomllib

import pytest

import tfkd as package
from tfkd.errors import UserError
from tfkd.running import recipes
from tfkd.running.part_settings import has_parts, list_runs, read_parts

TINY = (
    *("--student", "bag_of_ngrams:tiny", "--vocab-size", "200", "--max-length", "16"),
    *("--epochs", "1", "--no-alone", "--quantize", "float32"),
)
PARTS = """
[columns]
review = "text"

[part.mood.teacher]
source = "{teacher}"

[part.mood.columns]
text = "{review}"

[part.star.data]
label_column = "stars"

[part.star.teacher]
source = "train:bag_of_ngrams:tiny"
"""
TABLES = tomllib.loads(PARTS)
TEACHER = {"teacher": "train:bag_of_ngrams:tiny"}


@pytest.fixture
def rows_with_stars(tmp_path):
    lines = [
        {"text": f"a {('good', 'bad')[n % 2]} film number {n}", "label": n % 2, "stars": n % 2 * 4}
        for n in range(60)
    ]
    (tmp_path / "data.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (tmp_path / "both.toml").write_text(f'[data]\nsource = "data.jsonl"\n{PARTS}')
    return tmp_path


@pytest.mark.slow
def test_each_part_is_a_run_and_none_is_made_twice(rows_with_stars, tfkd, refused, contents):
    """Settings of one part in the other, a second training of a finished part."""
    command = ("distill", "both.toml", *TINY, "--teacher", "train:bag_of_ngrams:tiny", "--to", "it")
    code, printed, said = tfkd(*command)
    assert code == 0, said
    assert "part      mood, 1 of 2" in printed
    folder = rows_with_stars / "it"
    schemas = [
        json.loads((folder / name / "data.json").read_text())["labels"] for name in ("mood", "star")
    ]
    assert schemas == [["0", "1"], ["0", "4"]]
    assert list_runs(folder) == [folder / "mood", folder / "star"]
    before = contents(folder / "star")
    (folder / "mood/report.json").unlink()
    code, printed, said = tfkd(*command)
    assert code == 0, said
    assert (folder / "mood/report.json").is_file()
    assert contents(folder / "star") == before | {".lock": contents(folder / "star")[".lock"]}
    assert tfkd("compare", "it")[1].count("distilled") == 2
    assert "with seed = 0 and not 3" in refused(*command, "--seed", "3")
    claim = folder / "parts.toml"
    # As an older tfkd wrote it, which had fewer settings.
    claim.write_text(claim.read_text().replace("tensorboard = false\n", ""))
    assert tfkd(*command)[0] == 0
    assert "and no run: give" in refused("distill", "data.jsonl", *TINY, "--to", "it")


def test_all_is_looked_at_before_the_first_part_begins(rows_with_stars, refused):
    """A column that is missing, found behind an hour of another part."""
    lines = [json.dumps({"text": f"film {n}", "label": n % 2}) for n in range(30)]
    (rows_with_stars / "data.jsonl").write_text("\n".join(lines))
    assert "'stars'" in refused("distill", "both.toml", *TINY, "--teacher", "train", "--to", "it")
    assert not (rows_with_stars / "it").exists()


def test_what_is_given_holds_for_all_parts():
    """Flags that reach the first part alone, or settings of a part that outlive a flag."""
    tables = {**TABLES, "training": {"epochs": 7, "batch_size": 9}}
    found = read_parts(tables, {**TEACHER, "data": "sample", "epochs": 5, "to": "x"}, "both")
    assert [config.training.epochs for config in found.runs.values()] == [5, 5]
    assert [config.training.batch_size for config in found.runs.values()] == [9, 9]
    assert [config.to for config in found.runs.values()] == ["x/mood", "x/star"]
    named = read_parts(tables, {**TEACHER, "columns": {"review": "body"}}, "both")
    assert named.runs["mood"].columns == {"text": "body"}
    assert named.folder.name.startswith("both-")
    assert named.folder != read_parts(tables, TEACHER, "both").folder


def test_a_teacher_for_all_parts_or_one_for_each():
    """The second part with the teacher of the first."""
    by_part = {"teacher": "mood=keras:a + star=hf:b"}
    found = read_parts(TABLES, by_part, "both")
    assert [each.teacher.source for each in found.runs.values()] == ["keras:a", "hf:b"]
    # A rate for fine-tuning trains nothing from scratch.
    tuned = {"teacher": {"source": "train:{teacher}", "learning_rate": 1e-4}}
    tables = {**TABLES, "part": {**TABLES["part"], "mood": tuned}}
    found = read_parts(tables, by_part, "both")
    assert found.runs["mood"].teacher.learning_rate == 0
    given = {"teacher": "hf:a", "teacher_epochs": 3}
    found = read_parts(TABLES, given, "both")
    # Only a teacher that is trained has epochs.
    assert [each.teacher.epochs for each in found.runs.values()] == [0, 3]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "both needs a teacher: add --teacher hf:ENCODER"),
        ({"teacher": "mood=keras:a"}, "--teacher mood=KIND:PATH --teacher star=KIND:PATH"),
        ({**TEACHER, "columns": {"reveiw": "a"}}, "did you mean review?"),
        ({**TEACHER, "text_column": "a"}, "--column ROLE=NAME, ROLE one of review"),
        ({**TEACHER, "cross_validate": 5}, "means another thing in each part"),
        ({**TEACHER, "epoch": 5}, "did you mean epochs?"),
    ],
)
def test_what_no_parts_can_have(given, words):
    """A traceback, or a run of other settings than were asked for."""
    with pytest.raises(UserError, match=words.replace("?", r"\?")):
        read_parts(TABLES, given, "both")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"part": {}}, "write tables"),
        ({"part": {"mood": 3}}, r"write \[part.mood\]"),
        ({"part": {"mood": {"data": {"column": 1}}}}, "has no 'column'"),
        ({"part": {"mood": {"teacher": {"source": "train:{teacher}"}}}}, "fine-tunes it first"),
        ({"run": {}}, "no setting is called 'run'"),
    ],
)
def test_what_are_no_parts(changes, words):
    """A typing error in a file of one's own."""
    with pytest.raises(UserError, match=words):
        read_parts({**TABLES, **changes}, {"teacher": "keras:a"}, "own.toml")


def test_settings_are_read_without_tensorflow(python):
    """Eight seconds before `tfkd --help`."""
    code = "import sys, tfkd.cli; print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    assert python(code).strip() == "set()"


def test_a_recipe_of_one_run_has_no_parts(tfkd, rows_with_stars):
    """A second way to do the same, with other results."""
    assert not has_parts(recipes.tables("hinton"))
    with pytest.raises(UserError, match="the recipe hinton is one run"):
        package.distill_parts("hinton", data="sample")
    _, _, said = tfkd("distill", "both.toml", "--recipe", "hinton")
    assert "cannot be joined" in said
