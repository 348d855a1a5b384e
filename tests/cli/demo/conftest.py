"""A small file for MediaPipe, and the server of its page."""

import json
import threading
from contextlib import contextmanager

import pytest

from tfkd import tasks

NAMES = ["bad", "good"]


def export_untrained(folder, names):
    """Export a student that learnt nothing for MediaPipe."""
    pytest.importorskip("keras")
    import tfkd
    from tfkd import students
    from tfkd.text import learn

    encoder = learn(["a good film", "a bad film", "not a good one"] * 20, vocab_size=60)
    path = folder / "small.tflite"
    student = students.text_cnn(encoder.vocab_size, classes=len(names), size="tiny", seed=0)
    tfkd.export(student, path, encoder=encoder, labels=names, client="mediapipe")
    return path


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A file of two classes for MediaPipe."""
    return export_untrained(tmp_path_factory.mktemp("demo"), NAMES)


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    """A file of twelve classes for MediaPipe."""
    return export_untrained(tmp_path_factory.mktemp("many"), [f"class {i}" for i in range(12)])


def export_task(path, task, labels):
    """Export an untrained student of a task that no client runs."""
    pytest.importorskip("keras")
    import tfkd
    from tfkd import students
    from tfkd.text import learn

    schema = task.complete_schema(task.schema(labels), [])
    encoder = learn(["a good film", "a bad film", "not a good one"] * 20, vocab_size=60)
    student = students.build_for(task, schema, "text_cnn", encoder.vocab_size, "tiny", seed=0)
    tfkd.export(student, path, encoder=encoder, task=task, schema=schema)
    return path


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    """A file that compares two texts."""
    task = tasks.find("text-classification", {"pair": True})
    return export_task(tmp_path_factory.mktemp("d") / "pairs.tflite", task, ("different", "same"))


@pytest.fixture(scope="session")
def entities(tmp_path_factory):
    """A file that finds entities, of which one that learnt nothing finds many."""
    task = tasks.find("token-classification")
    path = tmp_path_factory.mktemp("d") / "entities.tflite"
    return export_task(path, task, ("B-film", "I-film", "O"))


@pytest.fixture(scope="session")
def questions(tmp_path_factory):
    """A file that answers questions about a context."""
    path = tmp_path_factory.mktemp("d") / "questions.tflite"
    return export_task(path, tasks.find("question-answering"), ())


@pytest.fixture(scope="session")
def untrained_desk(tmp_path_factory):
    """A service desk of files that learnt nothing; not to be changed."""
    from tfkd.runtime import Index, load
    from tfkd.runtime.service_desk import DESK, FORMAT

    folder = tmp_path_factory.mktemp("desks") / "shop"
    folder.mkdir()
    export_task(folder / "intents.tflite", tasks.find("text-classification"), ("buy", "oos", "pay"))
    vectors = tasks.find("sentence-similarity", {"dimensions": 8})
    export_task(folder / "answers.tflite", vectors, ())
    answers = ["a good film", "a bad film", "not a good one", "long " * 100]
    Index.of(load(folder / "answers.tflite"), answers).save(folder / "answers.index")
    names = {"intents": "intents.tflite", "answers": "answers.tflite", "index": "answers.index"}
    facts = {"format": FORMAT, **names, "unknown": ["oos"]}
    (folder / DESK).write_text(json.dumps(facts))
    return folder


@pytest.fixture
def serving():
    """Serve contents in a thread: the port."""
    from tfkd.cli.demo.serving import server

    @contextmanager
    def run(contents, answer=None):
        with server(contents, 0, answer) as served:
            threading.Thread(target=served.serve_forever, daemon=True).start()
            try:
                yield served.server_port
            finally:
                served.shutdown()

    return run


@pytest.fixture(scope="session")
def translator(writing_file, tmp_path_factory):
    """A file that writes, of an untrained student."""
    from tests.runtime.writing_files import bundle_translator

    path = tmp_path_factory.mktemp("w") / "translator.tflite"
    path.write_bytes(bundle_translator(writing_file.model, writing_file.encoder))
    return path
