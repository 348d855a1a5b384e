"""Trials of a search with a made-up objective: refusals, halving, kills, several processes."""

import contextlib
import json
import multiprocessing
import random

import pytest

optuna = pytest.importorskip("optuna", reason="needs the extra search")

from tfkd.errors import UserError
from tfkd.running.config import make_config
from tfkd.running.validation_run import Validated
from tfkd.searching.budget import Budget, Measured
from tfkd.searching.candidates import REFUSED, STOPPED, WHOLE, find_best, read_candidates
from tfkd.searching.halving import Rung
from tfkd.searching.journal import JOURNAL, open_study
from tfkd.searching.options import SearchOptions
from tfkd.searching.trial_loop import TrialLoop


class Line:
    """A space of one whole number and one category, around a default of 300."""

    config = make_config({"data": "sample", "vocab_size": 300})

    def __init__(self, bench):
        self.bench = bench

    def first(self):
        return {"size": 300, "kind": "a"}

    def suggest(self, trial):
        size = trial.suggest_int("size", 100, 1000)
        self.bench.step()
        kind = trial.suggest_categorical("kind", ["a", "b"])
        return {"vocab_size": size, "epochs": 2 if kind == "a" else 3}


RUNGS = (Rung(1 / 3, 1 / 3), Rung(1 / 3), Rung())


class Killed(BaseException):
    """What nothing catches, as a kill."""


class Bench:
    """Measures and scores by a formula; may be killed at its n-th call; counts trainings."""

    def __init__(self, folder, killed_at=None, fails=()):
        self.folder, self.killed_at, self.fails = folder, killed_at, fails
        self.calls, self.trained = 0, []

    def step(self):
        self.calls += 1
        if self.calls == self.killed_at:
            raise Killed

    def measure(self, config):
        self.step()
        return Measured(config.student.vocab_size / 500, 0.1, config.student.vocab_size)

    def train(self, number, config, rung):
        self.step()
        if number in self.fails:
            raise UserError("no such student.")
        self.trained.append((number, rung))
        score = 1 - abs(config.student.vocab_size - 432) / 1000 + config.training.epochs / 50
        return Validated(self.folder, {"accuracy": score * rung.work**0.1})

    def forget(self, number, rung):
        self.step()


def loop(folder, bench, **options):
    options = {"budget": Budget(megabytes=1), "trials": 24, **options}
    options = SearchOptions(**options)
    study = open_study(folder, sampler=options.sampler, seed=3, higher_is_better=True)
    told = []
    made = TrialLoop(
        study=study,
        folder=folder,
        space=Line(bench),
        options=options,
        metric="accuracy",
        higher_is_better=True,
        rungs=RUNGS,
        workshop=bench,
        tell=told.append,
    )
    made.begin()
    return made


def plain(loop):
    return [(c.number, c.state, dict(c.settings), c.scores) for c in read_candidates(loop.study)]


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A search that nobody interrupted."""
    folder = tmp_path_factory.mktemp("searched")
    bench = Bench(folder)
    made = loop(folder, bench)
    assert made.run()
    return made, bench


def test_the_first_trial_is_the_default(searched):
    """A default that is never measured, or is stopped on a rung."""
    first = read_candidates(searched[0].study)[0]
    assert first.state == WHOLE
    assert first.settings["vocab_size"] == 300


def test_the_default_is_never_stopped(tmp_path, monkeypatch):
    """Others that were quicker in other processes, and a verdict without the default."""
    made = loop(tmp_path, Bench(tmp_path), trials=4, budget=Budget(megabytes=10))
    default, lock = made._take_trial()
    monkeypatch.setattr(Bench, "train", lambda self, number, config, rung: better(self, number))
    while (taken := made._take_trial()) is not None:
        made._carry_out(taken[0])
    made._carry_out(default)
    lock.release()
    assert read_candidates(made.study)[0].state == WHOLE


def better(bench, number):
    """The later, the better."""
    return Validated(bench.folder, {"accuracy": number / 10})


def test_hours_before_a_kill_count(tmp_path, monkeypatch):
    """A search of two hours that is killed each hour, and never ends."""
    now = [0.0]
    monkeypatch.setattr("tfkd.searching.trial_loop.time.monotonic", lambda: now[0])
    for killed_at in (5, None):
        bench = Bench(tmp_path, killed_at=killed_at)
        step = bench.step

        def slow_step(step=step):
            now[0] += 100
            step()

        bench.step = slow_step
        made = loop(tmp_path, bench, trials=1)
        with contextlib.suppress(Killed):
            made.run()
    # The step that was cut off is done again.
    assert now[0] - 200 <= read_candidates(made.study)[0].seconds <= now[0]


def test_a_default_made_to_fit_is_the_second_trial(tmp_path):
    """A search that begins with ten candidates drawn at random, most of which are too large."""
    made = loop(tmp_path, Bench(tmp_path), trials=3)
    made.begin(lambda: {"size": 250, "kind": "b"})
    # As in another process, or after a kill.
    made.begin(lambda: {"size": 111, "kind": "b"})
    assert made.run()
    sizes = [each.settings["vocab_size"] for each in read_candidates(made.study)]
    assert sizes[:2] == [300, 250]
    assert 111 not in sizes


def test_nothing_is_trained_that_does_not_fit(searched):
    """A training of what is refused."""
    made, bench = searched
    refused = {each.number for each in read_candidates(made.study) if each.state == REFUSED}
    assert refused
    assert not refused & {number for number, _ in bench.trained}
    assert all("over 1 MB" in c.sentence for c in read_candidates(made.study) if c.sentence)


def test_as_many_are_trained_as_were_asked_for(searched):
    """Refused candidates that count as trials."""
    _, bench = searched
    assert len({number for number, _ in bench.trained}) == 24


def test_most_are_stopped_on_a_rung(searched):
    """All trained to the end."""
    made, bench = searched
    states = [each.state for each in read_candidates(made.study)]
    assert states.count(STOPPED) > states.count(WHOLE) > 1
    assert len([rung for _, rung in bench.trained if rung == RUNGS[-1]]) == states.count(WHOLE)


def test_search_finds_better_than_the_default(searched):
    """A winner that is the worst."""
    known = read_candidates(searched[0].study)
    best = find_best(known, higher_is_better=True)
    assert best.score > known[0].score
    assert best.score == max(each.score for each in known if each.state == WHOLE)


@pytest.mark.parametrize("seed", range(4))
def test_killed_search_ends_as_the_uninterrupted_one(searched, tmp_path, seed):
    """A sampler with a state in memory; a trial that is tried again under another number."""
    draw = random.Random(seed)
    for _ in range(100):
        bench = Bench(tmp_path, killed_at=draw.randint(1, 40))
        made = loop(tmp_path, bench)
        try:
            assert made.run()
            break
        except Killed:
            # As a process that dies in the middle of a line.
            with (tmp_path / JOURNAL).open("ab") as file:
                file.write(b'{"op_code": 5, "wor')
    assert plain(made) == plain(searched[0])


def test_training_goes_on_after_the_rungs_that_are_known(tmp_path):
    """A rung that is trained twice."""
    trained = []
    for killed_at in (4, None):
        bench = Bench(tmp_path, killed_at=killed_at)
        made = loop(tmp_path, bench, trials=1)
        with contextlib.suppress(Killed):
            made.run()
        trained += bench.trained
    assert trained == [(0, rung) for rung in RUNGS]


def work(folder):
    made = loop(folder, Bench(folder), trials=12)
    made.run()


def test_two_processes_never_have_the_same_trial(tmp_path):
    """Numbers given out twice, or more trials than were asked for."""
    loop(tmp_path, Bench(tmp_path))
    processes = [
        multiprocessing.get_context("fork").Process(target=work, args=(tmp_path,)) for _ in range(2)
    ]
    for each in processes:
        each.start()
    for each in processes:
        each.join(60)
        assert each.exitcode == 0
    known = read_candidates(loop(tmp_path, Bench(tmp_path)).study)
    assert [each.number for each in known] == list(range(len(known)))
    assert sum(each.state in (WHOLE, STOPPED) for each in known) == 12
    created = [json.loads(line) for line in (tmp_path / JOURNAL).read_text().splitlines()]
    workers = {line["worker_id"] for line in created}
    assert len(workers) >= 3


def test_failing_candidate_is_refused_and_failing_default_ends_the_search(tmp_path):
    """A search that dies of one candidate; one that goes on where nothing can be trained."""
    made = loop(tmp_path, Bench(tmp_path, fails=(1,)), trials=3)
    made.run()
    assert [c.sentence for c in read_candidates(made.study) if c.number == 1]
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(UserError, match="no such student"):
        loop(other, Bench(other, fails=(0,)), trials=3).run()


def test_search_ends_where_nothing_can_be_trained(tmp_path):
    """A broken store that refuses one candidate after the other, for hours."""
    made = loop(tmp_path, Bench(tmp_path, fails=range(1, 100)), trials=30)
    made.space.config = make_config({"data": "sample", "vocab_size": 900})
    made.space.first = lambda: {"size": 900, "kind": "a"}
    made.study.tell(made.study.ask(), state=optuna.trial.TrialState.PRUNED)
    with pytest.raises(UserError, match="no such student"):
        made.run()
    assert len(read_candidates(made.study)) < 20


def test_random_search_is_another_search(tmp_path, searched):
    """A control that is the same sampler."""
    made = loop(tmp_path, Bench(tmp_path), sampler="random")
    made.run()
    assert plain(made) != plain(searched[0])
