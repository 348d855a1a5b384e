"""Wrong input: one sentence, exit code 2, and nothing overwritten or lost."""

import contextlib
import errno
import gzip
import json
import shutil

import pytest

from tfkd.files import replace_when_whole

QUICK = ("--student", "text_cnn:tiny", "--vocab-size", "300", "--max-length", "32", "--to", "out")
QUICK += ("--epochs", "1", "--teacher", "train:bag_of_ngrams:tiny")


@pytest.fixture
def untouched(tmp_path):
    """No folder was claimed for what cannot begin."""
    yield
    assert not (tmp_path / "out").exists()


def lines(count=60):
    return [f'{{"text": "a film number {i}", "label": {i % 2}}}' for i in range(count)]


def changed(at, line):
    """The lines of a good file with one that is not."""
    found = lines()
    found[at] = line
    return "\n".join(found) + "\n"


ONE_CLASS = "".join(f'{{"text": "film {i}", "label": "good"}}\n' for i in range(60))
FRACTIONS = "".join(f'{{"text": "film {i}", "label": {i / 8}}}\n' for i in range(60))
NEGATIVE = "".join(f'{{"text": "film {i}", "label": {i % 2 - 1}}}\n' for i in range(60))


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["is empty"]),
        (" \n\n", ["is empty"]),
        (changed(2, '{"label": 1}'), ["row 3", "no 'text'"]),
        (changed(2, '{"text": "no label"}'), ["row 3", "no 'label'"]),
        (changed(0, '{"review": "a", "label": 1}'), ["row 1", "'text'", "--text-column"]),
        (changed(2, '{"text": "  ", "label": 1}'), ["row 3", "empty"]),
        (changed(2, '{"text": 7, "label": 1}'), ["row 3", "expected a string"]),
        (changed(2, '{"text": "a", "label": [1]}'), ["row 3", "[1]"]),
        (changed(2, '{"text": "a", "la'), ["row 3", "invalid JSON"]),
        (changed(2, "[1, 2]"), ["row 3", "expected an object"]),
        (ONE_CLASS, ["'good'", "one class only"]),
        (FRACTIONS, ["row 2", "0.125", "--form regression"]),
        (NEGATIVE, ["row 1", "-1 is below 0", "-100"]),
        ("\n".join(lines(10)), ["10 labelled rows", "at least 20"]),
    ],
)
def test_a_file_that_is_wrong(refused, tmp_path, content, words):
    """Training on what is left after the wrong rows were passed over."""
    (tmp_path / "data.jsonl").write_text(content, encoding="utf-8")
    said = refused("distill", "data.jsonl", *QUICK)
    assert [word for word in (*words, "data.jsonl") if word not in said] == []


@pytest.mark.usefixtures("untouched")
def test_bytes_that_are_not_utf8(refused, tmp_path):
    """Question marks in every text with an accent."""
    (tmp_path / "data.csv").write_bytes(b"text,label\ngood,1\ncaf\xe9,0\n")
    assert "data.csv, line 3: byte 21 (0xe9) is not UTF-8" in refused("distill", "data.csv", *QUICK)


@pytest.mark.usefixtures("untouched")
def test_a_gzip_file_that_was_cut_off(refused, tmp_path):
    """Half of the data taken for all of it."""
    whole = gzip.compress("\n".join(lines(2_000)).encode())
    (tmp_path / "data.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    assert "truncated gzip" in refused("distill", "data.jsonl.gz", *QUICK)


@pytest.mark.usefixtures("untouched")
def test_data_that_is_not_there(refused, tmp_path):
    """A name that is guessed at."""
    (tmp_path / "reviews.csv").write_text("text,label\n")
    assert "there is no file nothing.jsonl" in refused("distill", "nothing.jsonl", *QUICK)
    assert "did you mean reviews.csv?" in refused("distill", "review.csv", *QUICK)
    assert "unknown data 'imbd' (did you mean imdb?)" in refused("distill", "imbd", *QUICK)
    assert "cannot read run.toml" in refused("distill", "run.toml", *QUICK)
    assert "no data given" in refused("distill", "", *QUICK)
    assert "write at least 40" in refused("distill", "sample:3", *QUICK)


@pytest.mark.usefixtures("untouched")
def test_imdb_without_data_and_network(refused, tmp_path, monkeypatch):
    """A page of the downloader's traceback."""
    tfds = pytest.importorskip("tensorflow_datasets")

    def unreachable(self, **options):
        raise OSError("[Errno 101] Network is unreachable")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", unreachable)
    (tmp_path / "empty").mkdir()
    said = refused("distill", "imdb", "--data-dir", "empty", *QUICK)
    assert "is not prepared in" in said
    assert "Network is unreachable" in said
    assert "--data-dir DIR" in said


@pytest.mark.usefixtures("untouched")
def test_a_label_that_no_other_split_knows(refused, rows):
    """A test split whose classes are counted otherwise."""
    test = [("a", 0), ("b", 1), ("c", 2)]
    said = refused("distill", rows(), "--test", rows("test.jsonl", test), *QUICK)
    assert "test.jsonl, row 3: unknown label '2'" in said


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("good\n", "at least two classes"),
        ("good\ngood\n", "each once"),
        ("bad\nmixed\ngood\n", "no row has the class"),
    ],
)
def test_class_names_that_disagree_with_the_data(refused, rows, tmp_path, names, words):
    """Good taken for bad."""
    (tmp_path / "labels.txt").write_text(names)
    assert words in refused("distill", rows(), "--labels", "labels.txt", *QUICK)


@pytest.mark.slow
def test_a_text_of_a_megabyte(tfkd, rows):
    """A long text that takes the run down."""
    long = [("good " * 200_000, 1), ("x" * 1_000_000, 0)]
    data = rows(rows=[(f"a film of the year {1900 + i}", i % 2) for i in range(58)] + long)
    code, printed, _ = tfkd("distill", data, *QUICK, "--no-alone")
    assert code == 0
    assert "accuracy" in printed


# -- settings --------------------------------------------------------------------------------


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--temperature", "0"], "temperature is 0.0: write a positive number"),
        (["--temperature", "-2"], "temperature is -2.0"),
        (["--temperature", "nan"], "temperature is nan"),
        (["--temperature", "inf"], "temperature is inf"),
        (["--soft-weight", "1.5"], "soft_weight is 1.5: write a number from 0 to 1"),
        (["--soft-weight", "-0.1"], "soft_weight is -0.1"),
        (["--soft-weight", "nan"], "soft_weight is nan"),
        (["--learning-rate", "nan"], "learning_rate is nan"),
        (["--batch-size", "0"], "batch_size is 0: write at least 1"),
        (["--epochs", "-1"], "epochs is -1: write 0 or more"),
        (["--max-length", "2"], "max_length is 2"),
        (["--vocab-size", "5"], "vocab_size is 5"),
        (["--seed", str(2**32)], "seed is 4294967296"),
        (["--student", "text_cn:tiny"], "did you mean text_cnn?"),
        (["--student", "text_cnn:huge"], "size is 'huge'"),
        (["--set", "filter=8"], "unknown setting 'filter'"),
        (["--set", "filters"], "write NAME=VALUE"),
        (["--set", "filters=many"], "write NAME=VALUE"),
        (["--set", "filters=-3"], "text_cnn cannot be built with filters=-3"),
        (["--set", "dropout=1.5"], "text_cnn cannot be built with dropout=1.5"),
        (["--set", 'filters="8"'], "text_cnn cannot be built with filters='8'"),
        (["--set", "filters=1979-05-27"], "expected numbers, texts and lists"),
        (["--student", "transformer:tiny", "--max-length", "600"], "reads at most 512"),
        (["--teacher", "train:transformer:tiny", "--max-length", "600"], "reads at most 512"),
        (["--teacher", "train:berd"], "unknown teacher 'train:berd'"),
        (["--teacher", "bert"], "unknown teacher 'bert'"),
        (["--teacher", "keras:"], "unknown teacher 'keras:'"),
        (["--tokenizer", "no.txt"], "no tokenizer at no.txt"),
        (["--data-dir", "x"], "--data-dir is x, but the data 'sample:40' has no use for it"),
    ],
)
def test_a_setting_that_is_wrong(refused, arguments, words):
    """An hour of training with weights that mean nothing."""
    assert words in refused("distill", "sample:40", *QUICK, *arguments)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("data = ", "run.toml is not TOML"),
        (b"data = '\xff'", "run.toml is not TOML"),
        ("[training]\ntemprature = 2.0", "'temprature' (did you mean temperature?)"),
        ('[training]\nepochs = "three"', "epochs is 'three': expected a whole number"),
        ("[training]\nalone = 1", "alone is 1: expected true or false"),
        ('[data]\nsource = ["sample"]', "data is ['sample']: expected a text"),
        ('[export]\nquantize = "int2"', "quantize is 'int2': write one of"),
        ('[student]\nsource = "text_cnn"', "no data given"),
        ("temperature = 2.0", "belongs into a table: write [training]"),
        (
            '[data]\nsource = "sample"\n[student.settings]\nwidth = {}',
            "cannot be built with width={}",
        ),
    ],
)
def test_a_toml_file_that_is_wrong(refused, tmp_path, toml, words):
    """A misspelt setting that is passed over."""
    content = toml if isinstance(toml, bytes) else toml.encode()
    (tmp_path / "run.toml").write_bytes(content)
    assert words in refused("distill", "run.toml", "--to", "out")


def test_weights_that_are_all_zero():
    """A training that changes nothing, for hours."""
    from tfkd import HardLabels, SoftTargets
    from tfkd.errors import UserError

    with pytest.raises(UserError, match="zero"):
        (0 * HardLabels() + 0 * SoftTargets()).check()


# -- teachers --------------------------------------------------------------------------------


@pytest.fixture
def teacher(taught, tmp_path):
    return shutil.copytree(taught, tmp_path / "teacher")


@pytest.mark.usefixtures("untouched")
def test_a_teacher_with_other_classes(refused, taught, rows):
    """Two logits compared with three."""
    data = rows(rows=[(f"a film number {i}", i % 3) for i in range(90)])
    said = refused("distill", data, *QUICK, "--teacher", f"keras:{taught}")
    assert "the teacher has 2 classes and the data 3" in said


@pytest.mark.usefixtures("untouched")
def test_a_teacher_whose_names_are_too_many(refused, teacher):
    """Names that are given to the wrong logits."""
    (teacher / "labels.txt").write_text("bad\ngood\nmixed\n")
    said = refused("distill", "sample:40", *QUICK, "--teacher", "keras:teacher")
    assert "3 classes" in said or "3 names" in said


def test_a_teacher_with_its_classes_in_another_order(teacher, tfkd, tmp_path):
    """A student that learns the opposite; this teacher is too weak to be told by 160 texts."""
    (teacher / "labels.txt").write_text("Positive\nNegative\n")
    command = ("distill", "sample:200", *QUICK, "--teacher", "keras:teacher", "--no-alone")
    code, _, _ = tfkd(*command)
    assert code == 0
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["rows"]
    stored = json.loads((teacher / "score.json").read_text())["accuracy"]
    assert rows[0]["scores"]["accuracy"] == pytest.approx(1 - stored)


def test_a_teacher_that_names_its_classes_otherwise(teacher, tfkd, monkeypatch, capsys):
    """A guess that nobody is told of."""
    (teacher / "labels.txt").write_text("bad\ngood\n")
    monkeypatch.setattr("tfkd.running.student_training.train_students", lambda *models: 1 / 0)
    command = ("distill", "sample:40", *QUICK, "--teacher", "keras:teacher")
    with pytest.raises(ZeroDivisionError):
        tfkd(*command)
    said = (
        "The teacher's classes are taken as the data's by their position, since the names differ: "
        "bad is negative, good is positive."
    )
    assert said in capsys.readouterr().out


@pytest.mark.usefixtures("untouched")
def test_a_teacher_that_is_not_there(refused, tmp_path):
    """A model of random weights as the teacher."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.keras").write_bytes(b"PK\x03\x04 no model")
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "config.json").write_text("{")

    def said(spec):
        return refused("distill", "sample:40", *QUICK, "--teacher", spec)

    assert "nowhere" in said("keras:nowhere")
    assert "no .keras file" in said("keras:empty")
    assert "broken.keras cannot be loaded" in said("keras:broken.keras")
    assert "nowhere" in said("hf:nowhere")
    assert "expected a folder with config.json" in said("hf:empty")
    assert "config.json" in said("hf:json")


@pytest.mark.usefixtures("untouched")
def test_a_teacher_of_another_architecture(refused, teacher):
    """A model of images that is fed with ids of word pieces."""
    import keras

    from tfkd.models.saving import save_keras

    layers = keras.layers
    images = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2)])
    tokens = keras.Sequential([keras.Input((None,)), layers.Embedding(300, 4), layers.Dense(2)])
    small = keras.Sequential(
        [
            *(keras.Input((None,)), layers.Embedding(10, 4)),
            *(layers.GlobalAveragePooling1D(), layers.Dense(2)),
        ]
    )
    for model in (images, tokens, small):
        save_keras(model, teacher / "model.keras")
        said = refused("distill", "sample:40", *QUICK, "--teacher", "keras:teacher")
        assert "teacher" in said


@pytest.mark.usefixtures("untouched")
def test_a_teacher_that_was_cut_off(refused, teacher):
    """A download that broke off, taken for a teacher."""
    whole = (teacher / "model.keras").read_bytes()
    (teacher / "model.keras").write_bytes(whole[: len(whole) // 2])
    said = refused("distill", "sample:40", *QUICK, "--teacher", "keras:teacher")
    assert "model.keras cannot be loaded" in said
    (teacher / "model.keras").write_bytes(whole)
    (teacher / "tokenizer.json").write_text("{}")
    said = refused("distill", "sample:40", *QUICK, "--teacher", "keras:teacher")
    assert "tokenizer.json is not a tokenizer" in said


# -- folders ---------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made(refused, tmp_path):
    """A run that is lost at its end, when it is to be saved."""
    (tmp_path / "file").write_text("mine")
    for folder in ("file", "file/run"):
        assert "cannot write to file" in refused("distill", "sample:40", *QUICK, "--to", folder)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written(refused, tmp_path):
    """As above, where the folder is there and belongs to another user."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    try:
        (locked / "try").touch()
    except OSError:
        assert "cannot write to locked" in refused("distill", "sample:40", *QUICK, "--to", "locked")
    else:
        pytest.skip("this user may write anywhere; the test above covers the sentence")


def test_a_folder_with_something_else(refused, tmp_path, contents):
    """Files of a run strewn among a thesis."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    before = contents(tmp_path)
    assert "mine holds thesis.txt and no run" in refused(
        "distill", "sample:40", *QUICK, "--to", "mine"
    )
    assert contents(tmp_path) == before


def test_a_folder_with_another_run(refused, settings, copy, contents):
    """A finished run overwritten by a typing mistake."""
    before = contents(copy)
    said = refused("distill", *settings, "--temperature", "3", "--to", copy)
    assert "holds another run, with temperature = 2.0 and not 3.0" in said
    assert "nothing was changed" in said
    assert contents(copy) == before


def test_data_that_changed_since_the_run_began(refused, tfkd, rows, monkeypatch):
    """Half of a run on one file, half on another."""

    def stop(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tfkd.running.student_training.train_students", stop)
        assert tfkd("distill", rows(), *QUICK)[0] == 130
    rows(rows=[(f"another film {i}", i % 2) for i in range(80)])
    assert "the data changed since the run in out began" in refused("distill", "data.jsonl", *QUICK)


def full(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device", "out/file")


@contextlib.contextmanager
def full_at_the_end(path):
    """`replace_when_whole` on a disk without room."""
    with replace_when_whole(path) as part:
        yield part
        full()


@pytest.mark.slow
def test_a_full_disk_loses_nothing(tfkd, refused, monkeypatch, settings, finished, same_runs):
    """A trained model thrown away because it could not be saved."""
    import pathlib

    command = ("distill", *settings, "--to", "out")
    for where, function in (
        ("tfkd.running.folder.replace_when_whole", full_at_the_end),
        ("tfkd.data.encoded_writer.replace_when_whole", full_at_the_end),
        ("tfkd.models.saving.replace_when_whole", full_at_the_end),
        ("tfkd.running.fitting.replace_when_whole", full_at_the_end),
        ("tfkd.exporting._export.replace_atomically", full),
        ("tfkd.reporting.report.replace_when_whole", full_at_the_end),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(where, function)
            said = refused(*command)
        assert "No space left on device" in said, where
    code, printed, _ = tfkd(*command)
    assert code == 0
    assert "teacher bag_of_ngrams" not in printed
    same_runs(finished, pathlib.Path("out"))


# -- damaged runs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.toml", b"data = "),
        ("config.toml", b""),
        ("data.json", b"{"),
        ("report.json", b'{"title": "a'),
        ("report.json", b"[]"),
    ],
)
def test_a_damaged_file_is_named(refused, settings, copy, name, content):
    """A traceback, or a finished run begun again."""
    (copy / name).write_bytes(content)
    said = refused("distill", *settings, "--to", copy)
    assert name in said or "holds another run" in said


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("student.keras", 1_000),
        ("alone.keras", 1_000),
        ("tokenizer.json", 100),
        ("preprocessing.json", 5),
        ("targets/manifest.json", 200),
        ("targets/manifest.json", 0),
        ("teacher/model.keras", 1_000),
        ("student.tflite", 100),
        ("student.tflite", 0),
    ],
)
def test_a_file_that_was_cut_off_is_named(refused, settings, copy, name, size):
    """A report of what a damaged file computes."""
    (copy / "report.json").unlink()
    (copy / name).write_bytes((copy / name).read_bytes()[:size])
    said = refused("distill", *settings, "--to", copy)
    assert name.rpartition("/")[2] in said


def test_what_was_removed_is_made_again(tfkd, settings, copy, finished, same_runs):
    """The cure that the sentences name, tried."""
    for name in ("report.json", "targets/manifest.json", "student.tflite", "alone.keras"):
        (copy / name).unlink()
    code, printed, _ = tfkd("distill", *settings, "--to", copy)
    assert code == 0
    assert "distilled: " not in printed
    same_runs(finished, copy)


def test_a_broken_shard_is_computed_again(tfkd, settings, copy, finished, same_runs):
    """A student of whatever a damaged file holds, or a run that cannot go on."""
    shard = next((copy / "targets").glob("shard-*"))
    shard.write_bytes(shard.read_bytes()[:-5])
    for name in ("report.json", "student.tflite", "student.keras"):
        (copy / name).unlink()
    code, printed, _ = tfkd("distill", *settings, "--to", copy)
    assert code == 0
    assert f"{shard.name} has " in printed
    assert "its outputs are computed again" in printed
    same_runs(finished, copy)


def test_a_damaged_backup_is_named(refused, settings, copy):
    """A training that goes on from weights that were half written."""
    for name in ("student.keras", "report.json"):
        (copy / name).unlink()
    backup = copy / "distilled" / "backup" / "epoch-000001-step-000000000.npz"
    backup.parent.mkdir()
    backup.write_bytes(b"PK\x03\x04 cut off")
    said = refused("distill", *settings, "--to", copy)
    assert "epoch-000001-step-000000000.npz is damaged" in said
    assert "remove" in said
