"""Files and folders that are whole, or not there."""

import errno
import os

import pytest

from tfkd.files import replace_when_whole


def tree(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def write_file(part, text):
    part.write_text(text)


def write_folder(part, text):
    (part / "inner").mkdir(parents=True)
    (part / "inner" / "a.txt").write_text(text)


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_what_was_there_stays_until_the_new_is_whole(tmp_path, write):
    """A report or a folder of ids that is half of the old one and half of the new one."""
    for text in ("old", "new"):
        with replace_when_whole(tmp_path / "kept.npz") as part:
            write(part, text)
            assert part.suffix == ".npz"  # Keras and NumPy would add another
            new = {name for name, content in tree(tmp_path).items() if content == b"new"}
            assert all(name.startswith("part-") for name in new)
    assert list(tree(tmp_path).values()) == [b"new"]
    assert [path.name for path in tmp_path.iterdir()] == ["kept.npz"]


@pytest.mark.parametrize("write", [write_file, write_folder])
@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_one_alone(tmp_path, monkeypatch, write, broken):
    """A result lost to the one that had no room, or to the bytes of an attempt."""
    path = tmp_path / "kept.txt"
    with replace_when_whole(path) as part:
        write(part, "old")
    before = tree(tmp_path)

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(OSError, match="No space left"), replace_when_whole(path) as part:
        write(part, "new")
    assert tree(tmp_path) == before


def test_what_a_killed_process_left_is_written_over(tmp_path):
    """A folder that holds files of two attempts."""
    write_folder(tmp_path / "part-kept", "killed")
    with replace_when_whole(tmp_path / "kept") as part:
        part.mkdir()
        (part / "b.txt").write_text("whole")
    assert tree(tmp_path) == {"kept/b.txt": b"whole"}


def test_a_link_is_replaced_and_not_followed(tmp_path):
    """`runs/latest` that writes into the run it named before."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with replace_when_whole(tmp_path / "latest") as part:
            part.symlink_to(name, target_is_directory=True)
        assert os.readlink(tmp_path / "latest") == name
