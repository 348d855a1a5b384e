"""`verify`: read every byte of a store; `repair`: compute again what is broken."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from . import manifest as manifests
from .manifest import Manifest
from .reading import Store
from .shards import Shard
from .writing import write


def verify(path) -> Store:
    """Read every byte of a store and compare it with its checksums.

    Raises:
        UserError: with the name of each file that is missing, cut off or changed.
    """
    store, folder = Store(path), Path(path)
    broken = broken_shards(folder, store.manifest)
    for part in sorted(folder.glob("writer-*.json")):  # of a pass that has not ended
        manifest = manifests.load(part)
        new = [each for each in manifest.shards if each not in store.manifest.shards]
        broken |= broken_shards(folder, manifest.with_shards(new))
    if broken:
        raise UserError(
            f"{path}: {len(broken)} of {len(store.shards)} shards are broken: "
            f"{'; '.join(broken.values())}. `tfkd cache --repair {path}` computes them again."
        )
    store.index  # noqa: B018  # each shard's keys
    return store


def broken_shards(path: Path, manifest: Manifest) -> dict[str, str]:
    """What is wrong with each broken shard, by its file."""
    found = {}
    for facts in manifest.shards:
        try:
            Shard(path, facts, manifest).keys  # noqa: B018
        except UserError as error:
            found[facts.file] = str(error).partition(": `")[0]
    return found


def repair(path, teacher, dataset, **options) -> Store | None:
    """Compute the examples of broken shards again, and whatever else the store lacks.

    `options` are those of `write`, which must be the ones that the store was written with. Until
    it has ended, the manifest names what is broken still.

    Raises:
        UserError: examples of a broken shard that the dataset has not, with their number.
    """
    manifest = Path(path) / manifests.NAME
    before = manifests.load(manifest).rows if manifest.is_file() else 0
    made = write(path, teacher, dataset, mend=True, **options)
    if made is not None and made.rows < before:
        raise UserError(
            f"{path}: {before - made.rows:,} examples of its broken shards are not in this "
            f"dataset, so it holds {made.rows:,} now: write the others with tfkd.store.write."
        )
    return made
