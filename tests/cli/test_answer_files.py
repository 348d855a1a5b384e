"""Rows of files that are answered, as records that the task of a file reads."""

import json

from tfkd.cli.answer_files import check_records
from tfkd.cli.predicting import RecordReader
from tfkd.data.file_kinds import FileForm
from tfkd.tasks import find


def test_rows_of_words_and_of_texts_in_one_file(tmp_path):
    """A text behind rows of words was given words that are none, after the file was checked."""
    rows = [{"tokens": ["a", "b"], "id": 3}, {"text": "a b"}, {"words": ["c"]}, {"tokens": ["d"]}]
    for given in (rows, rows[1:] + rows[:1]):
        path = tmp_path / "mixed.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in given))
        reader = RecordReader(find("token-classification"))
        records = list(check_records(path, reader, FileForm()))
        assert records == given
        wanted = [{"text": "a b"} if "text" in row else None for row in given]
        read = [reader.fields(record) for record in records]
        assert [each if "text" in each else None for each in read] == wanted
        assert all(reader.task.example(each, "here") for each in read)
