"""`imdb` through TensorFlow Datasets."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfkd.data import open_data
from tfkd.errors import UserError


def test_not_installed(monkeypatch):
    """The cure is one command."""
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(UserError, match=r'pip install "tfkd\[data\]"'):
        open_data("imdb")


def test_absent_and_no_network(monkeypatch, tmp_path):
    """Folder and cure are named, not the twentieth frame of a download manager."""

    class Builder:
        data_path = tmp_path / "imdb_reviews" / "plain_text" / "1.0.0"

        def is_prepared(self):
            return False

        def download_and_prepare(self):
            raise ConnectionError("no route to host")

    def builder(name, data_dir, try_gcs):
        assert (name, data_dir, try_gcs) == ("imdb_reviews", str(tmp_path), False)
        return Builder()

    fake = SimpleNamespace(builder=builder)
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", fake)
    with pytest.raises(UserError) as caught:
        open_data("imdb", data_dir=str(tmp_path))
    message = str(caught.value)
    assert f"not prepared in {tmp_path} " in message
    assert "no route to host" in message
    assert "tfds build imdb_reviews --data_dir" in message
    assert "--data-dir" in message


@pytest.mark.slow
def test_real_imdb(shared, tmp_path_factory):
    """TFDS and the files hold the same reviews, cut alike, with labels the same way round."""
    target = tmp_path_factory.mktemp("tfds")
    script = shared / "data" / "make_tfds_imdb.py"
    subprocess.run([sys.executable, script, target], check=True, capture_output=True)
    code = (
        "import sys; from tfkd.data import open_data\n"
        "theirs = open_data('imdb', data_dir=sys.argv[1]); ours = open_data(sys.argv[2])\n"
        "assert theirs.labels == ('negative', 'positive')\n"
        "assert theirs.counts == ours.counts, (theirs.counts, ours.counts)\n"
        "for split in theirs.counts:\n"
        "    a, b = list(theirs.read(split)), list(ours.read(split))\n"
        "    assert len(a) == theirs.counts[split]\n"
        "    rows = [sorted((e.text, e.label) for e in each) for each in (a, b)]\n"
        "    assert rows[0] == rows[1], split\n"
        "assert next(theirs.read('train')) == next(theirs.read('train'))\n"
        "print('same')"
    )
    # In a process of its own: TensorFlow Datasets' imports warn, and warnings are errors here.
    command = [sys.executable, "-c", code, target, shared / "data" / "imdb"]
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert run.stdout.strip() == "same", run.stderr
