"""A whole search on made-up texts: trials, the end, its files; nothing of test before the end."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="needs the extra search")

import tfkd as package
from tfkd.running.config import read_config
from tfkd.searching.results import load_result

FIXED = (
    *("--student", "bag_of_ngrams:tiny", "--set", "bigrams=200", "--set", "width=8"),
    *("--vocab-size", "300", "--max-length", "32", "--epochs", "3", "--quantize", "float32"),
)
BUDGET = ("--max-mb", "0.2", "--trials", "3", "--seeds", "2")


@pytest.fixture(scope="module")
def searched(tmp_path_factory, taught):
    """A room with a finished search, its command, and the splits that each folder has encoded."""
    from run_fixtures import call

    from tfkd.running.texts import RunTexts

    room = tmp_path_factory.mktemp("search")
    command = ("search-students", "sample:200", "--teacher", f"keras:{taught}", *FIXED, *BUDGET)
    encoded, plain = [], RunTexts.encode

    def encode(self, split, *arguments):
        encoded.append((str(self.context.folder), split))
        return plain(self, split, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        patch.setattr(RunTexts, "encode", encode)
        assert call(*command, "--to", "found") == 0
    return room, command, encoded


@pytest.fixture
def room(searched, monkeypatch):
    monkeypatch.chdir(searched[0])
    return searched[0]


def test_the_search_leaves_a_file_its_settings_and_a_report(room):
    """A winner that nobody can run again."""
    found = load_result(room / "found")
    assert len(found.candidates) >= 3
    assert found.file.is_file()
    config = read_config(room / "found" / "best.toml")
    for name, value in found.best.settings.items():
        assert config.flat()[name] == value, name
    assert config.to == ""
    assert [each.name for each in found.finals][:2] == ["winner", "winner alone"]
    assert all(len(each.scores) == 2 for each in found.finals)
    assert (room / "found" / "search.md").is_file()


def test_nothing_of_the_test_split_is_read_before_the_end(searched):
    """A trial that encodes, asks or scores test texts."""
    _, _, encoded = searched
    of_test = {folder for folder, split in encoded if split == "test"}
    assert of_test
    assert all(Path(folder).parts[1] == "final" for folder in of_test)
    assert {Path(folder).parts[1] for folder, _ in encoded} >= {"runs", "rows", "final"}


def test_seeds_at_the_end_are_tested_on_the_same_texts(room):
    """A split that changes with the seed: texts of the search among those of the test."""
    told = [
        json.loads((room / f"found/final/winner/seed-{seed}/data.json").read_text())
        for seed in (0, 1)
    ]
    assert told[0] == told[1]
    assert read_config(room / "found/final/winner/seed-1/config.toml").data.split_seed == 0


def test_same_command_shows_what_was_found(searched, room, tfkd):
    """A finished search that begins again."""
    code, said, _ = tfkd(*searched[1], "--to", "found")
    assert code == 0
    assert "is complete" in said
    assert "winner alone" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("--max-mb", "0.4"), "holds another search, with max_mb"),
        (("--metric", "macro_f1"), "holds another search, with metric"),
        (("--seed", "7"), "holds another search, with"),
        (("--soft-weight", "0.5"), "holds another search, with fixed"),
    ],
)
def test_another_search_in_the_folder_is_refused(searched, room, refused, changes, said):
    """Trials of two searches in one journal."""
    before = (room / "found" / "study.json").read_bytes()
    assert said in refused(*searched[1], *changes, "--to", "found")
    assert (room / "found" / "study.json").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "said"), [("data", "the data changed"), ("teacher", "the teacher changed")]
)
def test_changed_data_or_teacher_is_refused(searched, room, refused, tmp_path, name, said):
    """Trials that learn from other texts or of another teacher than those before them."""
    shutil.copytree(room / "found", tmp_path / "changed")
    file = tmp_path / "changed" / "study.json"
    facts = json.loads(file.read_text())
    facts[name] = {"name": "other"} if name == "data" else "0000"
    file.write_text(json.dumps(facts))
    assert said in refused(*searched[1], "--to", tmp_path / "changed")


def test_a_search_with_other_rungs_is_refused(searched, room, refused, tmp_path):
    """Scores of whole trainings, compared with those of a third of the epochs."""
    shutil.copytree(room / "found", tmp_path / "changed")
    file = tmp_path / "changed" / "study.json"
    facts = json.loads(file.read_text())
    assert facts.pop("rungs") == ["all in 1/3 of the epochs", "all"]
    file.write_text(json.dumps(facts))
    said = refused(*searched[1], "--to", tmp_path / "changed")
    assert "holds another search, with rungs = None" in said


BAD = [
    (("sample:200",), "no budget given"),
    (("sample:200", "--max-mb", "-1"), "--max-mb is -1"),
    (("sample:200", "--max-mb", "nan"), "--max-mb is nan"),
    (("sample:200", "--max-ms", "inf"), "--max-ms is inf"),
    (("sample:200", "--max-mb", "1", "--trials", "2", "--hours", "1"), "leave one of them out"),
    (("sample:200", "--max-mb", "1", "--metric", "bleu"), "accuracy"),
    (("sample:200", "--max-mb", "1", "--also", "magic"), "also is 'magic'"),
    (("sample:200", "--max-mb", "1", "--sampler", "grid"), "tpe, random"),
    (("sample:200", "--max-mb", "1", "--cross-validate", "3"), "several runs"),
    (("sample:200", "--max-mb", "1", "--assistant", "text_cnn"), "several runs"),
    (("sample:200", "--max-mb", "1", "--share", "0.5"), "chooses shares itself"),
    (("sample:200", "--max-mb", "1", "--no-cache"), "asked once"),
    (("sample:200", "--max-mb", "1", "--strategy", "mirrored"), "several processes"),
    (("sample:100", "--max-mb", "1"), "too few to choose a student by"),
    (("sample:200", "--max-mb", "1", "--student", "text_rnn"), "text_rnn"),
    (("nowhere.csv", "--max-mb", "1"), "nowhere.csv"),
    (("sample:200", "--max-mb", "1", "--teacher", "openai:m@http://localhost:1"), "label"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[said for _, said in BAD])
def test_bad_input_is_refused_before_anything_is_written(refused, tmp_path, arguments, said):
    """Hours of trials, and then a traceback; a folder that was claimed for nothing."""
    assert said in refused("search-students", *arguments, "--to", "new")
    assert not (tmp_path / "new").exists()


def test_budget_that_nothing_fits_says_what_the_smallest_takes(refused, tmp_path, taught):
    """A search that refuses all its candidates, one after the other."""
    command = ("search-students", "sample:200", "--teacher", f"keras:{taught}", *FIXED)
    said = refused(*command, "--max-mb", "0.0001", "--to", "new")
    assert "smallest" in said
    assert "MB" in said
    assert not (tmp_path / "new").exists()


def test_folder_with_something_else_is_refused(refused, tmp_path):
    """A run, or somebody's files, buried under trials."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("1")
    command = ("search-students", "sample:200", "--max-mb", "1", "--to")
    assert "chapter.txt" in refused(*command, "thesis")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").write_text("")
    assert "holds a run and no search" in refused(*command, "run")
    (tmp_path / "file").write_text("")
    assert "cannot write" in refused(*command, "file")


def test_missing_extra_is_named(refused, monkeypatch):
    """A ModuleNotFoundError."""
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    assert 'pip install "tfkd[search]"' in refused("search-students", "sample", "--max-mb", "1")


def test_python_calls_the_same(searched, room):
    """A function with other defaults than the command line."""
    with pytest.raises(package.UserError, match="sampel_size"):
        package.search_students(data="sample", max_mb=1, sampel_size=3)
    with pytest.raises(package.UserError, match="trials is 0"):
        package.search_students(data="sample", max_mb=1, trials=0)


@pytest.mark.slow
def test_killed_search_finds_the_same_student(searched, room, tmp_path):
    """A training that is begun again with other weights; a candidate that is drawn anew."""
    import signal
    import subprocess
    import sys
    import time

    command = [sys.executable, "-m", "tfkd", *searched[1], "--to", str(tmp_path / "killed")]
    journal = tmp_path / "killed" / "journal.log"
    for lines in (6, 25, 45):
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None:
            if journal.is_file() and journal.read_bytes().count(b"\n") >= lines:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.05)
        process.wait()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ours, theirs = load_result(tmp_path / "killed"), load_result(room / "found")
    for one, other in zip(ours.candidates, theirs.candidates, strict=True):
        assert (one.state, one.settings, one.scores) == (other.state, other.settings, other.scores)
    assert ours.winner == theirs.winner
    assert [each.scores for each in ours.finals] == [each.scores for each in theirs.finals]
