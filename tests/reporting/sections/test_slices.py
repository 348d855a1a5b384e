"""Parts of the texts: each text in one of them, and the accuracy of these texts."""

import report_toys as toys

from tfkd.reporting.sections.slices import by_words, interval, slices


def test_each_text_is_in_one_part_of_each_kind():
    """A text at the edge that counts twice, or not at all."""
    texts = [" ".join(["word"] * (1 + i % 7)) for i in range(50)]
    parts = [rows for _, _, rows in by_words(texts)]
    assert sorted(row for rows in parts for row in rows) == list(range(50))
    assert len(parts) == 4


def test_texts_of_one_length_are_one_part():
    """Empty quarters, whose accuracy is 0 divided by 0."""
    assert [name for _, name, _ in by_words(["a b", "c d", "e f"])] == ["2 words"]


def test_the_accuracy_of_the_parts():
    """The teacher's numbers under the student's name."""
    found = {each["slice"]: each for each in slices(toys.answers())}
    assert list(found) == ["3 words", "5 words", "negative", "positive"]
    assert found["5 words"]["teacher"]["accuracy"] == 1.0
    assert found["5 words"]["student"]["accuracy"] == 0.5
    assert found["positive"]["student"]["accuracy"] == 0.5
    assert [each["texts"] for each in found.values()] == [2, 2, 2, 2]


def test_the_interval_stays_within_shares():
    """103 % accuracy as the end of a line."""
    low, high = interval(4, 4)
    assert 0.5 < low < 0.52  # 1 / (1 + 1.96² / 4) = 0.5101
    assert high == 1.0
    assert interval(0, 4)[0] == 0.0
