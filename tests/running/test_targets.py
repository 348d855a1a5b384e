"""Where a run looks for its teacher's outputs."""

import json
from pathlib import Path

import pytest

from tfkd.progress import log_progress
from tfkd.running.config import make_config
from tfkd.running.context import make_context
from tfkd.running.targets import describe_source, open_outputs, shared_store_folder, store_folder


@pytest.fixture
def teacher(tmp_path):
    """A file that may be a teacher."""
    (tmp_path / "teacher").mkdir()
    (tmp_path / "teacher" / "model.keras").write_bytes(b"weights")
    return f"keras:{tmp_path / 'teacher'}"


def folder_of(teacher, **settings):
    config = make_config({"data": "sample", "teacher": teacher, **settings})
    return shared_store_folder(config, Path("runs"))


def test_another_teacher_has_another_store(teacher, tmp_path):
    """Outputs of an older version of the teacher, taken for those of the new one."""
    before = folder_of(teacher)
    assert before.parent == Path("runs/targets")
    assert before.name.startswith("teacher-")
    assert folder_of(teacher) == before
    assert folder_of(teacher, teacher_max_length=64) != before
    (tmp_path / "teacher" / "model.keras").write_bytes(b"other weights")
    assert folder_of(teacher) != before
    assert folder_of(teacher, store="mine") == Path("mine")


def test_names_and_students_share_a_store(teacher, tmp_path):
    """Corrected names of the classes, for which the teacher reads every text again."""
    before = folder_of(teacher)
    assert folder_of(teacher, teacher_labels="a,b", student="bilstm", max_length=64) == before
    (tmp_path / "teacher" / "labels.txt").write_text("bad\ngood\n")
    assert folder_of(teacher) == before
    hub = f"hf:{tmp_path / 'teacher'}"
    stores = set()
    for names in ({"0": "LABEL_0"}, {"0": "bad"}):
        config = {"vocab_size": 9, "id2label": names, "label2id": dict.fromkeys(names.values(), 0)}
        (tmp_path / "teacher" / "config.json").write_text(json.dumps(config))
        stores.add(folder_of(hub))
    assert len(stores) == 1
    (tmp_path / "teacher" / "config.json").write_text(json.dumps({**config, "vocab_size": 8}))
    assert folder_of(hub) not in stores


def test_a_teacher_of_the_run_is_stored_in_its_folder():
    """Two runs that train their teachers, and read each other's outputs."""
    config = make_config({"data": "sample:40", "to": "run"})
    assert store_folder(make_context(config, log_progress)) == Path("run/targets")


def test_the_source_names_what_is_not_the_default(teacher):
    """A store that cannot be repaired, since it does not say of which texts it is."""
    config = make_config({"data": "sample", "teacher": teacher, "seed": 3})
    assert describe_source(config) == {"data": "sample", "teacher": teacher, "seed": 3}


def test_without_a_store_there_are_no_targets(tmp_path):
    """A traceback in the first run of all."""
    assert open_outputs(tmp_path, None, {}) is None
