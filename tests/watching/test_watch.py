"""A stream from lines to alarms."""

import json
from datetime import timedelta

import pytest
from stub_streams import START, draw_classes, lines

from tfkd.errors import UserError
from tfkd.tasks.text_regression import TextRegression
from tfkd.watching import WatchSettings, watch
from tfkd.watching.watch_summary import summarize_watch

CALM, BAD = (0.1, 0.7, 0.2), (0.6, 0.3, 0.1)


def by_event(events, name):
    return [event for event in events if event["event"] == name]


def test_a_change_is_an_alarm_of_its_topic(watched):
    """The mood of one topic turns; that of the other stays."""
    calm = draw_classes(1, (900, CALM))
    turning = draw_classes(2, (450, CALM), (450, BAD))
    mixed = [name for pair in zip(calm, turning, strict=True) for name in pair]
    topics = ("oil", "banks")
    seen, events = watched(lines(mixed, topic=lambda i: topics[i % 2]), window="200")
    alarms = by_event(events, "alarm")
    assert list(seen.alarms) == alarms
    first = alarms[0]
    assert {alarm["topic"] for alarm in alarms} <= {"banks", None}
    assert (first["topic"], first["direction"]) == (
        "banks",
        "up" if first["class"] == "negative" else "down",
    )
    assert 900 < first["line"] < 1_200
    negative = next(a for a in alarms if a["class"] == "negative" and a["topic"] == "banks")
    assert negative["before"] == pytest.approx(0.1, abs=0.06)
    assert negative["after"] == pytest.approx(0.6, abs=0.2)
    assert START + timedelta(minutes=820) < _time(negative["since"]) < _time(negative["time"])
    assert any("banks: negative rose from" in line for line in summarize_watch(seen))


def _time(written):
    from datetime import datetime

    return datetime.fromisoformat(written)


def test_shuffled_texts_raise_no_alarm(watched):
    """The same texts, in an order without news."""
    seen, _ = watched(lines(draw_classes(3, (4_000, CALM))), window="500")
    assert seen.alarms == ()
    assert seen.is_watched


def test_windows_of_time_and_of_texts_count_the_same(watched):
    """Rates of a window that slides: each text is in four quarters."""
    classes = draw_classes(4, (240, CALM))
    _, by_time = watched(lines(classes), to="time.jsonl", window="1h")
    _, by_texts = watched(lines(classes), to="texts.jsonl", window="60")
    at_time = by_event(by_time, "window")
    at_texts = by_event(by_texts, "window")
    assert [w["rates"] for w in at_time[3:]] == [w["rates"] for w in at_texts[3 : len(at_time)]]
    share = classes[:60].count("negative") / 60
    assert at_time[3]["rates"]["negative"] == pytest.approx(share, abs=1e-6)
    assert (at_time[3]["from"], at_time[3]["to"]) == (
        "2026-03-01T00:00:00Z",
        "2026-03-01T01:00:00Z",
    )
    assert at_time[3]["texts"] == 60


def test_a_silence_has_no_windows(watched):
    """A weekend of empty lines, and a window that holds Friday's texts on Monday."""
    evening = lines(["neutral"] * 30)
    monday = [json.dumps({"time": "2026-03-04T08:00:00Z", "text": "positive news"}) + "\n"] * 20
    late = [json.dumps({"time": "2026-03-04T09:30:00Z", "text": "positive news"}) + "\n"]
    _, events = watched(evening + monday + late, window="1h")
    windows = by_event(events, "window")
    # Friday's texts, in two quarters, slide through five windows; Monday's through four.
    assert [w["texts"] for w in windows] == [15, 30, 30, 30, 15, 20, 20, 20, 20]
    assert windows[-1]["rates"]["positive"] == 1.0


def test_epoch_seconds_and_zones_are_the_same_time(watched):
    """One text in three spellings."""
    rows = [1772362800, "1772362800.0", "2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00Z"]
    seen, _ = watched([json.dumps({"time": t, "text": "neutral"}) + "\n" for t in rows])
    assert (seen.texts, seen.newest, seen.out_of_order) == (4, "2026-03-01T11:00:00Z", 0)


def test_times_without_a_zone_are_of_the_one_that_is_given(watched):
    """An hour of summer time between the log and the world."""
    row = json.dumps({"time": "2026-07-01 12:00", "text": "neutral"}) + "\n"
    assert watched([row], zone="Europe/Berlin")[0].newest == "2026-07-01T10:00:00Z"
    assert watched([row], to="b", zone="+05:30")[0].newest == "2026-07-01T06:30:00Z"


def test_lines_are_printed_without_a_file(tmp_path, monkeypatch, capsys):
    """A pipe into the next program."""
    from stub_streams import FirstWord

    monkeypatch.setattr("tfkd.watching._watch.load", lambda path: FirstWord())
    source = tmp_path / "a.jsonl"
    source.write_text("".join(lines(["neutral"] * 60)))
    watch(source, source, settings=WatchSettings(window="40"))
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == [
        "window"
    ] * 6


def test_a_task_without_classes_is_refused(tmp_path, monkeypatch):
    """A rate of every number that was ever estimated."""
    from stub_streams import FirstWord

    from tfkd.data import Schema

    stub = FirstWord(TextRegression())
    stub.schema = Schema()
    monkeypatch.setattr("tfkd.watching._watch.load", lambda path: stub)
    with pytest.raises(UserError, match="names no classes whose rates could be watched"):
        watch("none.jsonl", "student.tflite")


def test_a_file_that_asks_has_a_rate_of_what_it_asks_about(watched):
    """New kinds of texts, of which every class is a guess."""
    from stub_streams import FirstWord

    from tfkd.runtime import Ask

    class Unsure(FirstWord):
        def predict(self, examples):
            answers = super().predict(examples)
            unsure = [answer.label == "negative" for answer in answers]
            return [Ask(a, 0.5) if u else a for a, u in zip(answers, unsure, strict=True)]

    stub = Unsure()
    stub.ask_below = 0.9
    source = lines(["negative", "neutral"] * 60)
    _, events = watched(source, load=stub, window="120")
    assert events[-1]["rates"] == {"negative": 0, "neutral": 0.5, "positive": 0, "(ask)": 0.5}
