"""Files of SemEval-2010 task 8, as they are given out."""

import gzip

import pytest

from tfkd import UserError
from tfkd.data import open_data
from tfkd.data.rows import read_rows
from tfkd.tasks import find

FILE = (
    '1\t"The <e1>system</e1> says "no" to <e2>all</e2>."\r\nComponent-Whole(e2,e1)\r\n'
    "Comment: Not a collection.\r\n\r\n"
    '2\t"The <e1>child</e1> lay in the <e2>cradle</e2>."\r\nOther\r\nComment:\r\n\r\n'
)


def rows_of(path):
    return [row.fields for row in read_rows(path)]


def test_sentences_with_their_relations(tmp_path):
    path = tmp_path / "TRAIN_FILE.TXT"
    path.write_bytes(FILE.encode())
    first, second = rows_of(path)
    assert first == {
        "id": "1",
        "text": 'The <e1>system</e1> says "no" to <e2>all</e2>.',
        "relation": "Component-Whole(e2,e1)",
    }
    assert second["relation"] == "Other"
    packed = tmp_path / "train.txt.gz"
    packed.write_bytes(gzip.compress(FILE.encode()))
    assert rows_of(packed) == [first, second]
    (tmp_path / "no_blank.txt").write_bytes(FILE.replace("\r\n\r\n", "\r\n").encode())
    assert rows_of(tmp_path / "no_blank.txt") == [first, second]


def test_sentences_alone(tmp_path):
    path = tmp_path / "TEST_FILE.TXT"
    path.write_text('8001\t"<e1>a</e1> <e2>b</e2>"\n8002\t"<e2>c</e2> <e1>d</e1>"\n')
    assert [row["id"] for row in rows_of(path)] == ["8001", "8002"]
    assert "relation" not in rows_of(path)[0]


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ('3\t"<e1>a</e1> <e2>b</e2>"\n\n', "line 9: a sentence without a relation"),
        ('3\t"<e1>a</e1> <e2>b</e2>"\nOther\nOther\n\n', "line 9: 2 lines after a sentence"),
        ("Other\n\n", "line 9: 'Other' is no numbered sentence"),
        ('3\t"<e1>a <e2>b</e2>"\nOther\n\n', "line 9: <e1> is not closed"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path, added, says):
    path = tmp_path / "train.txt"
    path.write_text((FILE * 9).replace("\r\n", "\n").replace("Comment:\n\n", "\n", 0) + added)
    with pytest.raises(UserError) as told:
        open_data(path, reader=find("relation-classification"))
    line = str(9 + 8 * 8)
    assert says.replace("line 9", f"line {line}") in str(told.value)
    assert str(path) in str(told.value)


def test_another_text_stays_what_it_is(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text('label\ttext\ngood\t"a film"\n')
    assert list(rows_of(path)[0]) == ["label", "text"]
