"""CoNLL files: a word a line, a blank line behind a sentence, tags in the last column."""

import gzip

import pytest

from tfkd import UserError
from tfkd.data.conll_rows import looks_like_conll
from tfkd.data.folders import split_files
from tfkd.data.rows import read_rows

FOUR = """\
-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
# # # O

Peter\u00a0Blackburn NNP B-NP B-PER
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="a.conll"):
        path = tmp_path / name
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


def read(path):
    return [row.fields for row in read_rows(path)]


@pytest.mark.parametrize("name", ["a.conll", "a.iob", "a.bio", "a.txt", "a.conll.gz", "a.txt.gz"])
def test_columns_by_name_and_number(write, name):
    first, second = read(write(FOUR, name))
    assert first["tokens"] == first["1"] == ["EU", "rejects", "#"]
    assert first["2"] == ["NNP", "VBZ", "#"]
    assert first["tags"] == first["4"] == ["B-ORG", "O", "O"]
    assert second["tokens"] == ["Peter\u00a0Blackburn"]


def test_rows_say_where_they_stand(write):
    path = write(FOUR)
    rows = [row.where.removeprefix(str(path)) for row in read_rows(path)]
    assert rows == [", row 1 (line 3)", ", row 2 (line 7)"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\tO\nb c\tB-X\n", [["a", "b c"]]),
        ("a O\r\nb O\r\n\r\nc O\r\n", [["a", "b"], ["c"]]),
        ("\n\na O\n\n\n\nb O", [["a"], ["b"]]),
        ("# id 1\na O\n\n# text = a b\nb O\n", [["a"], ["b"]]),
        ("a N B-X\n\n# id 7\nb N O\n", [["a"], ["b"]]),
        ("a B-X\n\n# doc3\nb O\n#doc 4\n#5 O\n", [["a"], ["b", "#5"]]),
        ("# id 7\n\na N B-X\n", [["a"]]),
        ("# newdoc id = O\na B-X\n", [["a"]]),
        ("we O\n#1 TEAM\n\nC LANG\n# LANG\n# doc3\n", [["we", "#1"], ["C", "#"]]),
        ("# # NN\na b NN\n# id 7\n#x y JJ\n", [["#", "a", "#x"]]),
        ("we PRP\n# #\n", [["we", "#"]]),
        ("a\n#b\n#\n# id 7\n", [["a", "#b", "#"]]),
        ("a O\n \nb O\n", [["a"], ["b"]]),
        ("a\nb\n\nc\n", [["a", "b"], ["c"]]),
        ("-DOCSTART- O\na O\n-DOCSTART- O\nb O\n", [["a"], ["b"]]),
        ("\u3000 O\n北 B-X\n", [["\u3000", "北"]]),
    ],
)
def test_ways_to_write_it(write, text, words):
    assert [row["tokens"] for row in read(write(text))] == words


def test_words_alone_have_no_tags(write):
    assert read(write("a\nb\n")) == [{"tokens": ["a", "b"], "1": ["a", "b"]}]


def test_lines_of_unlike_width(write):
    path = write("a N O\nb N O\n\nc O\nd N O\n")
    with pytest.raises(UserError, match=r"row 2 \(line 4\): line 5 has 3|line 4 has 2 columns"):
        read(path)


@pytest.mark.parametrize(
    ("text", "is_conll"),
    [
        ("EU B-ORG\nrejects O\n", True),
        ("EU\tB-ORG\nrejects\tO\n\nBonn\tB-LOC\n", True),
        ("I saw O\nand nothing else\n", False),
        ("text\tlabel\na film\tO\n", False),
        ("Rome is old\n\nParis too\n", False),
        ("one B-X two\nthree O four\n", False),
        ("", False),
        ("\n\n", False),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.tsv"])
def test_which_texts_look_like_it(write, text, is_conll, name):
    assert looks_like_conll(write(text, name)) is is_conll


def test_a_folder_of_splits(tmp_path):
    from tfkd.data import open_data
    from tfkd.tasks import find

    for name, count in (("train.txt", 30), ("dev.txt", 4), ("test.conll", 3)):
        lines = (f"w{name}{i} I-PER\nx O\n\n" for i in range(count))
        (tmp_path / name).write_text("".join(lines))
    data = open_data(tmp_path, reader=find("token-classification"))
    assert data.counts == {"train": 30, "validation": 4, "test": 3}
    assert next(data.read("test"))["tags"] == ("B-PER", "O")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("test.txt", "a O\nb c O\n", r"line 2 is 'b c O', with 3 columns. Correct it"),
        ("dev.txt", "a O\n\nb PER\n", "line 3 is 'b PER', whose end is no tag such as B-PER or O"),
        ("test.txt", "a film\n", "line 1 is 'a film', whose end is no tag"),
        ("val.txt.gz", "-DOCSTART- O\n\n", "it has no words"),
        ("unlabelled.txt", "word\n", "line 1 is 'word', with 1 column"),
    ],
)
@pytest.mark.parametrize("train", ["train.txt", "train.conll"])
def test_no_split_of_a_folder_is_left_out(tmp_path, train, name, text, says):
    """It was cut from train instead, and the scores were those of other texts."""
    (tmp_path / train).write_text("".join(f"w{i} B-X\nb O\n\n" for i in range(60)))
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    with pytest.raises(UserError, match=rf"{name} is not as {train} is.*{says}"):
        split_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", "a PER\nb O\n", "line 1 is 'a PER', whose end is no tag"),
        ("a.txt", "a O\n\nb B-X\nc d O\n", "line 4 is 'c d O', with 3 columns"),
        ("a.tsv", "a\tPER\nb\tO\n", "line 1 is 'a PER', whose end is no tag"),
    ],
)
def test_a_file_of_words_that_was_read_as_a_table(write, name, text, says):
    """The error took its first word for the name of a column, to be given with --text-column."""
    from tfkd.data import open_data
    from tfkd.tasks import find

    with pytest.raises(UserError, match=f"a word with its tags, name it .conll: {says}") as error:
        open_data(write(text, name), reader=find("token-classification"))
    assert "By the first rows" not in str(error.value)
    assert "--header" not in str(error.value)


def test_a_column_that_a_file_of_words_lacks(write):
    from tfkd.data import open_data
    from tfkd.tasks import find

    with pytest.raises(UserError, match="no column '9'") as error:
        open_data(
            write("a B-X\nb O\n", "a.txt"),
            reader=find("token-classification"),
            columns={"tags": "9"},
        )
    assert ".conll" not in str(error.value)


def test_texts_beside_files_of_words(tmp_path):
    """Its words with tags are there, so a file of the same name may be anything."""
    for name in ("train.conll", "test.conll"):
        (tmp_path / name).write_text("a B-X\nb O\n")
    (tmp_path / "test.txt").write_text("a b\n")
    assert [path.name for path in split_files(tmp_path).values()] == ["test.conll", "train.conll"]


def test_a_folder_of_words_in_an_encoding(tmp_path):
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_bytes("Zoë B-X\nb O\n".encode("cp1252"))
    assert sorted(split_files(tmp_path, "cp1252")) == ["test", "train"]
    (tmp_path / "train.txt").write_text("Zoë B-X\nb O\n")
    with pytest.raises(UserError, match=r"test.txt, line 1: byte 2 .*--encoding cp1252"):
        split_files(tmp_path)


def test_a_folder_of_types_without_prefixes(tmp_path):
    from tfkd.data import open_data

    (tmp_path / "train.txt").write_text("a PER\nb O\n")
    with pytest.raises(UserError, match=r"a word with its tags on each line, name it train.conll"):
        open_data(tmp_path)


def test_another_column_of_tags(write):
    from tfkd.data import open_data
    from tfkd.tasks import find

    path = write("".join(f"w{i} B-X O\nb I-X O\n\n" for i in range(60)))
    data = open_data(path, reader=find("token-classification"), columns={"tags": "2"})
    assert data.labels == ("B-X", "I-X", "O")


@pytest.mark.parametrize("columns", [{}, {"tokens": "1"}])
def test_words_alone_are_no_tags_of_their_own(write, columns):
    """The column `1` is that of the words: each word would be the name of a type."""
    from tfkd.data import open_data
    from tfkd.tasks import find

    reader = find("token-classification")
    alone = write("".join(f"w{i % 9}\nx{i % 7}\ny\n\n" for i in range(300)))
    with pytest.raises(UserError, match="no column 'tags'; it has 'tokens', '1'"):
        open_data(alone, reader=reader, columns=columns)
    tagged = write("".join(f"w{i} B-X\nb O\n\n" for i in range(60)), "b.conll")
    data = open_data(tagged, reader=reader, unlabelled=alone, columns=columns)
    assert data.counts["unlabelled"] == 300
    with pytest.raises(UserError, match=r"a.conll, row 1: no column 'tags'"):
        open_data(tagged, reader=reader, test=alone, columns=columns)
