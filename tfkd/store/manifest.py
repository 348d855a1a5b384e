"""What a store holds, as JSON: outputs, shards with their checksums, and whose outputs they are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..files import replace_when_whole
from .top_k import INDICES, REST, VALUES

NAME = "manifest.json"
FORMAT, VERSION = "tfkd-store", 1
WITH_WORDS = 2  # the version of a store with an axis of words
WITH_TARGETS = 3  # with an axis of the tokens of a text that is written
_OF_TOP_K = (INDICES, REST)
# An axis of tokens, of words, and of tokens of a text that is written, in the shape of an output.
LENGTH, WORDS, TARGET = AXES = ("length", "words", "target")


@dataclass(frozen=True)
class Output:
    """One stored tensor of an example.

    `shape` has `"length"` on an axis of tokens, `"words"` on one of words, and `"target"` on one of
    the tokens of a text that is written.
    """

    dtype: str
    shape: tuple[int | str, ...]

    @property
    def ragged(self) -> bool:
        """Whether its size depends on the example's length."""
        return bool(set(AXES) & set(self.shape))

    def bytes_for(self, length: int, words: int = 0, target: int = 0) -> int:
        """Return the size for an example of so many tokens and words."""
        return int(np.prod(self.shape_for(length, words, target))) * np.dtype(self.dtype).itemsize

    def shape_for(self, length: int, words: int = 0, target: int = 0) -> tuple[int, ...]:
        """Return the shape for an example of so many tokens and words."""
        sizes = {LENGTH: length, WORDS: words, TARGET: target}
        return tuple(sizes[axis] if isinstance(axis, str) else int(axis) for axis in self.shape)


@dataclass(frozen=True)
class ShardFacts:
    """A shard file: how many rows and bytes it has, and the SHA-256 of those bytes."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The contents of `manifest.json`. `classes` is the number of logits where top-k is stored."""

    outputs: dict[str, Output]
    fingerprint: dict[str, Any]
    shards: tuple[ShardFacts, ...] = ()
    classes: int | None = None
    versions: dict[str, str] = field(default_factory=dict)
    sources: tuple[Any, ...] = ()  # what `tfkd cache --repair` reads the texts from again

    @property
    def rows(self) -> int:
        """How many examples the shards hold."""
        return sum(shard.rows for shard in self.shards)

    def counts(self, axis: str) -> bool:
        """Return whether an output has an axis of this kind."""
        return any(axis in output.shape for output in self.outputs.values())

    @property
    def reads(self) -> tuple[str, ...]:
        """The names that a loss reads: `hidden_states` for `hidden_states.0`."""
        return tuple(dict.fromkeys(split_name(name)[0] for name in self.outputs))

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `write` that made this store: `reads`, `top_k`, `dtype`, `precision`."""
        values = self.outputs.get(VALUES)
        dtypes = [o.dtype for name, o in self.outputs.items() if name not in _OF_TOP_K]
        return {
            "reads": self.reads,
            "top_k": None if values is None else int(values.shape[-1]),
            "dtype": dtypes[0],
            "precision": self.fingerprint.get("precision", "auto"),
        }

    def with_source(self, source: Any) -> Manifest:
        """Return a copy that knows of one more source of texts."""
        if source is None or source in self.sources:
            return self
        return dataclasses.replace(self, sources=(*self.sources, source))

    def with_shards(self, shards: Iterable[ShardFacts]) -> Manifest:
        """Return a copy with other shards, in the order of their names."""
        return dataclasses.replace(self, shards=tuple(sorted(shards, key=lambda s: s.file)))


def split_name(name: str) -> tuple[str, str]:
    """Return the name that a loss reads, and which part of it a tensor is, if it is one.

    >>> split_name("hidden_states.0"), split_name("logits.rest"), split_name("slots.logits")
    (('hidden_states', '0'), ('logits', 'rest'), ('slots.logits', ''))
    """
    plain, _, part = name.rpartition(".")
    return (plain, part) if part.isdigit() or name in (*_OF_TOP_K, VALUES) else (name, "")


def save(manifest: Manifest, path: Path) -> None:
    """Write the manifest aside, flush it, and give it its name."""
    version = WITH_WORDS if manifest.counts(WORDS) else VERSION
    version = WITH_TARGETS if manifest.counts(TARGET) else version
    facts = {"format": FORMAT, "version": version, "rows": manifest.rows}
    facts |= json.loads(json.dumps(dataclasses.asdict(manifest)))
    text = _spell({**facts, "checksum": _checksum(facts)})
    with replace_when_whole(path) as part:
        part.write_bytes(text.encode())


def load(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        UserError: it is missing, damaged, or of another format or version.
    """
    try:
        text = path.read_text(encoding="utf-8")
        facts = json.loads(text)
        _check(facts, text, path)
        return _parsed(facts)
    except FileNotFoundError:
        raise UserError(f"{path.parent} is no store: it has no {path.name}.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, UserError):
            raise
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _check(facts: dict, text: str, path: Path) -> None:
    if facts["format"] != FORMAT or facts["version"] not in (VERSION, WITH_WORDS, WITH_TARGETS):
        raise UserError(
            f"{path} is {facts['format']!r} version {facts['version']!r} and this tfkd reads "
            f"{FORMAT!r} version {VERSION} to {WITH_TARGETS}: write the store again with this "
            "version."
        )
    expected = facts.get("checksum")
    facts = {key: value for key, value in facts.items() if key != "checksum"}
    if expected is None and "tfkd" not in (facts.get("versions") or {}):
        # Other writers may leave it out.
        return
    if _checksum(facts) != expected or _spell({**facts, "checksum": expected}) != text:
        raise _damaged(path, "its checksum differs")


def _parsed(facts: dict) -> Manifest:
    shards = tuple(ShardFacts(**shard) for shard in facts["shards"])
    outputs = {n: Output(e["dtype"], tuple(e["shape"])) for n, e in facts["outputs"].items()}
    return Manifest(
        outputs=outputs,
        shards=shards,
        fingerprint=facts.get("fingerprint") or {},
        classes=facts.get("classes"),
        versions=facts.get("versions") or {},
        sources=tuple(facts.get("sources") or ()),
    )


def _damaged(path: Path, why: str) -> UserError:
    return UserError(f"{path} is damaged ({why}): copy it again, or write the store again.")


def _spell(facts: dict) -> str:
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


def _checksum(facts: dict) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
