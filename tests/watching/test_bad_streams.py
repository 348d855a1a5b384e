"""What is wrong with a stream is told by its line; what is right is counted."""

import json

import pytest
from stub_streams import lines

from tfkd.errors import UserError
from tfkd.watching import WatchSettings

GOOD = lines(["neutral"] * 12)
LINES = {
    "not JSON": ('{"time": 1772362800, "text": ', "it is not JSON"),
    "a list": ("[1, 2]", "it is no JSON object"),
    "no text": ('{"time": "2026-03-01T00:05:00Z"}', "it has no text under 'text'"),
    "an empty text": ('{"time": "2026-03-01T00:05:00Z", "text": " "}', "give at least one word"),
    "a text that is a number": ('{"time": "2026-03-01T00:05:00Z", "text": 7}', "has no text"),
    "no time": ('{"text": "neutral"}', "it has no 'time'"),
    "a time that is none": ('{"time": "yesterday", "text": "neutral"}', "'yesterday' is none"),
    "milliseconds": ('{"time": 1772362800000, "text": "neutral"}', "divide milliseconds by 1000"),
    "a date as a number": ('{"time": 20260301, "text": "neutral"}', "a date without signs"),
    "a time without a zone": (
        '{"time": "2026-03-01T00:05:00", "text": "neutral"}',
        "is without a zone, and those before are with one",
    ),
    "tomorrow's news": ('{"time": "2099-01-01T00:00:00Z", "text": "neutral"}', "has not come yet"),
    "too late": (
        '{"time": "2026-02-28T00:00:00Z", "text": "neutral"}',
        "is older than 2026-03-01T00:05:00Z, which came before it",
    ),
    "two topics": (
        '{"time": "2026-03-01T00:05:00Z", "text": "neutral", "topic": ["a", "b"]}',
        "write one name",
    ),
    "not UTF-8": (b'{"time": "2026-03-01T00:05:00Z", "text": "caf\xe9"}', "it is not UTF-8"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_bad_line_is_told_and_skipped(watched, caplog, tmp_path, name):
    """One sentence with the number of the line; the others count."""
    bad, sentence = LINES[name]
    bad = bad if isinstance(bad, bytes) else bad.encode()
    good = "".join(GOOD).encode().splitlines(True)
    (tmp_path / "stream.jsonl").write_bytes(b"".join([*good[:6], bad + b"\n", *good[6:]]))
    seen, _ = watched(None, window="8")
    assert (seen.texts, seen.skipped) == (12, 1)
    (told,) = [record.getMessage() for record in caplog.records if "skipped" in record.getMessage()]
    assert "line 7 of" in told
    assert sentence in told
    assert "\n" not in told


def test_many_bad_lines_are_told_once(watched, caplog):
    """A screen of the same sentence."""
    seen, _ = watched(GOOD + ["{\n"] * 40)
    assert seen.skipped == 40
    assert len([r for r in caplog.records if "skipped" in r.getMessage()]) == 11


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (["time,text\n"] + ["2026-03-01,neutral\n"] * 200, "it is not JSON"),
        ([json.dumps({"date": "2026-03-01", "text": "neutral"}) + "\n"] * 3, "it has no 'time'"),
        (["[\n", json.dumps([{"time": 1, "text": "a"}]) + "\n", "]\n"], "line 1 of"),
    ],
)
def test_a_file_of_something_else_is_refused(watched, tmp_path, content, sentence):
    """A watch of nothing that looks like one without an alarm; the next try may use the name."""
    with pytest.raises(UserError, match=sentence):
        watched(content)
    assert watched(GOOD)[0].texts == 12


def test_a_file_that_is_sorted_the_other_way_is_refused(watched):
    """The newest first: rises would be falls."""
    with pytest.raises(UserError, match=r"cannot be read.*sort the texts by time"):
        watched(lines(["neutral"] * 300, minutes=30)[::-1])


def test_a_compressed_file_is_told_how_to_be_read(watched, tmp_path):
    """Bytes that are no text at all."""
    import gzip

    (tmp_path / "stream.jsonl").write_bytes(gzip.compress("".join(GOOD).encode()))
    with pytest.raises(UserError, match="zcat FILE"):
        watched(None)


def test_texts_that_come_a_little_late_are_counted(watched):
    """Two sources, a minute apart."""
    rows = lines(["neutral"] * 12)
    seen, _ = watched(rows[:5] + rows[6:] + rows[5:6])
    assert (seen.texts, seen.skipped, seen.out_of_order) == (12, 0, 1)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"window": "soon"}, "write a time, such as 90s"),
        ({"window": "0h"}, "write a time"),
        ({"window": "2"}, "at least 4 texts"),
        ({"run_length": 1}, "100 texts or more"),
        ({"run_length": float("nan")}, "100 texts or more"),
        ({"change": 1.0}, "1.1 or more"),
        ({"reference": 5}, "50 texts or more"),
        ({"late": "an hour"}, "late is 'an hour'"),
        ({"zone": "Mars/Base"}, "name of a time zone"),
        ({"zone": "../../etc/passwd"}, "name of a time zone"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, sentence):
    """Before a model is loaded."""
    with pytest.raises(UserError, match=sentence):
        WatchSettings(**settings)


def test_the_stream_itself_is_not_written_to(watched, tmp_path):
    """A stream that reads its own alarms."""
    with pytest.raises(UserError, match="the file that is read"):
        watched(GOOD, to="stream.jsonl")
    assert (tmp_path / "stream.jsonl").read_text() == "".join(GOOD)
    with pytest.raises(UserError, match="no folder"):
        watched(GOOD, to="nowhere/out.jsonl")


def test_another_key_is_not_read_where_the_named_one_is_missing(watched):
    """A headline that is missing, and the body counted in its place."""
    records = [{**json.loads(line), "title": "neutral"} for line in GOOD]
    del records[6]["title"]
    seen, _ = watched([json.dumps(each) + "\n" for each in records], window="8", text="title")
    assert (seen.texts, seen.skipped) == (len(GOOD) - 1, 1)
