"""Parts of the texts: each text in one of them, and the accuracy of these texts."""

import report_toys as toys

from tfkd.data.columns import KEPT
from tfkd.reporting.intervals import share_interval
from tfkd.reporting.sections.slices import slice_by_words, slices


def test_each_text_is_in_one_part_of_each_kind():
    """A text at the edge that counts twice, or not at all."""
    texts = [" ".join(["word"] * (1 + i % 7)) for i in range(50)]
    parts = [rows for _, _, rows in slice_by_words(texts)]
    assert sorted(row for rows in parts for row in rows) == list(range(50))
    assert len(parts) == 4


def test_texts_of_one_length_are_one_part():
    """Empty quarters, whose accuracy is 0 divided by 0."""
    assert [name for _, name, _ in slice_by_words(["a b", "c d", "e f"])] == ["2 words"]


def test_the_accuracy_of_the_parts():
    """The teacher's numbers under the student's name."""
    plots, table = slices(toys.answers())["figures"]
    rows = {(row["name"], row["model"]): row for plot in plots for row in plot["rows"]}
    names = ["3 words", "5 words", "negative", "positive"]
    assert list(dict.fromkeys(name for name, _ in rows)) == names
    assert rows["5 words", "teacher"]["value"] == 1.0
    assert rows["5 words", "student"]["value"] == 0.5
    assert rows["positive", "student"]["value"] == 0.5
    assert [line[:3] for line in table["rows"]] == [
        ["length: 3 words", 2, 1.0],
        ["length: 5 words", 2, 1.0],
        ["label: negative", 2, 1.0],
        ["label: positive", 2, 1.0],
    ]


def test_texts_without_a_label_do_not_count():
    """A text that nobody can score, scored as wrong."""
    plots, _ = slices(toys.answers(labels=(1, 0, -100, -100)))["figures"]
    rows = [(row["name"], row["model"], row["value"]) for row in plots[0]["rows"]]
    assert rows == [("3 words", "teacher", 1.0), ("3 words", "student", 1.0)]


def test_the_interval_stays_within_shares():
    """103 % accuracy as the end of a line."""
    low, high = share_interval(4, 4)
    assert 0.5 < low < 0.52  # 1 / (1 + 1.96² / 4) = 0.5101
    assert high == 1.0
    assert share_interval(0, 4)[0] == 0.0


def test_the_values_of_a_column_are_parts_too():
    """A column that the page was asked for, and does not show."""
    given = toys.answers()
    for example, value in zip(given.examples, ("news", "news", None, "talk"), strict=True):
        example[KEPT] = value
    plots, table = slices(toys.answers(examples=given.examples, by="label"))["figures"]
    assert plots[0]["caption"] == "By label"
    assert [row["name"] for row in plots[0]["rows"][::2]] == ["news", "talk", "(none)"]
    assert table["rows"][0][:3] == ["column label: news", 2, 1.0]
    assert len(plots) == 3
