"""A finished run's student beside its teacher exported the same way and TF-IDF: what a phone gets.

    pip install scikit-learn
    python -m benchmarks.deployed runs/imdb --out benchmarks/results/imdb_deployed.json

Accuracy is on all test texts, of each file by `tfkd.runtime`; latency is of one text at a time on
one thread, with the tokenizer and without it, over 200 test texts. The models take turns of 20
texts, behind one that is not counted: so caches are warm, as where one model runs alone.
`--times` measures times again and keeps the scores in `--out`.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

import tfkd
from tfkd.models.input_names import IDS, MASKS, SEGMENTS, text_input_names
from tfkd.progress import log_progress
from tfkd.running._run import export_again
from tfkd.running.context import open_run
from tfkd.running.folder import describe_environment
from tfkd.runtime import Classifier
from tfkd.teachers import load_teacher

TIMED, REPEATS, TURN = 200, 5, 20
CHECKED = 200


def of_ids(model):
    """A teacher of ids, mask and segments as a model of ids alone, to export it as a student is."""
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    made = dict.fromkeys(SEGMENTS, keras.ops.zeros_like(ids))
    made |= dict.fromkeys(MASKS, keras.ops.cast(ids != 0, "int32")) | dict.fromkeys(IDS, ids)
    return keras.Model(ids, model({name: made[name] for name in text_input_names(model)}))


def files(run, folder: Path) -> dict[str, Path]:
    """The student as int8 and as auto, the teacher as int8."""
    given = run.config.teacher
    check = [each.text for each in examples(run, "validation")[:CHECKED]]
    teacher = load_teacher(given.source, max_length=given.max_length or None)
    found = {"teacher, int8": folder / "teacher.tflite"}
    for name, kind in (("student, int8", "int8"), ("student, auto", "auto")):
        found[name] = export_again(run.folder, folder / f"student-{kind}.tflite", kind).path
    tfkd.export(
        of_ids(teacher.model),
        found["teacher, int8"],
        quantize="int8",
        encoder=teacher.encoder,
        labels=run.data.labels,
        check=check,
    )
    return found


def tf_idf(rows):
    """Uni- and bigrams, weighted, and a logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(C=10, max_iter=1000))
    return model.fit([each.text for each in rows], [each.label for each in rows])


def examples(run, split: str) -> list:
    """The labelled examples of a split."""
    return [each for each in run.data.read(split) if each.label >= 0]


def accuracy(predict, rows) -> float:
    """The share of texts whose class `predict` finds; texts to class numbers."""
    return float(np.mean(predict([each.text for each in rows]) == [each.label for each in rows]))


def latencies(calls: dict, inputs: dict[str, list]) -> dict[str, float]:
    """The median milliseconds of a call with one of its inputs; the models take turns."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    for at in [*range(0, TIMED, TURN)] * REPEATS:
        for name, call in calls.items():
            call(inputs[name][at : at + 1])
            took[name] += [_timed(call, each) for each in inputs[name][at : at + TURN]]
    return {name: float(np.median(each)) for name, each in took.items()}


def _timed(call, one) -> float:
    start = time.perf_counter()
    call([one])
    return 1e3 * (time.perf_counter() - start)


def lines(models: dict) -> list[str]:
    """The table of the README."""
    columns = ("accuracy", "MB", "ms, without tokenizer", "ms, with tokenizer")
    table = [f"| | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for name, row in models.items():
        megabytes, bare = row["megabytes"], row["without_tokenizer"]
        table.append(
            f"| {name} "
            + (f"({row['kind']}) " if name.endswith("auto") else "")
            + f"| {100 * row['accuracy']:.2f} % | {f'{megabytes:.2f}' if megabytes else ''} "
            f"| {f'{bare:.3f}' if bare else ''} | {row['milliseconds']:.2f} |"
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--times", action="store_true")
    given = parser.parse_args()
    known = json.loads(given.out.read_text())["models"] if given.times else {}
    run = open_run(given.run, log_progress)
    test = examples(run, "test")
    with tempfile.TemporaryDirectory() as folder:
        paths = files(run, Path(folder))
        open_ = {name: Classifier(path) for name, path in paths.items()}
        models = {name: lambda t, c=c: c.logits(t).argmax(1) for name, c in open_.items()}
        models["TF-IDF"] = tf_idf(examples(run, "train")).predict
        texts = [each.text for each in test[:: len(test) // TIMED]][:TIMED]
        whole = latencies(models, dict.fromkeys(models, texts))
        ids = {name: c.encoder.encode_many(texts) for name, c in open_.items()}
        bare = latencies({name: c.run for name, c in open_.items()}, ids)
        rows = {
            name: {
                "accuracy": known[name]["accuracy"] if known else accuracy(predict, test),
                "milliseconds": whole[name],
                "without_tokenizer": bare.get(name),
                "megabytes": paths[name].stat().st_size / 1e6 if name in paths else None,
                "kind": open_[name].quantize if name in open_ else None,
            }
            for name, predict in models.items()
        }
    facts = {"run": given.run.name, "environment": describe_environment(), "models": rows}
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    print("\n".join(lines(rows)))


if __name__ == "__main__":
    main()
