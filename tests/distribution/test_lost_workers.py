"""Workers that are killed or taken away: the others end soon, and all go on when started again."""

import json
import os
import random
import signal
import time

import numpy as np
import pytest
from cluster import HERE, ended, start

KILLS = 5
STEPS = 4 * 13


def steps(process):
    """The steps that a process tells of, as they are made."""
    for line in process.stdout:
        if line.startswith("step "):
            yield int(line.split()[1])


def begun(tmp_path, workers):
    return start(workers, HERE / "kept.py", tmp_path / "backup", tmp_path / "out-{worker}.json")


def whole(tmp_path, workers=1):
    """What an uninterrupted training gives."""
    folder = tmp_path / "whole"
    folder.mkdir()
    found = ended(begun(folder, workers))
    assert [code for code, _ in found] == [0] * workers, found[0][1][-3000:]
    return json.loads((folder / "out-0.json").read_text())


def assert_as(path, expected, atol):
    found = json.loads(path.read_text())
    for a, b in zip(found["weights"], expected["weights"], strict=True):
        np.testing.assert_allclose(a, b, atol=atol)
    assert found["numbers"] == pytest.approx(expected["numbers"], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_five_times(tmp_path, workers):
    """`kill -9` of one of the workers at a random step, and a new start of all of them."""
    expected, rng = whole(tmp_path, workers), random.Random(workers)
    at = [rng.randrange(4 + 9 * i, 12 + 9 * i) for i in range(KILLS)]  # each further than the last
    for stop in at:
        processes = begun(tmp_path, workers)
        victim = rng.randrange(workers)
        for step in steps(processes[victim]):
            if step >= stop:
                processes[victim].kill()
                break
        killed = time.monotonic()
        found = ended(processes, timeout=120)
        assert time.monotonic() - killed < 60
        for i, (code, said) in enumerate(found):
            if i == victim:
                assert code == -signal.SIGKILL, said[-3000:]
            else:
                assert code == 1, said[-3000:]
                assert "LostWorker: worker" in said
                assert "start the same command on all of them again" in said
    found = ended(begun(tmp_path, workers))
    assert [code for code, _ in found] == [0] * workers, found[0][1][-3000:]
    assert "going on from" in found[0][1]
    for i in range(workers):
        assert_as(tmp_path / f"out-{i}.json", expected, atol=0 if workers == 1 else 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_to_one_worker_ends_all_of_them(tmp_path, workers):
    """The state of the very step is kept, on whichever machine the signal comes."""
    expected = whole(tmp_path, workers)
    processes = begun(tmp_path, workers)
    for step in steps(processes[-1]):
        if step >= 20:
            processes[-1].send_signal(signal.SIGTERM)
            break
    found = ended(processes, timeout=120)
    assert [code for code, _ in found] == [75] * workers, found[0][1][-3000:]
    assert len(os.listdir(tmp_path / "backup")) == 2 * workers
    found = ended(begun(tmp_path, workers))
    assert "going on from step" in found[0][1]
    assert_as(tmp_path / "out-0.json", expected, atol=0 if workers == 1 else 1e-6)
