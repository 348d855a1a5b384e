"""What a candidate takes, before anything is trained."""

from pathlib import Path

import pytest

from tfkd import UserError
from tfkd.reporting.report import load as load_report
from tfkd.running import encoders, fitting
from tfkd.running.config import read_config
from tfkd.searching import Budget, Measured
from tfkd.searching.fits import fit_default, measure_file, measure_untrained, smallest
from tfkd.searching.ground import Ground
from tfkd.searching.space import Space


@pytest.fixture(scope="module")
def ground(finished, tmp_path_factory):
    """The data of a finished run."""
    return Ground.open(read_config(finished / "config.toml"), tmp_path_factory.mktemp("ground"))


@pytest.fixture
def learnt(monkeypatch):
    """Count vocabularies that are learnt, and let no training begin."""
    real, sizes = encoders.learn_encoder, []

    def learn(config, *arguments):
        sizes.append(config.student.vocab_size)
        return real(config, *arguments)

    def train(*arguments, **options):
        raise AssertionError("a candidate is trained before it is known to fit")

    monkeypatch.setattr(encoders, "learn_encoder", learn)
    monkeypatch.setattr(fitting, "train_distiller", train)
    return sizes


def test_an_untrained_file_is_as_large_as_the_trained_one(ground, finished, learnt):
    """A budget that candidates are measured for, and students break."""
    measured = measure_untrained(ground.config, ground)
    trained = measure_file(finished / "student.tflite", ground)
    assert measured.megabytes == pytest.approx(trained.megabytes, rel=0.01)
    assert 0.1 < measured.milliseconds / trained.milliseconds < 10
    assert measured.parameters > 10_000
    wide = ground.config.replaced(student_settings={"width": 64})
    assert measure_untrained(wide, ground).megabytes > measured.megabytes
    # The second one has the same vocabulary.
    assert len(learnt) <= 1


def test_tables_of_zeros_are_as_large_as_learnt_ones(ground, learnt):
    """A file stores equal constants once."""
    settings = {"bigrams": 20_011, "trigrams": 20_011}
    config = ground.config.replaced(student="ngram_linear:tiny", student_settings=settings)
    assert measure_untrained(config, ground).megabytes > 0.04


def test_what_cannot_be_built_is_refused_in_a_sentence(ground):
    config = ground.config.replaced(student_settings={"width": -3})
    with pytest.raises(UserError, match="width"):
        measure_untrained(config, ground)


def test_where_nothing_fits_the_smallest_candidate_is_named(ground):
    space = Space.of(ground.config, fixed=("student",))
    assert smallest(space, Budget(1), lambda config: Measured(0.9, 3.0, 1)) == ""
    assert smallest(space, Budget(1), lambda config: Measured(1.5, 0.04, 1)) == (
        "nothing fits: the smallest candidate, text_cnn in int4, takes 1.5 MB and 0.04 ms: "
        "allow at least that."
    )

    def refuse(config):
        raise UserError("too small.")

    assert smallest(space, Budget(1), refuse) == "no candidate can be built: too small."


def test_the_fastest_may_be_another_one_than_the_smallest(ground):
    def measure(config):
        table = config.student.source.startswith("static")
        return Measured(0.5, 0.02, 1) if table else Measured(0.4, 0.05, 1)

    told = smallest(Space.of(ground.config), Budget(0.1, 0.01), measure)
    assert "the smallest candidate, text_cnn in int4, takes 0.4 MB and 0.05 ms" in told
    assert told.endswith("the fastest, static in int4, 0.5 MB and 0.02 ms: allow at least that.")


def test_a_search_begins_with_the_default_made_to_fit(ground):
    """Of forty trials ten are drawn at random, and most of these are too large."""
    space = Space.of(ground.config, texts=100)
    sizes = []

    def measure(config):
        width = config.student.settings.get("width", 32)
        sizes.append(config.student.max_length)
        return Measured(width / 10, 0.1, 1)

    assert fit_default(space, Budget(4), measure) is None
    fitting = fit_default(space, Budget(2), measure)
    assert fitting["text_cnn.width"] == 16
    assert fitting["temperature"] == space.first()["temperature"]
    assert set(fitting) == set(space.first())
    assert set(sizes) == {ground.config.student.max_length}
    assert fit_default(space, Budget(0.01), measure) is None
    assert fit_default(space, Budget(0, 0.01), measure) is None


def test_nobody_knows_how_long_an_untrained_student_writes():
    from tfkd.running.config import make_config

    config = make_config({"data": "x", "teacher": "hf:x", "task": "translation"})
    told = smallest(Space.of(config.replaced(student="seq2seq")), Budget(0, 1), None)
    assert "leave --max-ms out" in told


@pytest.mark.slow
def test_a_compressed_file_is_as_large_untrained(tfkd, short_settings, tmp_path):
    """Pruning by other scores, or ranks by other inputs, that leave another number of weights."""
    made = ("--set", "width=64", "--set", "filters=64")
    made += ("--vocab-size", "1000")
    small = ("--compress", "prune:0.4", "--compress", "low_rank:0.4", "--quantize", "int8")
    assert tfkd("distill", *short_settings, *made, *small, "--to", "out")[0] == 0
    config = read_config(Path("out", "config.toml"))
    ground = Ground.open(config, tmp_path / "ground")
    measured = measure_untrained(ground.config, ground)
    file = Path("out", "student.tflite")
    assert measured.megabytes == pytest.approx(file.stat().st_size / 1e6, rel=0.01)
    trained = next(row for row in load_report(Path("out")).rows if row.name == "distilled")
    assert measured.parameters == pytest.approx(trained.parameters, rel=0.01)
