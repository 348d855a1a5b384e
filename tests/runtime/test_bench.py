"""How fast a file answers, in numbers that add up."""

import json

import pytest

from tfkd.errors import UserError
from tfkd.runtime import bench


@pytest.fixture(scope="module")
def finished_file(tmp_path_factory):
    """A small exported classifier."""
    import keras

    from tfkd import export
    from tfkd.students import text_cnn
    from tfkd.text import learn

    keras.utils.set_random_seed(0)
    encoder = learn(["a good film", "a bad film"] * 20, vocab_size=60, max_length=32)
    path = tmp_path_factory.mktemp("bench") / "small.tflite"
    export(
        text_cnn(encoder.vocab_size, 2, size="tiny", seed=0),
        path,
        encoder=encoder,
        labels=["bad", "good"],
    )
    return path


TIMINGS = [
    bench.Timing("a.tflite", 1.0, 1, 2.0, 3.0, 4.0, 400.0, 90.0),
    bench.Timing("b.tflite", 20.0, 1, 50.0, 60.0, 70.0, 500.0, 190.0),
]


def test_a_file_is_timed(finished_file, monkeypatch):
    """Percentiles that are not, or a cold start that was warm."""
    monkeypatch.setattr(bench, "STARTS", 1)
    one, two = bench.bench([finished_file], ["a film", "a long film " * 20], threads=(1, 2))
    assert (one.threads, two.threads) == (1, 2)
    for each in (one, two):
        assert 0 < each.p50 <= each.p95 <= each.p99 < each.cold_start
        assert 20 < each.peak_memory < 2_000
        assert each.megabytes == pytest.approx(finished_file.stat().st_size / 1e6)


def test_the_table_compares_with_the_first_file():
    """A ratio the wrong way round."""
    lines = bench.table(TIMINGS).splitlines()
    assert lines[2] == "| a.tflite | 1.00 | 1 | 2.000 | 3.000 | 4.000 | 1.0 | 400 | 90 |"
    assert lines[3] == "| b.tflite | 20.00 | 1 | 50.000 | 60.000 | 70.000 | 25.0 | 500 | 190 |"
    assert json.loads(bench.as_json(TIMINGS))[1]["p50"] == 50.0


@pytest.mark.parametrize(("files", "texts", "threads"), [([], ["a"], [1]), (["a"], [], [1])])
def test_nothing_to_time(files, texts, threads):
    """An index error."""
    with pytest.raises(UserError, match="at least one file, one text and one thread"):
        bench.bench(files, texts, threads=threads)


def test_no_such_file():
    """A page of LiteRT."""
    with pytest.raises(UserError, match="no file"):
        bench.bench(["absent.tflite"])
