"""`write`: run a teacher over the examples that a store lacks, a shard at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from ..errors import UserError
from ..progress import Progress, format_duration, log_progress, logger, print_log
from ..text import padding_of
from . import fingerprint as marks
from . import precision as precision_of
from .computing import Computer
from .example_stream import ExampleStream
from .index import RowsByKey
from .keys import SIZE, Example, as_keys, keys_of
from .manifest import Manifest
from .parts import Parts, versions, workers_share
from .reading import Store
from .settings import Settings
from .shards import Shard, write_shard

SHARD_BYTES, SHARD_ROWS = 64 << 20, 4_096
# Of a slow teacher. An interruption loses no more than this.
SHARD_SECONDS = 120
SAMPLE = 16  # examples whose time is measured


def write(
    path: str | Path,
    teacher: Any,
    dataset: Any,
    *,
    reads: tuple[str, ...] = ("logits",),
    dtype: str = "float16",
    top_k: int | None = None,
    precision: str = "auto",
    shard: str | None = None,
    verbose: int | str = "auto",
    progress: Progress = log_progress,
    source: Any = None,
    title: str = "teacher's outputs",
    repair: bool = False,
) -> Store | None:
    """Store the outputs of `teacher` for each example of `dataset` in the folder `path`.

    What the folder holds already is not computed again: the same call goes on where it was
    interrupted, and with more examples it adds them.

    Args:
        path: The folder, new, or a store of the same teacher.
        teacher: Anything that `Distiller` takes, or what `load_teacher` returns.
        dataset: Batches as for `fit`, arrays, or texts for a teacher with a tokenizer.
        reads: The outputs to store: `logits`, `hidden_states`, `attentions`, ...
        dtype: `"float16"` or `"float32"`.
        top_k: Of the logits, the k largest and the mass of the others; all of them by default.
        precision: What the teacher computes in: `"float32"`, `"bfloat16"` (where the processor
            has it), `"int8"` (weights, through LiteRT) or `"onnx"` (float32 by ONNX Runtime). The
            others are compared with float32 on a sample, and refused where the outputs move by
            more than 2 %. `"auto"` takes bfloat16 for a large Keras 3 model where it can be had.
        shard: `"2/8"` is the second of eight writers, each of which gets its share of the keys;
            by default the worker's own of a `tf.distribute` strategy that is in scope, or all.
        verbose: As Keras's: 0 prints nothing, otherwise the plan and the progress are printed.
            They are logged under the name "tfkd" in any case.
        progress: Shows the progress in another way, see `tfkd.progress.Progress`.
        source: Whatever tells where the texts come from; kept in the manifest, as JSON.
        title: What the progress is called.
        repair: Compute the examples of broken shards again, which are refused otherwise.

    Returns:
        The store, or `None` where other writers have not ended yet.

    Raises:
        UserError: a store of another teacher or with other outputs, a second writer, NaN, numbers
            beyond float16, a mask that does not end in zeros.

    >>> import keras, tempfile
    >>> teacher = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> x = np.eye(4, dtype="float32")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = write(folder, teacher, x, verbose=0)
    ...     store.rows, store.targets(x)["logits"].shape
    (4, (4, 3))
    """
    reads = (reads,) if isinstance(reads, str) else tuple(reads)
    settings = Settings(reads, dtype, top_k, precision)
    parts = Parts(Path(path), workers_share() if shard is None else shard)
    with print_log(verbose), _locked(parts):
        writer = _Writer(parts, teacher, dataset, settings, progress)
        return writer.run(source, title, repair)


@contextmanager
def _locked(parts: Parts) -> Iterator[None]:
    """Hold the lock of this part of the store; it ends with the process, however that ends."""
    parts.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(parts.path / f".{parts.name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise _occupied(parts.path) from None
    try:
        _refuse_others(parts)
        yield
    finally:
        lock.release()


def _refuse_others(parts: Parts) -> None:
    """Raise where one of another number of writers is at work."""
    for path in parts.locks_of_others():
        try:
            FileLock(path, timeout=0).acquire().lock.release()
        except Timeout:
            raise _occupied(parts.path) from None


def _occupied(path: Path) -> UserError:
    return UserError(
        f"another process is writing to {path}: wait for it, or give each writer its share with "
        'shard="1/2", "2/2".'
    )


class _Writer:
    def __init__(
        self, parts: Parts, teacher: Any, dataset: Any, settings: Settings, progress: Progress
    ) -> None:
        self.parts, self.teacher, self.settings, self.progress = parts, teacher, settings, progress
        self.source = ExampleStream(dataset, teacher)
        self.index = RowsByKey()
        self.pending: dict[bytes, Example] = {}
        self.computer: Computer | None = None
        self.rows = SHARD_ROWS

    def run(self, source: Any, title: str, repair: bool) -> Store | None:
        self.manifest = self._load_manifest(repair)
        with self.progress(title, self.source.count or 0, self.source.unit) as self.advance:
            for chunk in self.source.chunks():
                self._take(chunk)
                while len(self.pending) >= self.rows:
                    self._write(self.rows)
            if self.pending:
                self._write(len(self.pending))
        if self.manifest is None:
            raise UserError("there is no example to store: the dataset is empty.")
        manifest = self.manifest.with_source(source)
        return Store(self.parts.path) if self.parts.finish(manifest) else None

    def _load_manifest(self, repair: bool) -> Manifest | None:
        """Read what the folder holds already, if it is this teacher's."""
        self.mark = marks.fingerprint(self.teacher)
        if self.settings.precision != "auto":
            self.mark["precision"] = self.settings.precision
        manifest = self.parts.load_progress()
        if manifest is None:
            return None
        marks.check_fingerprint(manifest.fingerprint, self.mark, self.parts.path)
        self.settings.check(manifest, self.parts.path)
        whole = []
        for facts in manifest.shards:
            try:
                self.index.add(Shard(self.parts.path, facts, manifest).keys)
                whole.append(facts)
            except UserError:
                if not repair:
                    raise
        return manifest.with_shards(whole)

    def _take(self, chunk: list[Example]) -> None:
        """Remember what is new in a chunk."""
        keys = keys_of(chunk, padding_of(self.teacher))
        new = (self.index.find(keys) < 0) & self.parts.owned_keys(keys)
        before = len(self.pending)
        for place in np.flatnonzero(new):
            # NumPy drops the zeros at the end of a byte string.
            self.pending.setdefault(keys[place].ljust(SIZE, b"\0"), chunk[place])
        self.advance(len(chunk) - (len(self.pending) - before))
        if self.computer is None and (self.pending or self.manifest is None):
            self._start(chunk)

    def _start(self, sample: list[Example]) -> None:
        """Look at the teacher, and choose how many examples a shard has."""
        source, reads = self.source, self.settings.reads
        self.computer = Computer(self.teacher, reads, source.form, sample, widths=source.widths)
        if self.manifest is None:
            outputs, classes = self.settings.outputs(self.computer.outputs(sample))
            self.manifest = Manifest(outputs, self.mark, (), classes, versions())
        lengths = np.mean([self.computer.lengths(example) for example in sample], axis=0)
        stored = self.manifest.outputs.values()
        size = SIZE + sum(output.bytes_for(*lengths.astype(int).tolist()) for output in stored)
        self.rows = max(16, min(SHARD_ROWS, SHARD_BYTES // size))
        chosen = np.random.default_rng(0).permutation(len(sample))[:SAMPLE]
        self._plan(self.computer, [sample[i] for i in chosen], size)

    def _plan(self, computer: Computer, sample: list[Example], size: int) -> None:
        """Measure the teacher on a sample, bound a shard by its time, and report the plan."""
        self._lower(computer, sample)
        computer(sample[:1])  # the first call compiles
        start = time.monotonic()
        computer(sample)
        seconds = (time.monotonic() - start) / len(sample)
        # A coarse clock may see no time pass.
        self.rows = max(16, min(self.rows, int(SHARD_SECONDS / max(seconds, 1e-9))))
        count = self.source.count
        if count is None:
            logger.info(f"store     {self.parts.path}: {size:,} bytes an example")
            return
        left = -(-count // self.parts.of)
        duration = format_duration(left * seconds)
        logger.info(
            f"store     {self.parts.path}: {'at most ' if self.index else ''}{left:,} examples to "
            f"compute, {size:,} bytes each, {left * size / 1e6:,.1f} MB; about {duration}"
        )

    def _lower(self, computer: Computer, sample: list[Example]) -> None:
        """Lower the precision where that is asked for, or pays; report how far outputs move."""
        precision = precision_of.resolve_precision(self.settings.precision, self.teacher)
        if precision == "float32":
            return
        try:
            moved = computer.lower(precision, sample)
        except UserError:
            if self.settings.precision == "auto":
                return
            raise
        logger.info(f"precision {precision}: the teacher's outputs move by {moved:.2%}")

    def _write(self, count: int) -> None:
        """Compute the first examples that wait, and write their shard."""
        assert self.computer is not None
        assert self.manifest is not None
        outputs = self.manifest.outputs
        keys = list(self.pending)[:count]
        examples = [self.pending.pop(key) for key in keys]
        rows = [
            self.settings.pack(arrays, outputs) for arrays in self.computer(examples, self.advance)
        ]
        lengths = [self.computer.lengths(example) for example in examples]
        path = self.parts.next_file(self.manifest)
        names = as_keys(b"".join(keys))
        facts = write_shard(path, names, rows, outputs, lengths)
        self.manifest = self.manifest.with_shards((*self.manifest.shards, facts))
        self.parts.save_progress(self.manifest)
        self.index.add(names)
