"""`tfkd distill --tensorboard`: what TensorBoard shows of a run."""

import pytest

from tfkd.errors import UserError
from tfkd.running import tensorboard


def events(folder):
    """Every tag with its values, read as TensorBoard reads them."""
    pytest.importorskip("tensorboard", reason="needs tensorboard, in the extra tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    read = EventAccumulator(str(folder))
    read.Reload()
    tags = read.Tags()["tensors"]
    return {tag: [make_ndarray(e.tensor_proto) for e in read.Tensors(tag)] for tag in tags}


def test_a_run_writes_curves_agreement_and_texts(tfkd, short_settings, tmp_path, monkeypatch):
    """A board without the terms, or one that says nothing of the teacher."""
    pytest.importorskip("tensorboard", reason="needs tensorboard, in the extra tensorboard")
    monkeypatch.chdir(tmp_path)
    code, printed, said = tfkd("distill", *short_settings, "--to", "run", "--tensorboard")
    assert code == 0, printed + said
    found = events(tmp_path / "run" / "tensorboard" / "distilled")
    terms = {"loss", "hard_labels", "soft_targets", "epoch/val_accuracy", "learning_rate"}
    assert terms <= set(found), sorted(found)
    assert all(0 <= float(each) <= 1 for each in found["agreement_with_teacher"])
    (table, *_) = found["texts"][-1].ravel().tolist()
    assert table.decode().startswith("| text | teacher | student |")
    assert len(table.decode().splitlines()) == tensorboard.SHOWN + 2


def test_without_tensorboard_its_extra_is_told(monkeypatch):
    """TBNotInstalledError behind the teacher's pass."""
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install .tfkd\[tensorboard\]"):
        tensorboard.check_tensorboard()
