"""How fast a file writes, in numbers that add up."""

import json
from types import SimpleNamespace

import pytest

pytest.importorskip("keras")
pytest.importorskip("ai_edge_litert")

from tests.runtime.writing_files import TEXTS
from tfkd.errors import UserError
from tfkd.runtime import bench, writing_bench

TASK = "tests.runtime.writing_files:Writer"


@pytest.fixture(scope="module")
def timings(writing_file):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "STARTS", 1)
        # The time of a process is that of another test.
        patch.setattr(writing_bench, "first_answer", lambda *given: (900.0, 80.0))
        return writing_bench.bench_writing([writing_file.path], TEXTS[:2], task=TASK)


def test_a_file_is_timed_greedily_and_with_beams(timings, writing_file):
    assert [timing.beams for timing in timings] == [1, 4]
    for each in timings:
        assert 0 < each.first_token <= each.whole_text
        assert 1 < each.tokens <= 13
        assert each.tokens_per_second > 0
        assert each.megabytes == pytest.approx(writing_file.path.stat().st_size / 1e6)


def test_they_are_a_table_and_json(timings):
    head, _, *rows = writing_bench.writing_table(timings).splitlines()
    assert [len(row.split("|")) for row in rows] == [len(head.split("|"))] * 2
    assert "tokens a second" in head
    assert [each["beams"] for each in json.loads(writing_bench.writing_json(timings))] == [1, 4]


def test_files_that_write_are_timed_apart(monkeypatch):
    kinds = {"a.tflite": True, "b.tflite": False}
    of_task = {name: SimpleNamespace(task=SimpleNamespace(writes=w)) for name, w in kinds.items()}
    monkeypatch.setattr(writing_bench, "load", lambda file, task: of_task[file])
    assert writing_bench.all_write(["a.tflite"])
    assert not writing_bench.all_write(["b.tflite"])
    with pytest.raises(UserError, match=r"a\.tflite writes texts and b\.tflite does not"):
        writing_bench.all_write(["b.tflite", "a.tflite"])
