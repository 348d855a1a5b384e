"""`compare --by`: the models of a run by the values of a column that it did not read."""

import json

import pytest

from tfkd import UserError
from tfkd.data.columns import KEPT
from tfkd.progress import log_progress
from tfkd.running import run_parts
from tfkd.running.config import make_config
from tfkd.running.context import make_context, open_run
from tfkd.running.kept_column import read_test_with
from tfkd.running.reports import asking


@pytest.fixture
def with_domains(finished, monkeypatch):
    """The test texts of the finished run, each with a domain."""

    def read(context, column):
        examples = list(context.data.read("test"))
        for number, example in enumerate(examples):
            example[KEPT] = ("films", "books")[number % 2]
        return examples

    monkeypatch.setattr(run_parts, "read_test_with", read)
    monkeypatch.setattr(asking, "read_test_with", read)


def test_compare_by_a_column(finished, with_domains, tfkd):
    """Scores of all texts in each line, or a run that was changed."""
    code, shown, _ = tfkd("compare", finished, "--by", "domain", "--format", "json")
    assert code == 0
    found = json.loads(shown[shown.index("{") :])
    rows = {row["name"]: row["scores"]["accuracy"] for row in found["rows"]}
    parts = found["parts"]["parts"]
    assert [part["name"] for part in parts] == ["books", "films"]
    assert list(parts[0]["scores"]) == ["teacher", "alone", "distilled", "exported"]
    for name, whole in (("teacher", "teacher"), ("exported", "exported (int8)")):
        mean = sum(part["scores"][name] * part["examples"] for part in parts) / 50
        assert mean == pytest.approx(rows[whole])
    assert not (finished / "work").exists()


def test_the_values_are_those_of_the_rows(rows, tmp_path):
    """A cut of the training texts takes the values of other rows."""
    lines = [
        json.dumps({"text": f"text {i}", "label": i % 2, "domain": f"d{i % 3}"}) for i in range(90)
    ]
    (tmp_path / "data.jsonl").write_text("\n".join(lines))
    context = make_context(
        make_config({"data": "data.jsonl", "label_column": "label"}), log_progress
    )
    examples = read_test_with(context, "domain")
    plain = list(context.data.read("test"))
    assert [example.text for example in examples] == [example.text for example in plain]
    assert [e[KEPT] for e in examples] == [f"d{int(e.text.split()[1]) % 3}" for e in examples]
    with pytest.raises(UserError, match=r"a column 'topic'.*text, label, domain"):
        read_test_with(context, "topic")


def test_data_without_columns(finished):
    """Built-in data have a text and a label, and nothing else."""
    with pytest.raises(UserError, match="no test text of sample:200 has a column 'domain'"):
        read_test_with(open_run(finished), "domain")
