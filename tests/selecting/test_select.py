"""Which texts are chosen of a file: spread out, none twice, none that was answered."""

import gzip
import json

import numpy as np
import pytest

from tfkd import UserError, select
from tfkd.data.splits import hash_text

TOPICS = (
    "parcel late delivery courier street",
    "refund money card bank charge",
    "password login account locked email",
    "guitar concert stage singer drums",
    "soup kitchen recipe onion garlic",
)


def rows(count=200, seed=0):
    """Texts about five topics, the first of which has nearly all of them."""
    draw = np.random.default_rng(seed)
    topics = np.minimum(draw.geometric(0.7, count) - 1, 4)
    return [
        {"id": i, "text": " ".join([*draw.permutation(TOPICS[topic].split()), f"no{i}"])}
        for i, topic in enumerate(topics)
    ]


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.jsonl"

    def write(found=None, name="texts.jsonl"):
        path = tmp_path / name
        lines = "".join(json.dumps(row) + "\n" for row in (rows() if found is None else found))
        path.write_text(lines) if path.suffix != ".gz" else path.write_bytes(
            gzip.compress(lines.encode())
        )
        return path

    write.to = path.with_name("chosen.jsonl")
    return write


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def topics_of(found):
    return [next(t for t in TOPICS if t.split()[0] in row["text"]) for row in found]


def test_rare_topics_are_chosen_as_often_as_the_common_one(texts):
    """A draw at random has mostly one topic."""
    found = select(texts(), n=8, to=texts.to, audit=0)
    assert (found.chosen, found.drawn, found.audit, found.texts) == (8, 0, None, 200)
    assert set(topics_of(read(texts.to))) == set(TOPICS)
    assert len(set(topics_of(rows()[:8]))) < 4


def test_rows_come_as_they_were_with_all_columns(texts):
    given = rows()
    select(texts(name="texts.jsonl.gz"), n=20, to=texts.to)
    chosen, drawn = read(texts.to), read(texts.to.with_name("chosen-audit.jsonl"))
    assert (len(chosen), len(drawn)) == (18, 2)
    assert all(row in given for row in chosen + drawn)
    assert len({row["id"] for row in chosen + drawn}) == 20


@pytest.mark.parametrize(
    ("n", "audit", "drawn"), [(4, 0.1, 1), (4, 0, 0), (1, 0.1, 0), (2, 1e-9, 1)]
)
def test_an_audit_that_was_asked_for_has_a_text(texts, n, audit, drawn):
    """A tenth of four, which is none."""
    found = select(texts(), n=n, to=texts.to, audit=audit)
    assert (found.drawn, found.chosen) == (drawn, n - drawn)


def test_the_same_seed_chooses_the_same_texts(texts):
    path, found = texts(), []
    for name, seed in (("a.csv", 1), ("b.csv", 1), ("c.csv", 2)):
        select(path, n=30, to=texts.to.with_name(name), seed=seed)
        found.append(
            [texts.to.with_name(name[:1] + end).read_text() for end in (".csv", "-audit.csv")]
        )
    assert found[0] == found[1]
    assert found[0][1] != found[2][1]


def test_texts_of_the_same_words_are_one(texts):
    """Signs, blanks and cases are no other text."""
    given = rows(40)
    again = [{"id": -1, "text": f"  {row['text'].upper()}!"} for row in given[:15]]
    found = select(texts([*given, *again]), n=30, to=texts.to)
    assert found.duplicates == 15
    assert all(row["id"] >= 0 for row in read(texts.to))
    assert "15 with the same words as another" in found.describe()


def test_texts_that_are_nearly_the_same_are_left_out(texts, caplog):
    words = [f"word{i}" for i in range(300)]
    close = [{"id": i, "text": " ".join([*words, f"other{i}"])} for i in range(30)]
    found = select(texts([*close, *rows(10)]), n=20, to=texts.to, audit=0)
    assert sum("word0" in row["text"] for row in read(texts.to)) == 1
    assert found.near == 29
    assert found.chosen == 11
    assert "11 texts are chosen and not 20" in caplog.text


def test_what_was_answered_is_not_chosen_again_nor_what_is_near_it(texts):
    """Of a journal that was cut off, and of a file."""
    given = rows()
    folder = texts.to.with_name("asked") / "deeper"
    folder.mkdir(parents=True)
    first = [row for row in given if TOPICS[0].split()[0] in row["text"]]
    lines = [json.dumps({"key": "mode", "mode": "chances"})]
    lines += [json.dumps({"key": "k", "text": f"{hash_text(r['text'], 0):016x}"}) for r in first]
    (folder / "answers.jsonl").write_text("\n".join(lines) + '\n{"key": "cut')
    other = texts([given[0], {"text": "one that is not there"}], "more.jsonl")
    path = texts(given)
    found = select(path, n=4, to=texts.to, audit=0, answered=[folder.parent, other])
    assert found.answered == len({row["id"] for row in (*first, given[0])})
    assert set(topics_of(read(texts.to))) == set(TOPICS[1:])


def test_pairs_and_plain_lines(texts):
    pairs = [{"a": row["text"], "b": f"second {row['id']}"} for row in rows(40)]
    select(texts(pairs), n=10, to=texts.to, text_column="a,b")
    assert all(row in pairs for row in read(texts.to))
    lines = texts.to.with_name("lines.txt")
    lines.write_text("".join(f"{row['text']}\n" for row in rows(40)))
    found = select(lines, n=10, to=texts.to.with_name("lines.csv"), audit=0)
    assert found.texts == 40
    assert found.path.read_text(encoding="utf-8-sig").splitlines()[0] == "text"


def test_bad_rows_are_left_out_where_that_is_asked_for(texts):
    bad = texts([{"text": ""}, *rows(40), {"text": None}])
    with pytest.raises(UserError, match=r"2 of the 42 rows .* cannot be used: .*--skip-bad"):
        select(bad, n=10, to=texts.to)
    assert select(bad, n=10, to=texts.to, skip_bad=True).skipped == 2


def test_half_characters_are_told_before_anything_is_written(texts):
    """A traceback once all is chosen, where a column beside the text has half of one."""
    bad = texts([*rows(40), {"text": "a film", "id": "x\ud800"}])
    with pytest.raises(UserError, match=r"'id' holds half a character"):
        select(bad, n=10, to=texts.to)
    assert select(bad, n=10, to=texts.to, skip_bad=True).skipped == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n": 0}, "n is 0: write the number of texts"),
        ({"n": -5}, "n is -5: write the number of texts"),
        ({"n": 200}, "has 200 different texts: ask for all of them"),
        ({"audit": 1.0}, "audit is 1.0: write a share from 0 to 0.9"),
        ({"audit": float("nan")}, "audit is nan: write a share"),
        ({"near": 0.0}, "near is 0.0: write a cosine above 0"),
        ({"seed": -1}, "seed is -1: write a number from 0"),
        ({"threads": 0}, "threads is 0: write at least 1"),
        ({"to": "chosen.parquet"}, "write a file that ends in .csv, .tsv, .jsonl"),
        ({"to": "no/chosen.jsonl"}, "there is no folder"),
        ({"to": "texts.jsonl"}, "is the file that is read"),
        ({"to": "there.jsonl"}, "there.jsonl is there already, and may hold labels"),
        ({"texts": "none.jsonl"}, "there is no file"),
        ({"texts": "."}, "is a folder: give a file of texts"),
        ({"texts": "a.pdf"}, "is none of .jsonl"),
        ({"text_column": "review"}, "no column 'review'"),
        ({"answered": "."}, "where no file is called answers.jsonl"),
        ({"answered": "none"}, "there is no such file of texts"),
        ({"student": "none.tflite"}, "none.tflite"),
        ({"encoder": "none.tflite"}, "none.tflite"),
        ({"clusters": 3}, "select has no setting 'clusters': it has encoder"),
    ],
)
def test_what_is_refused(texts, monkeypatch, settings, sentence):
    """Before anything is written."""
    path = texts()
    monkeypatch.chdir(path.parent)
    for name in ("there.jsonl", "a.pdf"):
        path.with_name(name).write_text("x\n")
    before = {each.name for each in path.parent.iterdir()}
    given = {"texts": path, "n": 20, "to": "chosen.jsonl", **settings}
    with pytest.raises(UserError) as caught:
        select(given.pop("texts"), **given)
    assert sentence in str(caught.value)
    assert {each.name for each in path.parent.iterdir()} == before
    assert path.with_name("there.jsonl").read_text() == "x\n"


def test_all_that_is_left_is_answered(texts):
    path = texts()
    with pytest.raises(UserError, match=r"0 different texts that are not answered yet \(200 are\)"):
        select(path, n=5, to=texts.to, answered=path)


def test_an_empty_file(texts):
    with pytest.raises(UserError, match="is empty"):
        select(texts([]), n=5, to=texts.to)
