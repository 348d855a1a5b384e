"""`verify`: read every byte of a store; `repair`: compute again what is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UserError
from . import manifest as manifests
from .manifest import Manifest
from .reading import Store
from .shards import Shard
from .writing import write


def verify(path: str | Path) -> Store:
    """Read every byte of a store and compare it with its checksums.

    Raises:
        UserError: Files that are missing, cut off or changed, by name.
    """
    store, folder = Store(path), Path(path)
    broken = broken_shards(folder, store.manifest)
    for part in sorted(folder.glob("writer-*.json")):  # of a pass that has not ended
        manifest = manifests.load(part)
        new = [shard for shard in manifest.shards if shard not in store.manifest.shards]
        broken |= broken_shards(folder, manifest.with_shards(new))
    if broken:
        raise UserError(
            f"{path}: {len(broken)} of {len(store.shards)} shards are broken: "
            f"{'; '.join(broken.values())}. `tfkd cache --repair {path}` computes them again."
        )
    # Asking for its length reads the keys of each shard.
    len(store.index)
    return store


def broken_shards(path: Path, manifest: Manifest) -> dict[str, str]:
    """Return what is wrong with each broken shard, by its file."""
    reasons = {}
    for facts in manifest.shards:
        try:
            Shard(path, facts, manifest).check_all()
        except UserError as error:
            reasons[facts.file] = str(error).partition(": `")[0]
    return reasons


def repair(path: str | Path, teacher: Any, dataset: Any, **options: Any) -> Store | None:
    """Compute the examples of broken shards again, and whatever else the store lacks.

    Until it has ended, the manifest still names what is broken.

    Args:
        path: The folder of a store.
        teacher: The one that wrote it.
        dataset: The examples that it was written from.
        **options: Those of `write`, the same as the store was written with.

    Returns:
        The store, or `None` where other writers have not ended yet.

    Raises:
        UserError: examples of a broken shard that the dataset has not, with their number.
    """
    manifest = Path(path) / manifests.NAME
    before = manifests.load(manifest).rows if manifest.is_file() else 0
    store = write(path, teacher, dataset, repair=True, **options)
    if store is not None and store.rows < before:
        raise UserError(
            f"{path}: {before - store.rows:,} examples of its broken shards are not in this "
            f"dataset, so it holds {store.rows:,} now: write the others with tfkd.store.write."
        )
    return store
