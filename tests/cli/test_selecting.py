"""`tfkd select`: a file of texts in, and those that are worth asking for out."""

import json

import pytest

pytest.importorskip("keras")

from test_predict import BARE

from tests.runtime.test_embedding import encoder, file, student  # noqa: F401 (fixtures)


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.csv"
    kinds = ("good film", "bad film", "a not bad one", "bad bad")
    lines = [f"{i},{kinds[i % 4]} {i}" for i in range(80)]
    path.write_text("id,text\n" + "".join(f"{line}\n" for line in lines))
    return path


def test_without_tensorflow_by_the_student_of_a_run(texts, finished, python):
    to = texts.with_name("chosen.csv")
    printed = python(
        BARE, "select", texts, "--n", "20", "--to", to, "--student", finished, "--audit", "0.2"
    )
    assert "16 of 80 texts" in printed
    assert "4 drawn at random" in printed
    rows = [each.read_text(encoding="utf-8-sig").splitlines() for each in (
        to, to.with_name("chosen-audit.csv")
    )]  # fmt: skip
    assert [len(each) for each in rows] == [17, 5]
    assert all(each[0] == "id,text" for each in rows)


def test_by_the_vectors_of_a_file(texts, file, tfkd, finished):  # noqa: F811
    to = texts.with_name("chosen.jsonl")
    code, _, said = tfkd("select", texts, "--n", "10", "--to", to, "--encoder", file)
    assert code == 0, said
    assert json.loads(to.read_text().splitlines()[0]).keys() == {"id", "text"}


def test_what_is_refused(texts, finished, refused):
    to = texts.with_name("chosen.jsonl")
    assert "gives no vectors" in refused(
        "select", texts, "--n", "10", "--to", to, "--encoder", finished
    )
    assert "there is no file none.csv" in refused("select", "none.csv", "--n", "5", "--to", to)
    assert not to.exists()
