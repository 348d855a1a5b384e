"""Models that write are timed while they write, not by one pass over a row."""

from tfkd.data import Schema
from tfkd.reporting.scoring import TestSet
from tfkd.running.measuring import _time_writing
from tfkd.tasks import find


class Writing:
    """A model that only remembers what it was asked to write."""

    def __init__(self):
        self.rows, self.longest = [], set()

    def write(self, rows, decoding):
        self.rows += rows
        self.longest.add(decoding.longest)
        return [[] for _ in rows]


def test_the_time_is_that_of_whole_texts():
    """A throughput of texts that are read, sold as that of texts that are written."""
    model, test = Writing(), TestSet(find("translation"), Schema((), {"longest": 7}), [])
    rows = [{"input_ids": [2, i, 3], "decoder_input_ids": [2, 5]} for i in range(100)]
    found = _time_writing(test, model, rows)
    assert set(found) == {"latency_p50", "latency_p95", "texts_per_second"}
    assert model.longest == {7}
    assert {row["input_ids"][1] for row in model.rows} == set(range(16))


def test_a_language_model_goes_on_with_a_beginning():
    model, test = Writing(), TestSet(find("translation"), Schema((), {}), [])
    _time_writing(test, model, [{"input_ids": list(range(50))}])
    assert model.rows[0] == {"input_ids": list(range(8))}
