"""Sentences a second on one core, and the time and memory of an index.

    python -m benchmarks.speed.embeddings --teacher hf:FOLDER --texts imdb.jsonl.gz --out FILE.json

The student is the static one that is made of the teacher without training, `int8`, of 120 numbers;
model2vec (in `--rival FOLDER` of `pip install --target`) has the same vectors and tokenizer. All
run on one thread, tokenizers included, and seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)
WORDS, ROUNDS, DIMENSIONS = 15, 5, 120
VECTORS, WIDTH, SEARCHES = 100_000, 256, 50


def main() -> None:
    """Measure and write everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--texts", type=Path, required=True, help="lines of JSON with a text")
    parser.add_argument("--most", type=int, default=10_000, help="sentences")
    parser.add_argument("--of-teacher", type=int, default=300, help="sentences of the teacher")
    parser.add_argument("--rival", type=Path, help="folder with model2vec")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    # Before anything that reads them is imported.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3", "TOKENIZERS_PARALLELISM": "false"})

    from tfkd import load_teacher, tasks
    from tfkd.running.folder import describe_environment

    sentences = read_sentences(given.texts, given.most)
    task = tasks.find("sentence-similarity", {"dimensions": DIMENSIONS})
    teacher = load_teacher(given.teacher, task=task, max_length=64)
    found = {
        "environment": describe_environment(),
        "sentences": len(sentences),
        "words": WORDS,
        **measure_models(teacher, task, sentences, given),
        "index": measure_index(),
    }
    given.out.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(lines(found)))


def read_sentences(path: Path, most: int) -> list[str]:
    """Return pieces of texts of 15 words each."""
    found: list[str] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            words = json.loads(line)["text"].split()
            found += [" ".join(words[i : i + WORDS]) for i in range(0, len(words) - WORDS, WORDS)]
            if len(found) >= most:
                break
    return found[:most]


def measure_models(teacher, task, sentences: list[str], given) -> dict:
    """Return how many sentences a second each model makes vectors of."""
    import tfkd
    from tfkd.runtime import load
    from tfkd.students import static_from
    from tfkd.students.piece_vectors import read_vectors

    start = time.process_time()
    student = static_from(teacher, DIMENSIONS)
    seconds = time.process_time() - start
    schema = task.complete_schema(task.schema(()), [])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "static.tflite"
        check = [{"text": text} for text in sentences[:100]]
        settings = {"encoder": student.encoder, "task": task, "schema": schema, "check": check}
        tfkd.export(student.model, file, quantize="int8", **settings)
        predictor, size = load(file), file.stat().st_size
        rates = {"static int8": rate_of(predictor.embed, sentences)}
    if given.rival:
        rates["model2vec"] = rate_of(rival(student, given.rival), sentences)

    def by_teacher(texts: list[str]) -> None:
        read_vectors(teacher, teacher.encoder.encode_many(texts))

    rates["teacher"] = rate_of(by_teacher, sentences[: given.of_teacher], rounds=2)
    return {"making_s": round(seconds, 1), "file_bytes": size, "sentences_per_second": rates}


def rival(student, folder: Path) -> Callable[[list[str]], object]:
    """Return model2vec with the same vectors, weights and tokenizer."""
    sys.path.append(str(folder))
    import numpy as np
    from model2vec import StaticModel

    table = student.model.get_layer("token_embedding").get_weights()[0]
    logits = student.model.get_layer("token_weight").get_weights()[0]
    model = StaticModel(table / (1 + np.exp(-logits)), student.encoder.tokenizer, normalize=True)
    return lambda texts: model.encode(texts, use_multiprocessing=False)


def rate_of(embed: Callable, texts: list[str], rounds: int = ROUNDS) -> int:
    """Return texts a second of the processor, of the best round."""
    embed(texts[:64])
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        embed(texts)
        seconds.append(time.process_time() - start)
    return round(len(texts) / min(seconds))


def measure_index() -> dict:
    """Return milliseconds of one search, and megabytes."""
    import numpy as np

    from tfkd.runtime import Index

    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((VECTORS, WIDTH), dtype=np.float32)
    index = Index(vectors, list(range(VECTORS)))
    times = []
    for row in range(SEARCHES):
        start = time.process_time()
        index.search(vectors[row : row + 1], k=10)
        times.append(time.process_time() - start)
    with tempfile.TemporaryDirectory() as folder:
        size = index.save(Path(folder) / "a.index").stat().st_size
    return {
        "vectors": VECTORS,
        "dimensions": WIDTH,
        "search_ms": round(1e3 * float(np.median(times)), 2),
        "memory_mb": round(index.vectors.nbytes / 1e6, 1),
        "file_mb": round(size / 1e6, 1),
    }


def lines(found: dict) -> Iterator[str]:
    """Yield the tables of docs/performance.md."""
    rates, index = found["sentences_per_second"], found["index"]
    yield "| vectors of sentences of 15 words | sentences a second, one core | times the teacher |"
    yield "| --- | ---: | ---: |"
    for name, rate in rates.items():
        yield f"| {name} | {rate:,} | {rate / rates['teacher']:,.0f} |"
    yield ""
    yield "| index | search for one text | in memory | file |"
    yield "| --- | ---: | ---: | ---: |"
    yield (
        f"| {index['vectors']:,} vectors of {index['dimensions']} | {index['search_ms']} ms | "
        f"{index['memory_mb']} MB | {index['file_mb']} MB |"
    )


if __name__ == "__main__":
    main()
