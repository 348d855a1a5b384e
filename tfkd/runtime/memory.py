"""Bound the memory of a process, so that it gets an error in place of being killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def no_more_than_there_is() -> Iterator[None]:
    """Bound the address space of this process by what it has and what is free. Linux only.

    Linux grants memory that is not there and kills whoever uses it. Within the bound, LiteRT and
    Python notice that an allocation fails. For programs of their own, not for a library's call:
    the bound is that of the whole process.

    >>> with no_more_than_there_is():
    ...     bytearray(2**60)
    Traceback (most recent call last):
    MemoryError
    """
    try:
        import resource

        # The limit counts the address space in use too.
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        lines = Path("/proc/meminfo").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        free = used + min(1024 * int(kilobytes), _free_in_container())
    except (ImportError, OSError, ValueError, StopIteration):
        # Not Linux.
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = free if soft == resource.RLIM_INFINITY else min(free, soft)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _free_in_container(group: Path = Path("/sys/fs/cgroup")) -> int:
    try:
        most, now = ((group / f"memory.{name}").read_text() for name in ("max", "current"))
        return max(int(most) - int(now), 0)
    except (OSError, ValueError):
        # No container, or one without a bound.
        return 2**62
