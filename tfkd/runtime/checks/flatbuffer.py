"""Read the tables of a flatbuffer and never beyond its end. No interpreter here.

A table begins with the distance to its vtable, which holds where each field lies: a file that
lies there would have C++ read other memory. Here each such number is checked before it is used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap


class UnsoundModel(ValueError):
    """A file that says what cannot be; the message is half a sentence that says what."""


@dataclass
class Buffer:
    """The bytes of a flatbuffer, and how much of them may still be read.

    In a whole file each byte belongs to one place. Ten thousand tables that share one list of
    ten thousand numbers are a bomb: more is read than there is.
    """

    content: bytes | mmap
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = 2 * len(self.content)

    def root(self) -> FlatbufferTable:
        """Return the first table."""
        return self.table(self.number("I", 0))

    def number(self, kind: str, at: int) -> int:
        """Return the number of a `struct` kind at a place."""
        if at < 0:
            raise UnsoundModel("an offset leads out of it")
        try:
            return struct.unpack_from(f"<{kind}", self.content, at)[0]
        except (struct.error, OverflowError) as error:
            raise UnsoundModel("an offset leads out of it") from error

    def table(self, at: int) -> FlatbufferTable:
        """Return the table at a place, once its fields are known to lie inside it."""
        vtable = at - self.number("i", at)
        size, length = self.number("H", vtable), self.number("H", vtable + 2)
        if size < 4 or size % 2 or vtable + size > len(self.content):
            raise UnsoundModel("a table has no fields")
        self.spend(size)
        slots = struct.unpack_from(f"<{size // 2 - 2}H", self.content, vtable + 4)
        # Eight bytes are the largest field.
        if max(slots, default=0) >= length or at + length > len(self.content) + 8:
            raise UnsoundModel("a field lies outside of its table")
        return FlatbufferTable(self, at, slots)

    def spend(self, count: int) -> None:
        """Count bytes that are read, and refuse more than there are."""
        self.left -= count
        if self.left < 0:
            raise UnsoundModel("its parts overlap")


@dataclass(frozen=True)
class FlatbufferTable:
    """Fields by their number in the schema; a missing one has its default."""

    buffer: Buffer
    at: int
    slots: tuple[int, ...]

    def number(self, slot: int, kind: str = "i", default: int = 0) -> int:
        """Return a number that the table itself holds."""
        at = self._place(slot)
        return default if at is None else self.buffer.number(kind, at)

    def has(self, slot: int) -> bool:
        """Return whether the field is there."""
        return self._place(slot) is not None

    def table(self, slot: int) -> FlatbufferTable | None:
        """Return the table that a field points to."""
        at = self._target(slot)
        return None if at is None else self.buffer.table(at)

    def span(self, slot: int, width: int = 1) -> tuple[int, int]:
        """Return where a list begins, and how many items of `width` bytes it has."""
        at = self._target(slot)
        if at is None:
            return 0, 0
        count = self.buffer.number("I", at)
        if at + 4 + count * width > len(self.buffer.content):
            raise UnsoundModel("a list is longer than it")
        return at + 4, count

    def numbers(self, slot: int, kind: str = "i") -> tuple[int, ...]:
        """Return a list of numbers of a `struct` kind."""
        width = struct.calcsize(f"<{kind}")
        at, count = self.span(slot, width)
        self.buffer.spend(count * width)
        return struct.unpack_from(f"<{count}{kind}", self.buffer.content, at)

    def tables(self, slot: int) -> Iterator[FlatbufferTable]:
        """Yield the tables of a list."""
        at, count = self.span(slot, 4)
        for place in range(at, at + 4 * count, 4):
            yield self.buffer.table(place + self.buffer.number("I", place))

    def text(self, slot: int) -> str:
        """Return a text, which must end with the zero that C++ looks for."""
        at, count = self.span(slot)
        self.buffer.spend(count)
        if count and self.buffer.number("B", at + count):
            raise UnsoundModel("a name has no end")
        try:
            return self.buffer.content[at : at + count].decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnsoundModel("a name is not UTF-8") from error

    def _place(self, slot: int) -> int | None:
        offset = self.slots[slot] if slot < len(self.slots) else 0
        return self.at + offset if offset else None

    def _target(self, slot: int) -> int | None:
        at = self._place(slot)
        return None if at is None else at + self.buffer.number("I", at)
