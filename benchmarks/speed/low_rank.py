"""Kilobytes and milliseconds in LiteRT of models whose matrices were split, one thread.

    python -m benchmarks.speed.low_rank --teacher hf:MINILM --texts imdb.jsonl.gz --out FILE.json

`dense` is four dense layers of 768 and 3,072 units; `shrink:3` three layers of a sentence encoder,
which reads 64 tokens. `kept` is the cosine of its vectors with those before, without any training
afterwards; of errors by inputs, and by weights. `--parts dense` needs neither encoder nor texts.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from .embeddings import read_sentences

SPECS = ("low_rank:0.3", "low_rank:0.5", "low_rank:0.75")
OF_ENCODER = ("low_rank:0.5,tables=no", "low_rank:0.5,tables=yes")
KINDS = ("float32", "int8")
WIDTHS, LENGTH, BATCHES, ROUNDS = (3072, 768, 3072, 768), 64, 8, 60


def main() -> None:
    """Measure the parts asked for; those that are in the file stay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=[*_PARTS])
    parser.add_argument("--teacher", help="the sentence encoder")
    parser.add_argument("--texts", type=Path, help="lines of JSON with a text")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()

    from tfkd.running.folder import describe_environment

    found = json.loads(given.out.read_text()) if given.out.is_file() else {}
    found["environment"] = describe_environment()
    for part in given.parts:
        found[part] = _PARTS[part](given)
        given.out.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(lines(found)))


def measure_dense(given) -> dict:
    """Return what each share leaves of dense layers."""
    import keras

    inputs = keras.Input((768,), name="vectors")
    hidden = inputs
    for width in WIDTHS:
        hidden = keras.layers.Dense(width, activation="relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(4)(hidden))
    rows = np.random.default_rng(0).normal(size=(64, 768)).astype("float32")
    models = {"whole": model} | _compressed(model, SPECS, [rows])
    return _measure(models, {"vectors": rows})


def measure_encoder(given) -> dict:
    """Return what each share leaves of a sentence encoder."""
    import tfkd
    from tfkd import load_teacher, tasks
    from tfkd.students.shrinking import as_model_of_ids
    from tfkd.text.batching import pad

    task = tasks.find("sentence-similarity", {})
    teacher = load_teacher(given.teacher, task=task, max_length=LENGTH)
    model = as_model_of_ids(tfkd.shrink(teacher, layers=3))
    sentences = read_sentences(given.texts, 32 * BATCHES)
    ids = pad(teacher.encoder.encode_many(sentences), LENGTH)
    batches = [ids[start : start + 32] for start in range(0, len(ids), 32)]
    models = {"whole": model} | _compressed(model, OF_ENCODER, batches)
    held_out = ids[-64:]
    found = _measure(models, {"input_ids": held_out})
    exact = _vectors(model, held_out)
    by_weights = _compressed(model, tuple(f"{spec},error=weights" for spec in OF_ENCODER), batches)
    for name, each in (models | by_weights).items():
        cosines = np.sum(exact * _vectors(each, held_out), axis=-1)
        found.setdefault(name, {})["kept"] = round(float(cosines.mean()), 4)
    return found


def _vectors(model, ids: np.ndarray) -> np.ndarray:
    found = model(ids)
    found = np.asarray(next(iter(found.values())) if isinstance(found, dict) else found)
    return found / np.linalg.norm(found, axis=-1, keepdims=True)


def _compressed(model, specs: tuple[str, ...], batches: list) -> dict:
    from tfkd.compression import Evidence, parse

    # The last batch is what is measured.
    evidence = Evidence(lambda: batches[:-1] or batches)
    return {spec: parse(spec).apply(model, evidence) for spec in specs}


def _measure(models: dict, feed: dict[str, np.ndarray]) -> dict:
    """Return the sizes, and the best times of models that take turns."""
    from tfkd.runtime.interpreter import LiteRT

    found: dict = {name: {"parameters": model.count_params()} for name, model in models.items()}
    with tempfile.TemporaryDirectory() as folder:
        files = {
            (name, kind): _export(model, Path(folder) / f"{number}-{kind}.tflite", kind)
            for number, (name, model) in enumerate(models.items())
            for kind in KINDS
        }
        readers = {key: LiteRT(file) for key, file in files.items()}
        for batch in (1, 64):
            rows = {name: values[:batch] for name, values in feed.items()}
            times: dict = {key: [] for key in readers}
            for _ in range(ROUNDS if batch == 1 else ROUNDS // 6):
                for key, reader in readers.items():
                    start = time.perf_counter()
                    reader(rows)
                    times[key].append(1e3 * (time.perf_counter() - start))
            for (name, kind), own in times.items():
                found[name].setdefault(kind, {})[f"ms_{batch}"] = round(float(np.median(own)), 3)
        for (name, kind), file in files.items():
            found[name][kind]["kb"] = round(file.stat().st_size / 1e3)
    return found


def _export(model, file: Path, kind: str) -> Path:
    """Write a file by the converter alone: models of random weights have no classes to compare."""
    from tfkd.exporting.calling import signature_of
    from tfkd.exporting.convert import flatbuffer
    from tfkd.runtime.quantisations import KINDS

    outputs = tuple(model.output) if isinstance(model.output, dict) else ("logits",)
    file.write_bytes(flatbuffer(signature_of(model, outputs=outputs), KINDS[kind]))
    return file


_PARTS = {"dense": measure_dense, "shrink:3": measure_encoder}


def lines(found: dict) -> Iterator[str]:
    """Yield the table of docs/smaller.md."""
    yield (
        "| model | parameters | KB | ms, one | ms, 64 | int8 KB | int8 ms, one | int8 ms, 64 | "
        "vectors' cosine, by inputs / by weights |"
    )
    yield "| --- |" + " ---: |" * 8
    for part in _PARTS:
        for name, own in found.get(part, {}).items():
            if "parameters" not in own:
                continue
            numbers = [
                f"{own[kind]['kb']:,} | {own[kind]['ms_1']:.2f} | {own[kind]['ms_64']:.1f}"
                for kind in KINDS
            ]
            by_weights = found[part].get(f"{name},error=weights", {})
            kept = " / ".join(f"{each['kept']:.3f}" for each in (own, by_weights) if "kept" in each)
            yield (
                f"| {part}, {name} | {own['parameters'] / 1e6:.2f} M | {' | '.join(numbers)} | "
                f"{kept or '-'} |"
            )


if __name__ == "__main__":
    main()
