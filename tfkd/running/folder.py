"""The folder of a run: claimed by one configuration, and opened again by the same one."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import UserError
from ..files import PREFIX, replace_when_whole
from . import config as configs
from .config import RunConfig
from .lock import LOCK

CONFIG = "config.toml"
REPORT = "report.json"
CERTIFICATE = "certificate.json"
ENVIRONMENT = "environment.json"
KEPT = "kept.json"
"""The examples that exports are checked on."""
_PACKAGES = (
    "tensorflow",
    "keras",
    "tf_keras",
    "numpy",
    "tokenizers",
    "ai-edge-litert",
    "keras-hub",
)


def locate_folder(config: RunConfig, name: str) -> Path:
    """Return the run's folder: as configured, or `runs/NAME`."""
    return Path(config.to).expanduser() if config.to else Path("runs") / name


def has_begun(folder: Path) -> bool:
    """Return whether a run, this or another, has claimed the folder."""
    return (folder / CONFIG).is_file()


def is_complete(folder: Path) -> bool:
    """Return whether all is done in the folder of a run."""
    return (folder / REPORT).is_file()


def make_folder(folder: Path) -> Path:
    """Make the folder of a run, unless it is there; return it.

    Raises:
        UserError: It cannot be written, or holds other files and no run.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not has_begun(folder):
            _refuse_strangers(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def claim_run_folder(config: RunConfig, name: str) -> Path:
    """Make the run's folder, or open it where this very run began in it.

    Raises:
        UserError: It cannot be written, holds another run, or other files.
    """
    folder = make_folder(locate_folder(config, name))
    try:
        if not has_begun(folder):
            with replace_when_whole(folder / CONFIG) as part:
                configs.write_config(config, part)
        if not (folder / ENVIRONMENT).is_file():
            write_json(folder / ENVIRONMENT, describe_environment())
    except OSError as error:
        raise _unwritable(folder, error) from error
    refuse_another_run(config, configs.read_config(folder / CONFIG), folder)
    return folder


def _refuse_strangers(folder: Path) -> None:
    names = (file.name for file in folder.iterdir())
    strangers = sorted(name for name in names if not name.startswith((PREFIX, LOCK)))
    if strangers:
        raise UserError(
            f"{folder} holds {strangers[0]} and no run: give a new or empty folder with --to."
        )


def _unwritable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"cannot write to {folder} ({error.strerror}): choose another folder with --to, or "
        "make room."
    )


def refuse_another_run(config: RunConfig, stored: RunConfig, folder: Path) -> None:
    """Refuse other settings than a folder was begun with, but for where it goes and runs.

    Args:
        config: The settings of the run.
        stored: Those that the folder was begun with.
        folder: It.

    Raises:
        UserError: The first setting that differs.
    """
    ours, theirs = (run.replaced(to="", strategy="auto").flat() for run in (config, stored))
    for name, value in ours.items():
        if value != theirs[name]:
            raise UserError(
                f"{folder} holds another run, with {name} = {theirs[name]!r} and not {value!r}: "
                "give another folder with --to; nothing was changed."
            )


def remember(path: Path, facts: dict[str, Any], what: str) -> None:
    """Write facts as JSON; where the file is there already, it must hold the same.

    Args:
        path: The file, in the folder of a run.
        facts: What must not change while the run goes on.
        what: What the facts are about, for the error.

    Raises:
        UserError: The data or the teacher changed since the run began.
    """
    facts = json.loads(json.dumps(facts))
    if not path.is_file():
        write_json(path, facts)
        return
    if read_json(path) != facts:
        raise UserError(
            f"{what} changed since the run in {path.parent} began: start another run with --to."
        )


def read_json(path: Path) -> Any:
    """Read a JSON file of a run.

    Raises:
        UserError: It is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    # Not JSON, or not UTF-8.
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): start another run with --to.") from error


def write_json(path: Path, value: Any) -> None:
    """Write JSON that is whole or not there."""
    with replace_when_whole(path) as part:
        part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def describe_environment() -> dict[str, Any]:
    """Return versions and machine, for whoever repeats the run."""
    return {
        "tfkd": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def mark_latest(folder: Path) -> None:
    """Let `runs/latest` point to a folder in `runs`, unless links cannot be made."""
    if folder.resolve().parent.name != "runs":
        return
    link = folder.with_name("latest")
    if link.exists() and not link.is_symlink():
        return
    try:
        with replace_when_whole(link) as part:
            part.symlink_to(folder.name, target_is_directory=True)
    # Windows without the right to make links.
    except OSError:
        return
