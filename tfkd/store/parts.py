"""The manifests of writers that share a store: kept after each shard, merged at the end."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import numpy as np
from filelock import FileLock

from .. import __version__
from ..errors import UserError
from . import manifest as manifests
from .manifest import Manifest

_SHARD = re.compile(r"([1-9]\d*)/([1-9]\d*)")


class Parts:
    """The part `"2/8"` of a store in the making."""

    def __init__(self, path: Path, shard: str = "1/1"):
        found = _SHARD.fullmatch(shard)
        if not found or int(found[1]) > int(found[2]):
            raise UserError(f'shard is {shard!r}: write e.g. "2/8", the second of eight writers.')
        self.path, self.at, self.of = path, int(found[1]), int(found[2])

    @property
    def name(self) -> str:
        """Of this part: `writer-2-of-8`."""
        return f"writer-{self.at}-of-{self.of}"

    def mine(self, keys: np.ndarray) -> np.ndarray:
        """Which keys are this writer's: `[keys]`, bool; by content, so that equal texts meet."""
        return self.numbers(keys, self.of) == self.at

    @staticmethod
    def numbers(keys: np.ndarray, of: int) -> np.ndarray:
        """To which of the writers 1 to `of` each key belongs: `[keys]`."""
        if of == 1 or not len(keys):
            return np.ones(len(keys), int)
        data = np.ascontiguousarray(keys).view("u1").reshape(len(keys), -1)
        return 1 + (data[:, :4].copy().view("<u4")[:, 0] % of).astype(int)

    def locks_of_others(self) -> list[Path]:
        """Where a pass with another number of writers holds its locks."""
        own = f"-of-{self.of}.lock"
        return [p for p in sorted(self.path.glob(".writer-*.lock")) if not p.name.endswith(own)]

    def begun(self) -> Manifest | None:
        """What this writer finds: the whole store, and its own shards of an interrupted pass."""
        self._refuse_others()
        found = [
            manifests.load(path)
            for path in (self.path / manifests.NAME, self._own, self._done)
            if path.is_file()
        ]
        if not found:
            return None
        shards = {shard.file: shard for each in found for shard in each.shards}
        return found[0].with_shards(shards.values())

    def next_file(self, manifest: Manifest) -> Path:
        """The first free name for a shard of this writer."""
        prefix = "shard" if self.of == 1 else f"shard-{self.at}-of-{self.of}"
        taken, number = {shard.file for shard in manifest.shards}, 0
        while (name := f"{prefix}-{number:05d}.safetensors") in taken:
            number += 1
        return self.path / name

    def keep(self, manifest: Manifest) -> None:
        """Note a new shard."""
        manifests.save(manifest, self._own)

    def finish(self, manifest: Manifest) -> bool:
        """This part is whole: merge the parts if it was the last; whether the store is whole."""
        manifests.save(manifest, self._done)
        self._own.unlink(missing_ok=True)
        with FileLock(self.path / ".merge.lock"):
            if not self._done.is_file():
                return True  # another one, that ended in the same moment, has merged it already
            parts = [self._file(at, "done.json") for at in range(1, self.of + 1)]
            if not all(each.is_file() for each in parts):
                return False
            found = [manifests.load(each) for each in parts]
            shards = {shard.file: shard for each in found for shard in each.shards}
            manifests.save(manifest.with_shards(shards.values()), self.path / manifests.NAME)
            for each in parts:
                each.unlink()
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
        for each in sorted(self.path.glob("writer-*-of-*.json")):
            of = each.name.removesuffix(".done.json").removesuffix(".json").rpartition("-")[2]
            if of != str(self.of):
                raise UserError(
                    f"{self.path} holds an unfinished pass of {of} writer(s): finish it with "
                    f'shard="1/{of}" and so on, or give another folder.'
                )


def workers_share() -> str:
    """The part of this process under the `tf.distribute` strategy in scope; `"1/1"` without one."""
    from ..distribution.workers import worker

    at, count = worker()
    return f"{at + 1}/{count}"


def versions() -> dict[str, str]:
    """What wrote a store."""
    return {"tfkd": __version__, "tensorflow": metadata.version("tensorflow")}
