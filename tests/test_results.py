"""The tables of results are the stored ones, not numbers typed by hand."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("*/report.json"))


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.parent.name)
def test_every_line_of_a_table_stands_on_the_page(file):
    """A table that nobody updates keeps telling of a model that is no more."""
    from tfkd.reporting.report import load

    pages = ["README.md", "docs/results.md"] if file.parent.name == "imdb" else ["docs/results.md"]
    table = [line for line in load(file.parent).markdown().splitlines() if line.startswith("|")]
    assert table
    for page in pages:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert [line for line in table if line not in text] == [], page


def test_there_are_results():
    """An empty folder would make the test above pass by silence."""
    assert RESULTS


@pytest.mark.parametrize("page", ["docs/results.md", "docs/performance.md"])
def test_the_live_run_is_told_beside_the_stored_one(page):
    """A time that was rounded in somebody's favour."""
    import json

    found = json.loads((ROOT / "benchmarks" / "results" / "imdb_live.json").read_text())
    text = (ROOT / page).read_text(encoding="utf-8")
    for run in (found["store"], found["live"]):
        assert str(run["minutes"]) in text
        assert f"{100 * run['accuracy']['distilled']:.2f} %" in text


def test_the_table_of_timings_is_the_stored_one(monkeypatch):
    """Ratios of a machine and a version that nobody can name."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed.table import lines

    found = json.loads((ROOT / "benchmarks" / "results" / "speed.json").read_text())
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    table = list(lines(found))
    assert len(table) > 10
    assert [line for line in table if line not in text] == []


def test_the_table_of_zeros_is_the_stored_one(monkeypatch):
    """A gain in speed that nobody measured."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed.zeros import lines

    found = json.loads((ROOT / "benchmarks" / "results" / "zeros_speed.json").read_text())
    text = (ROOT / "docs" / "smaller.md").read_text(encoding="utf-8")
    table = list(lines(found))
    assert len(table) > 10
    assert [line for line in table if line not in text] == []


def test_the_table_of_low_rank_is_the_stored_one(monkeypatch):
    """A gain of a machine and a version that nobody can name."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed.low_rank import lines

    found = json.loads((ROOT / "benchmarks" / "results" / "low_rank_speed.json").read_text())
    text = (ROOT / "docs" / "smaller.md").read_text(encoding="utf-8")
    table = list(lines(found))
    assert len(table) == 9
    assert [line for line in table if line not in text] == []


def test_the_table_of_pruned_encoders_is_the_stored_one(monkeypatch):
    """A model that was said to be twice as fast."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed.pruning import lines

    found = json.loads((ROOT / "benchmarks" / "results" / "pruning_speed.json").read_text())
    text = (ROOT / "docs" / "smaller.md").read_text(encoding="utf-8")
    table = list(lines(found))
    assert len(table) > 6
    assert [line for line in table if line not in text] == []


def test_the_tables_of_vectors_are_the_stored_ones(monkeypatch):
    """A speed that nobody measured, or one of another version."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed.embeddings import lines

    found = json.loads((ROOT / "benchmarks" / "results" / "embeddings_speed.json").read_text())
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    table = [line for line in lines(found) if line]
    assert len(table) == 8
    assert [line for line in table if line not in text] == []
    assert f"{found['file_bytes'] / 1e6:.2f} MB" in text
    assert found["sentences_per_second"]["static int8"] > 10_000
    assert found["index"]["search_ms"] < 10


@pytest.mark.parametrize("name", ["sst2_tang", "sst2_recipes"])
def test_the_tables_of_the_recipes_are_the_stored_ones(name, monkeypatch):
    """A recipe that is said to help on numbers that nobody can repeat."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.recipes import table

    found = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())
    text = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    lines = list(table(found["accuracy"]))
    assert len(lines) > 2
    assert [line for line in lines if line not in text] == []
    assert f"{100 * found['accuracy']['teacher']:.2f} %" in text
    assert found["seeds"] == [0, 1, 2]


def test_the_tables_of_the_watch_are_the_stored_ones(monkeypatch):
    """False alarms that were counted on another day, with another threshold."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.watch import show

    found = json.loads((ROOT / "benchmarks" / "results" / "watch.json").read_text())
    text = (ROOT / "docs" / "applications" / "finance.md").read_text(encoding="utf-8")
    lines = [line for line in show(found).splitlines() if line]
    assert len(lines) > 10
    assert [line for line in lines if line not in text] == []


def test_the_run_of_two_workers_is_the_stored_one():
    """Two machines that are said to do as well as one."""
    import json

    found = json.loads((ROOT / "benchmarks" / "results" / "imdb_workers.json").read_text())
    text = (ROOT / "docs" / "distribution.md").read_text(encoding="utf-8")
    one, two = (list(found[where].values()) for where in ("one device", "two workers"))
    assert [each for each in (*one, *two) if f"{100 * each:.2f}" not in text] == []
    assert min(one) <= two[0] <= max(one)


def test_the_table_of_the_replicas_is_the_stored_one(monkeypatch):
    """A scaling that nobody measured."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.replicas import table

    found = json.loads((ROOT / "benchmarks" / "results" / "replicas.json").read_text())["rows"]
    text = (ROOT / "docs" / "distribution.md").read_text(encoding="utf-8")
    lines = list(table(found))
    assert len(lines) == 8
    assert [line for line in lines if line not in text] == []
    (one,) = (row for row in found if (row["replicas"], row["targets"]) == (1, "stored"))
    assert f"{one['state_mb']:.1f} MB" in text
    assert f"{one['state_ms']:.0f} ms" in text


def test_the_table_of_the_deployed_files_is_the_stored_one(monkeypatch):
    """A ratio of two files that are no longer those of the table."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.deployed import lines

    models = json.loads((ROOT / "benchmarks" / "results" / "imdb_deployed.json").read_text())[
        "models"
    ]
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert [line for line in lines(models) if line not in text] == []
    teacher, student = models["teacher, int8"], models["student, int8"]
    assert student["megabytes"] * 15 < teacher["megabytes"]
    assert student["without_tokenizer"] * 100 < teacher["without_tokenizer"]


_MAPS = sorted((ROOT / "benchmarks" / "results").glob("*mnist.json"))


@pytest.mark.parametrize("file", _MAPS, ids=lambda file: file.stem)
def test_the_tables_of_images_are_the_stored_ones(file, monkeypatch):
    """Feature maps that are said to help, on numbers that nobody can repeat."""
    import json

    pytest.importorskip("keras")
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.images import lines

    found = json.loads(file.read_text())
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    table = list(lines(found))
    assert len(table) == 7
    assert [line for line in table if line not in text] == []


_ERRORS = sorted((ROOT / "benchmarks" / "results").glob("*mnist_errors.json"))


@pytest.mark.parametrize("file", _ERRORS, ids=lambda file: file.stem)
def test_the_errors_on_images_are_the_stored_ones(file, monkeypatch):
    """A count of errors that leaves out the seed that went badly."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.image_errors import count_errors, table

    found = json.loads(file.read_text())["labels"]
    text = (ROOT / "docs" / "tasks" / "images.md").read_text(encoding="utf-8")
    assert table(found) in text
    few = list(found["1,000"].values())
    alone, distilled = (sum(count_errors(few, kind)) for kind in ("alone", "distilled"))
    assert 2 * distilled <= alone


_SEEDS = {
    **dict.fromkeys(("banking77", "goemotions", "imdb_ratings", "sick"), "results.md"),
    "semeval2010_task8": "tasks/relations.md",
    **dict.fromkeys(
        ("conll2003", "conll2003_news", "wnut17", "wnut17_tweets", "bc5cdr", "resume_ner"),
        "tasks/entities.md",
    ),
    **dict.fromkeys(("qamr", "squad", "xquad_zh"), "tasks/answers.md"),
    "embeddings": "tasks/embeddings.md",
    "fsdd": "tasks/sound.md",
    "few_labels": "how-to/few-labels.md",
    "movielens_small": "applications/recommendation.md",
}


@pytest.mark.parametrize(("name", "page"), _SEEDS.items())
def test_the_tables_of_several_seeds_are_the_stored_ones(name, page, monkeypatch):
    """A mean that leaves out the seed that went badly."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.runs import table

    found = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())
    assert sorted(found["seeds"]) == ["0", "1", "2"]
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert table(list(found["seeds"].values())) in text


def test_the_students_of_entities_are_the_stored_ones(monkeypatch):
    """A default that another student beats, and nobody looked."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.runs import table

    text = (ROOT / "docs" / "tasks" / "entities.md").read_text(encoding="utf-8")
    rows = {name: f"`{name}:small`" for name in ("ngram_cnn", "text_cnn", "bilstm")}
    rows["no_affixes"] = "`text_cnn:small`, `affixes=false`"
    for name, head in rows.items():
        found = json.loads((ROOT / "benchmarks" / "results" / f"conll2003_{name}.json").read_text())
        line = next(line for line in table([*found["seeds"].values()]).splitlines() if "F1" in line)
        (row,) = (
            line for line in text.splitlines() if line.startswith((f"| {head} |", f"| {head} ("))
        )
        files = {each["rows"][-1]["megabytes"] for each in found["seeds"].values()}
        assert row.split(" | ")[1:4] == line.removesuffix(" |").split(" | ")[2:]
        assert row.endswith(f" | {max(files):.2f} |")


def test_the_names_of_the_readme_are_the_stored_ones():
    """The first numbers that a visitor reads."""
    import json

    import numpy as np

    found = json.loads((ROOT / "benchmarks" / "results" / "conll2003_news.json").read_text())
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    rows = zip(*(each["rows"] for each in found["seeds"].values()), strict=True)
    means = [f"{100 * np.mean([row['scores']['f1'] for row in each]):.2f}" for each in rows]
    teacher, alone, _, file = means
    said = f"a file of 1.14 MB has {file} % entity F1 on CoNLL-2003, where the same student alone"
    assert f"{said} has {alone} and its teacher of 91 MB {teacher}" in text


def test_entities_beside_their_teachers_are_the_stored_ones():
    """A student that is said to be fast beside a teacher that nobody timed."""
    import json

    found = json.loads(
        (ROOT / "benchmarks" / "results" / "conll2003_searched_speed.json").read_text()
    )
    text = (ROOT / "docs" / "tasks" / "entities.md").read_text(encoding="utf-8")
    took, times = found["milliseconds"], found["times_faster"]
    for said in (
        f"takes {took['student']:.2f} ms",
        f"MiniLM takes {took['teacher']:.1f} ms, {times['teacher']:.0f} times",
        f"BERT base {took['12x768']:.1f} ms, **{times['12x768']:.0f} times",
    ):
        assert said in " ".join(text.split()), said
    assert times["12x768"] > 50


@pytest.mark.parametrize("name", ["several_snips", "several_sick"])
def test_the_tables_of_several_tasks_are_the_stored_ones(name, monkeypatch):
    """One student that is as good as two, in a table of another day."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.several import table

    found = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())
    heads = [kind for kind in found["reports"] if kind != "joint"]
    text = (ROOT / "docs" / "tasks" / "several.md").read_text(encoding="utf-8")
    assert table(found["reports"], found["all_right"], heads) in text


@pytest.mark.parametrize(
    "name", ["search_sst2", "search_banking77", "search_imdb", "search_conll2003"]
)
def test_the_tables_of_searches_are_the_stored_ones(name, monkeypatch):
    """A search that lost against its control, left out."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.search import table

    found = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())
    text = (ROOT / "docs" / "how-to" / "search-students.md").read_text(encoding="utf-8")
    assert table(found["searches"]) in text


def test_the_table_of_stages_is_the_stored_one(monkeypatch):
    """A stage that is slower than twice a plain read, and nobody looks."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed.stages import PLAIN, table

    found = json.loads((ROOT / "benchmarks" / "results" / "stages_speed.json").read_text())
    stages = found["[seconds, MB] by stage"]
    assert table(stages) in (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    last = stages["1,000,000"]
    assert max(seconds for seconds, _ in last.values()) < 2 * last[PLAIN][0]


def test_the_table_of_the_teachers_pass_is_the_stored_one(monkeypatch):
    """A way that pays on another machine alone."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.speed.teacher_onnx import table

    found = json.loads((ROOT / "benchmarks" / "results" / "teacher_onnx.json").read_text())
    assert table(found) in (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["smaller_sst2", "smaller_imdb", "smaller_imdb_shrink", "smaller_sst2_shrink"]
)
def test_the_tables_of_compressions_are_the_stored_ones(name, monkeypatch):
    """A row that did not pay, left out."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.smaller import table

    found = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())["rows"]
    text = (ROOT / "docs" / "smaller.md").read_text(encoding="utf-8")
    assert table({spec: list(seeds.values()) for spec, seeds in found.items()}) in text


def test_the_table_of_language_models_is_the_stored_one(monkeypatch):
    """A divergence that gains less, left out."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.runs import table

    found = json.loads((ROOT / "benchmarks" / "results" / "language_model.json").read_text())
    text = (ROOT / "docs" / "tasks" / "language-models.md").read_text(encoding="utf-8")
    assert table(list(found["seeds"].values())).strip() in text
    assert "26.3 ± 1.0 less perplexity" in text


def test_the_table_of_texts_with_errors_is_the_stored_one(monkeypatch):
    """A way to learn that gains nothing, left out."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.perturbed import lines

    found = json.loads((ROOT / "benchmarks" / "results" / "perturbed_sst2.json").read_text())
    text = (ROOT / "docs" / "how-to" / "robust.md").read_text(encoding="utf-8")
    assert "\n".join(lines(found)) in text


@pytest.mark.parametrize(
    ("name", "page"), [("no_texts", "teachers.md"), ("select", "how-to/select-texts.md")]
)
def test_the_tables_of_made_and_chosen_texts_are_the_stored_ones(name, page, monkeypatch):
    """Made texts, or a choice, that did worse in one seed."""
    import importlib
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    table = importlib.import_module(f"benchmarks.{name}").table
    found = json.loads((ROOT / "benchmarks" / "results" / f"{name}_sst2.json").read_text())
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert "\n".join(table(found)) in text


def test_the_table_of_summaries_is_the_stored_one(monkeypatch):
    """First sentences that are better, left out."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.runs import table

    found = json.loads((ROOT / "benchmarks" / "results" / "aeslc.json").read_text())
    (seed,) = found["seeds"].values()
    text = (ROOT / "docs" / "tasks" / "summaries.md").read_text(encoding="utf-8")
    assert table([seed]).strip() in text
    for told in ("1.69 ± 0.70", "0.67 ± 0.60", "413 of 1,906"):
        assert told in text


def test_the_table_of_translations_is_the_stored_one(monkeypatch):
    """A control or a distance from the teacher that is left out."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.runs import table

    found = json.loads((ROOT / "benchmarks" / "results" / "multi30k_en_de.json").read_text())
    (seed,) = found["seeds"].values()
    text = (ROOT / "docs" / "tasks" / "translation.md").read_text(encoding="utf-8")
    assert table([seed]).strip() in text
    assert any("+3.66 ± 0.92 points" in words for words in seed["words"])
    assert "3.66 ± 0.92" in text
    assert "2.09 ± 0.85" in text


def test_the_tables_of_the_service_desk_are_the_stored_ones(monkeypatch):
    """A baseline that is left out where it did better."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.service_desk import tables

    found = json.loads((ROOT / "benchmarks" / "results" / "service_desk.json").read_text())
    assert sorted(found["seeds"]) == ["0", "1", "2"]
    text = (ROOT / "docs" / "applications" / "service-desk.md").read_text(encoding="utf-8")
    assert "\n".join(tables(found)) in text


def test_the_table_of_pictures_that_teach_sounds_is_the_stored_one(monkeypatch):
    """A control that is left out where it did better."""
    import json

    pytest.importorskip("keras")
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.cross_modal import table

    found = json.loads((ROOT / "benchmarks" / "results" / "cross_modal.json").read_text())
    assert sorted(found["seeds"]) == ["0", "1", "2"]
    text = (ROOT / "docs" / "tasks" / "sound.md").read_text(encoding="utf-8")
    assert table(found["seeds"]) in text


@pytest.mark.parametrize("name", ["banking77", "clinc150"])
def test_the_certified_shares_are_the_stored_ones(name, monkeypatch):
    """A share that one seed alone reached."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.certify import table

    found = json.loads((ROOT / "benchmarks" / "results" / f"certify_{name}.json").read_text())
    assert sorted(found["seeds"]) == ["0", "1", "2"]
    text = (ROOT / "docs" / "how-to" / "certify.md").read_text(encoding="utf-8")
    assert table(found["seeds"]) in text


def test_the_vectors_of_a_shrunk_encoder_are_the_stored_ones(monkeypatch):
    """One seed more or less, and a page that nobody looked at again."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.runs import table

    found = json.loads((ROOT / "benchmarks" / "results" / "embeddings_shrink.json").read_text())
    text = (ROOT / "docs" / "tasks" / "embeddings.md").read_text(encoding="utf-8")
    assert table(list(found["seeds"].values())) in text


def test_the_tables_of_financial_news_are_the_stored_ones(monkeypatch):
    """A student that is said to move over without forgetting."""
    import json

    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import runs
    from benchmarks.finance import show_start

    found = json.loads((ROOT / "benchmarks" / "results" / "finance.json").read_text())
    text = (ROOT / "docs" / "applications" / "finance.md").read_text(encoding="utf-8")
    assert show_start(found["start"]) in text
    assert [name for name, each in found["reports"].items() if runs.table(each) not in text] == []


def test_the_table_of_starts_is_the_stored_one():
    """A start that was faster on another day."""
    import json

    found = json.loads((ROOT / "benchmarks" / "results" / "start_speed.json").read_text())
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    bare, run = found["predict"]["bare imports"], found["run"]
    for way in ("now", "before"):
        seconds = found["predict"][f"predict, {way}"]
        assert f"| {seconds:.2f} | {bare:.2f} | {seconds / bare:.1f} |" in text
        first = run[way]["before the first step"]
        imports = run["bare imports of TensorFlow and Keras"]
        assert f"| {first:.2f} | {imports:.2f} | {first / imports:.1f} |" in text
    assert f"| {run['now']['after the last step']:.2f} | | |" in text
