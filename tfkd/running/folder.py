"""The folder of a run: claimed by one configuration, gone on with by the same one."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from .. import __version__
from ..errors import UserError
from ..files import PREFIX, replace_when_whole
from . import config as configs
from .config import RunConfig

CONFIG = "config.toml"
REPORT = "report.json"
ENVIRONMENT = "environment.json"
PACKAGES = ("tensorflow", "keras", "tf_keras", "numpy", "tokenizers", "ai-edge-litert", "keras-hub")


def locate_folder(config: RunConfig, name: str) -> Path:
    """The run's folder: as configured, or `runs/NAME`."""
    return Path(config.to).expanduser() if config.to else Path("runs") / name


def has_begun(folder: Path) -> bool:
    """Whether a run, this or another, has claimed the folder."""
    return (folder / CONFIG).is_file()


def claim_run_folder(config: RunConfig, name: str) -> Path:
    """Make the run's folder, or open it where this very run began in it.

    Raises:
        UserError: it cannot be written, holds another run, or other files.
    """
    folder = locate_folder(config, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not has_begun(folder):
            _start(config, folder)
        if not (folder / ENVIRONMENT).is_file():
            write_json(folder / ENVIRONMENT, describe_environment())
    except OSError as error:
        raise UserError(
            f"cannot write to {folder} ({error.strerror}): choose another folder with --to, or "
            "make room."
        ) from error
    _same(config, configs.read_config(folder / CONFIG), folder)
    return folder


def _start(config: RunConfig, folder: Path) -> None:
    names = (file.name for file in folder.iterdir())
    strangers = sorted(name for name in names if not name.startswith(PREFIX))
    if strangers:
        raise UserError(
            f"{folder} holds {strangers[0]} and no run: give a new or empty folder with --to."
        )
    with replace_when_whole(folder / CONFIG) as part:
        configs.write_config(config, part)


def _same(config: RunConfig, found: RunConfig, folder: Path) -> None:
    ours, theirs = (each.replaced(to="", strategy="auto").flat() for each in (config, found))
    for name, value in ours.items():
        if value != theirs[name]:
            raise UserError(
                f"{folder} holds another run, with {name} = {theirs[name]!r} and not {value!r}: "
                "give another folder with --to; nothing was changed."
            )


def remember(path: Path, facts: dict, what: str) -> None:
    """Write `facts`; where they are there already, they must be the same.

    Raises:
        UserError: the data or the teacher changed since the run began.
    """
    facts = json.loads(json.dumps(facts))
    if not path.is_file():
        write_json(path, facts)
        return
    if _read_json(path) != facts:
        raise UserError(
            f"{what} changed since the run in {path.parent} began: start another run with --to."
        )


def _read_json(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not JSON, or not UTF-8
        raise UserError(f"{path} is damaged ({error}): start another run with --to.") from error


def write_json(path: Path, value) -> None:
    """Write JSON that is whole or not there."""
    with replace_when_whole(path) as part:
        part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def describe_environment() -> dict:
    """Versions and machine, for whoever repeats the run."""
    return {
        "tfkd": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def mark_latest(folder: Path) -> None:
    """Let `runs/latest` point to a folder in `runs`, where links can be made."""
    if folder.resolve().parent.name != "runs":
        return
    link = folder.with_name("latest")
    if link.exists() and not link.is_symlink():
        return
    try:
        with replace_when_whole(link) as part:
            part.symlink_to(folder.name, target_is_directory=True)
    except OSError:  # Windows without the right to make links
        return
