"""One finished run and one taught teacher for all tests of runs and of the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

STUDENT = ("--student", "text_cnn:tiny", "--vocab-size", "300", "--max-length", "32")
SETTINGS = ("sample:200", *STUDENT, "--teacher", "train:bag_of_ngrams:tiny", "--epochs", "3")
TEACHER = ("--teacher", "train:bag_of_ngrams:tiny", "--epochs", "1")
LEARNT = ("--vocab-size", "300", "--max-length", "32")


def short_teachers(patch):
    """Teachers that are trained on the spot take 30 epochs on so few texts; 3 will do."""
    patch.setattr("tfkd.running.fitting.EPOCHS", (2, 3))


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """The test works in a directory of its own, on a terminal of one width."""
    short_teachers(monkeypatch)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tfkd(capsys):
    """Run `tfkd ARGUMENTS` here; returns exit code, stdout and stderr."""

    def run(*arguments):
        code = call(*arguments)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def refused(tfkd):
    """Run a command that must be refused with one sentence; returns the sentence."""

    def run(*arguments):
        code, _, said = tfkd(*arguments)
        assert code == 2, said
        assert said.startswith("tfkd: "), said
        assert said.count("\n") == 1, said
        assert "Traceback" not in said
        return said.removeprefix("tfkd: ").strip()

    return run


@pytest.fixture(scope="session")
def settings():
    """The arguments of the finished run."""
    return SETTINGS


@pytest.fixture(scope="session")
def short_settings(taught):
    """The arguments of a run that only trains one student, for one epoch."""
    teacher = ("--teacher", f"keras:{taught}", "--epochs", "1")
    return ("sample:200", *STUDENT, *teacher, "--no-alone", "--quantize", "float32")


@pytest.fixture(scope="session")
def begun(tmp_path_factory) -> Path:
    """A directory in which `tfkd distill` has run once, with the default folder."""
    room = tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as patch:
        short_teachers(patch)
        patch.chdir(room)
        assert call("distill", *SETTINGS) == 0
    return room


@pytest.fixture(scope="session")
def finished(begun) -> Path:
    """The folder of a finished run; not to be changed."""
    return (begun / "runs" / "latest").resolve()


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A finished run to break."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


@pytest.fixture(scope="session")
def taught(tmp_path_factory) -> Path:
    """The folder of a teacher that `tfkd teach` made; not to be changed."""
    room = tmp_path_factory.mktemp("taught")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        assert call("teach", "sample:200", *TEACHER, *LEARNT, "--to", "teacher") == 0
    return room / "teacher"


@pytest.fixture
def rows(tmp_path):
    """Write rows of `(text, label)` as a .jsonl file, by default 60 of two classes."""

    def write(name="data.jsonl", rows=None):
        words = ("good", "bad")
        rows = rows or [(f"a {words[i % 2]} film number {i}", i % 2) for i in range(60)]
        lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return name

    return write


@pytest.fixture(scope="session")
def python():
    """Run Python code in a process of its own; returns its stdout."""

    def run(code, *arguments, **options):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            **options,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def same_runs():
    """Check that two runs have the same weights, targets and scores; times differ."""

    def check(one, other):
        for name in ("student", "alone"):
            for a, b in zip(*(_weights(r / f"{name}.keras") for r in (one, other)), strict=True):
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-6, err_msg=name)
        a, b = (_stored(each / "targets") for each in (one, other))
        assert b  # what is not needed any more is not computed again
        for key, logits in b.items():
            np.testing.assert_allclose(a[key], logits, rtol=0, atol=1e-3)
        assert _scores(one) == pytest.approx(_scores(other), abs=1e-6)

    return check


@pytest.fixture(scope="session")
def contents():
    """Every file of a folder with its bytes and the time it was written."""

    def read(folder):
        files = sorted(each for each in folder.rglob("*"))
        return {
            str(f.relative_to(folder)): (
                f.stat().st_mtime_ns,
                f.read_bytes() if f.is_file() else None,
            )
            for f in files
        }

    return read


def call(*arguments) -> int:
    from tfkd import cli

    try:
        return cli.main([str(each) for each in arguments])
    except SystemExit as ended:  # argparse
        return ended.code or 0


def _weights(file):
    import keras

    return keras.models.load_model(file, compile=False).get_weights()


def _scores(folder) -> dict:
    rows = json.loads((folder / "report.json").read_text())["rows"]
    numbers = {row["name"]: {**row["scores"], **row} for row in rows}
    measures = (*rows[0]["scores"], "agreement", "parameters")
    return {f"{name} {m}": row[m] or 0 for name, row in numbers.items() for m in measures}


def _stored(folder: Path) -> dict[bytes, np.ndarray]:
    from tfkd.store import Store

    store = Store(folder)
    keys = [key for shard in store.shards for key in shard.keys.tolist()]
    return dict(zip(keys, store.logits(np.arange(store.rows)), strict=True))
