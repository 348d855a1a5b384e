"""The manifests of writers that share a store: kept after each shard, merged at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import numpy as np
from filelock import FileLock

from .. import __version__
from ..errors import UserError
from . import manifest as manifests
from .manifest import Manifest, ShardFacts

_SHARD = re.compile(r"([1-9]\d*)/([1-9]\d*)")


class Parts:
    """The share of one of several writers of a store, such as `"2/8"`."""

    def __init__(self, path: Path, shard: str = "1/1") -> None:
        match = _SHARD.fullmatch(shard)
        if not match or int(match[1]) > int(match[2]):
            raise UserError(f'shard is {shard!r}: write e.g. "2/8", the second of eight writers.')
        self.path, self.at, self.of = path, int(match[1]), int(match[2])

    @property
    def name(self) -> str:
        """The name of this part: `writer-2-of-8`."""
        return f"writer-{self.at}-of-{self.of}"

    def owned_keys(self, keys: np.ndarray) -> np.ndarray:
        """Return which keys are this writer's: `[keys]`, bool; by content, so equal texts meet."""
        return self.numbers(keys, self.of) == self.at

    @staticmethod
    def numbers(keys: np.ndarray, of: int) -> np.ndarray:
        """Return to which of the writers 1 to `of` each key belongs: `[keys]`."""
        if of == 1 or not len(keys):
            return np.ones(len(keys), int)
        data = np.ascontiguousarray(keys).view("u1").reshape(len(keys), -1)
        return 1 + (data[:, :4].copy().view("<u4")[:, 0] % of).astype(int)

    def locks_of_others(self) -> list[Path]:
        """Return the lock files of passes with another number of writers."""
        own = f"-of-{self.of}.lock"
        return [p for p in sorted(self.path.glob(".writer-*.lock")) if not p.name.endswith(own)]

    def load_progress(self) -> Manifest | None:
        """Read what is there: the whole store, and this writer's shards of an interrupted pass."""
        self._refuse_others()
        paths = (self.path / manifests.NAME, self._own, self._done)
        parts = [manifests.load(path) for path in paths if path.is_file()]
        return parts[0].with_shards(_all_shards(parts)) if parts else None

    def next_file(self, manifest: Manifest) -> Path:
        """Return the first free name for a shard of this writer."""
        prefix = "shard" if self.of == 1 else f"shard-{self.at}-of-{self.of}"
        taken, number = {shard.file for shard in manifest.shards}, 0
        while (name := f"{prefix}-{number:05d}.safetensors") in taken:
            number += 1
        return self.path / name

    def save_progress(self, manifest: Manifest) -> None:
        """Write a manifest that names a new shard."""
        manifests.save(manifest, self._own)

    def finish(self, manifest: Manifest) -> bool:
        """Mark this part as whole, merge all if it was the last, and return whether it was."""
        manifests.save(manifest, self._done)
        self._own.unlink(missing_ok=True)
        with FileLock(self.path / ".merge.lock"):
            if not self._done.is_file():
                # Another one, that ended in the same moment, has merged it already.
                return True
            parts = [self._file(at, "done.json") for at in range(1, self.of + 1)]
            if not all(part.is_file() for part in parts):
                return False
            manifests.save(
                manifest.with_shards(_all_shards(map(manifests.load, parts))),
                self.path / manifests.NAME,
            )
            for part in parts:
                part.unlink()
        return True

    @property
    def _own(self) -> Path:
        return self._file(self.at, "json")

    @property
    def _done(self) -> Path:
        return self._file(self.at, "done.json")

    def _file(self, at: int, ending: str) -> Path:
        return self.path / f"writer-{at}-of-{self.of}.{ending}"

    def _refuse_others(self) -> None:
        for part in sorted(self.path.glob("writer-*-of-*.json")):
            of = part.name.removesuffix(".done.json").removesuffix(".json").rpartition("-")[2]
            if of != str(self.of):
                raise UserError(
                    f"{self.path} holds an unfinished pass of {of} writer(s): finish it with "
                    f'shard="1/{of}" and so on, or give another folder.'
                )


def _all_shards(manifests: Iterable[Manifest]) -> list[ShardFacts]:
    """Collect the shards of several manifests, each file once."""
    shards = {shard.file: shard for manifest in manifests for shard in manifest.shards}
    return list(shards.values())


def workers_share() -> str:
    """Return the part of this process under the `tf.distribute` strategy in scope, or `"1/1"`."""
    from ..distribution.workers import worker

    at, count = worker()
    return f"{at + 1}/{count}"


def versions() -> dict[str, str]:
    """Return the versions of what writes a store."""
    return {"tfkd": __version__, "tensorflow": metadata.version("tensorflow")}
