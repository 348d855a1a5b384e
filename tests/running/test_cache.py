"""`tfkd cache`: a teacher's outputs once, for every run that lies beside the store."""

import os
import shutil
import signal

import keras
import numpy as np
import pytest

from tfkd.store import Store

STUDENT = ("--student", "text_cnn:tiny", "--vocab-size", "300", "--max-length", "32")
RUN = (*STUDENT, "--epochs", "2", "--no-alone", "--quantize", "float32")


@pytest.fixture
def given(taught):
    """Data and a teacher, as `cache` and `distill` take them."""
    return ("sample:200", "--teacher", f"keras:{taught}")


@pytest.fixture(scope="module")
def cached(taught, tmp_path_factory):
    """A folder in which `tfkd cache` has run, in shards of 50; not to be changed."""
    from tfkd import cli

    room = tmp_path_factory.mktemp("cached")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        patch.setattr("tfkd.store.writing.SHARD_ROWS", 50)
        assert cli.main(["cache", "sample:200", "--teacher", f"keras:{taught}"]) == 0
    return room


@pytest.fixture
def room(cached, tmp_path, monkeypatch):
    """A copy of that folder to work in."""
    monkeypatch.setattr("tfkd.store.writing.SHARD_ROWS", 50)
    shutil.copytree(cached / "runs", tmp_path / "runs")
    return tmp_path


@pytest.fixture
def no_teacher(monkeypatch):
    """From now on a teacher that runs is an error."""

    def stop():
        monkeypatch.setattr("tfkd.store.writing.Computer", None)

    return stop


def folder_of(room):
    """The one store in a folder."""
    (manifest,) = (room / "runs" / "targets").glob("*/manifest.json")
    return manifest.parent


def bytes_of(folder):
    return {f.name: f.read_bytes() for f in folder.iterdir() if not f.name.startswith(".")}


def student(run):
    return keras.models.load_model(run / "student.keras", compile=False).get_weights()


def test_it_stores_every_text_of_the_data(cached):
    """A run that finds the half of its texts, and calls the teacher for the others."""
    store = Store(folder_of(cached))
    assert store.rows > 150  # equal texts are stored once
    assert len(store.shards) == -(-store.rows // 50)
    assert store.reads == ("logits",)
    assert [each["data"] for each in store.manifest.sources] == ["sample:200"]


def test_it_says_what_it_will_do(tfkd, given):
    """A pass of a night that says so after an hour."""
    code, printed, _ = tfkd("cache", *given, "--store", "here")
    assert code == 0
    assert "examples to compute, 20 bytes each" in printed
    assert "; about " in printed
    assert f"here: {Store('here').rows:,} examples of logits." in printed


def test_the_same_command_again_does_nothing(room, tfkd, given, no_teacher):
    """A second Return key that costs a night."""
    before = bytes_of(folder_of(room))
    no_teacher()
    assert tfkd("cache", *given)[0] == 0
    assert bytes_of(folder_of(room)) == before


def test_distill_uses_it_without_the_teacher(room, tfkd, given, no_teacher):
    """A store that no run ever finds."""
    no_teacher()
    code, printed, _ = tfkd("distill", *given, *RUN)
    assert code == 0
    assert f"targets   {folder_of(room).relative_to(room)}: the teacher's outputs" in printed
    assert not (room / "runs" / "latest" / "targets").exists()


@pytest.mark.slow
def test_without_a_store_the_student_is_the_same(room, tfkd, given):
    """A store that costs accuracy, or `--no-cache` that uses it all the same."""
    said = {}
    for name, *options in (("stored",), ("live", "--no-cache"), ("start", "--learning-rate", 1e-9)):
        command = (*given, *RUN, "--batch-size", "16", "--to", name, *options)
        code, said[name], _ = tfkd("distill", *command)
        assert code == 0
    assert "targets   none are stored to train on: the teacher runs in every step" in said["live"]
    stored, live, start = (student(room / name) for name in said)
    apart = max(np.abs(one - other).max() for one, other in zip(stored, live, strict=True))
    learnt = max(np.abs(one - other).max() for one, other in zip(live, start, strict=True))
    assert 0 < apart < learnt / 100


def test_verify_and_repair(room, tfkd, refused, no_teacher):
    """A cure that is named, and was never tried."""
    store = folder_of(room)
    code, printed, _ = tfkd("cache", "--verify", store)
    assert code == 0
    assert f"{Store(store).rows} examples in " in printed
    assert ": whole." in printed
    whole = bytes_of(store)
    shard = store / "shard-00001.safetensors"
    shard.write_bytes(whole[shard.name][:-1] + b"\xee")
    (store / "shard-00002.safetensors").unlink()
    said = refused("cache", "--verify", store)
    assert "2 of " in said
    assert "shard-00001.safetensors has another checksum" in said
    assert "shard-00002.safetensors is missing" in said
    assert f"tfkd cache --repair {store}" in said
    code, printed, _ = tfkd("cache", "--repair", store)
    assert code == 0
    assert "2 broken shard(s): shard-00001.safetensors, shard-00002.safetensors" in printed
    assert bytes_of(store) == whole
    no_teacher()
    code, printed, _ = tfkd("cache", "--repair", store)
    assert code == 0
    assert "0 broken shard(s)" in printed


def test_repair_of_two_data_sets(room, tfkd, taught, rows):
    """The texts of one data set back again, and those of the other one gone."""
    store = folder_of(room)
    texts = [
        (f"a {('good', 'bad')[i % 2]} film number {i}", ("positive", "negative")[i % 2])
        for i in range(60)
    ]
    command = ("cache", rows(rows=texts), "--teacher", f"keras:{taught}", "--store", store)
    assert tfkd(*command)[0] == 0
    whole, count = bytes_of(store), Store(store).rows
    assert len(Store(store).manifest.sources) == 2
    for shard in (store / "shard-00000.safetensors", max(store.glob("shard-*"))):
        shard.write_bytes(whole[shard.name][:-1] + b"\xee")
    assert tfkd("cache", "--repair", store)[0] == 0
    assert Store(store).rows == count
    assert tfkd("cache", "--verify", store)[0] == 0


def test_top_k(tfkd, given, cached):
    """The flag parsed and dropped."""
    assert tfkd("cache", *given, "--store", "top", "--top-k", "2", "--dtype", "float32")[0] == 0
    top, dense = Store("top"), Store(folder_of(cached))
    assert top.manifest.settings["top_k"] == 2
    order = np.arange(top.rows)
    np.testing.assert_allclose(top.logits(order), dense.logits(order), rtol=1e-3, atol=1e-3)


def test_shards_of_several_writers(room, tfkd, given):
    """Eight machines, and a store of one of them."""
    for name in ("2/2", "1/2"):
        code, printed, _ = tfkd("cache", *given, "--store", "parts", "--shard", name)
        assert code == 0
        said = "this part of parts is written; the other writers have not ended"
        assert (said in printed) == (name == "2/2")
    parts, whole = Store("parts"), Store(folder_of(room))
    assert parts.rows == whole.rows
    assert {shard.path.name[:12] for shard in parts.shards} == {"shard-1-of-2", "shard-2-of-2"}


def test_a_run_stores_what_is_missing_and_the_next_one_uses_it(
    room, tfkd, given, monkeypatch, no_teacher
):
    """The teacher, once for each student that is tried; or a store of half of the texts."""
    store = folder_of(room)
    every = Store(store).rows
    shutil.rmtree(store)
    with monkeypatch.context() as patch:
        patch.setattr("tfkd.running.caching.SPLITS", ("train",))
        assert tfkd("cache", *given)[0] == 0
    some = bytes_of(store)
    assert Store(store).rows < every
    assert tfkd("distill", *given, *RUN, "--to", "runs/one")[0] == 0
    more = bytes_of(store)
    assert {name: more[name] for name in some if name != "manifest.json"}.items() <= some.items()
    assert len(more) > len(some)
    no_teacher()
    assert tfkd("distill", *given, *RUN, "--temperature", "3", "--to", "runs/two")[0] == 0
    assert bytes_of(store) == more


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give the data to store the outputs for, or --verify or --repair a store"),
        (("sample:200",), "train one ahead with `tfkd teach`"),
        (("sample:200", "--teacher", "train:text_cnn"), "train one ahead with `tfkd teach`"),
        (("sample:200", "--teacher", "keras:nowhere"), "nowhere"),
        (("nothing.csv", "--teacher", "keras:nowhere"), "nothing.csv"),
        (("--verify", "nowhere"), "nowhere is no store: it has no manifest.json"),
        (("--repair", "nowhere"), "nowhere is no store: it has no manifest.json"),
    ],
    ids=str,
)
def test_wrong_input(refused, arguments, words):
    """A page of traceback for a mistyped word."""
    assert words in refused("cache", *arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--shard", "4/3"), "shard is '4/3': write e.g. \"2/8\""),
        (("--top-k", "0"), "top_k is 0"),
        (("--top-k", "3"), "top_k is 3 and the teacher's logits have 2 classes"),
    ],
    ids=str,
)
def test_wrong_settings(refused, given, arguments, words):
    """A mistake that shows after the teacher has run for an hour."""
    assert words in refused("cache", *given, "--store", "here", *arguments)


def test_another_teacher_or_setting_is_refused(room, refused, given):
    """A store of two teachers."""
    store = folder_of(room)
    said = refused("cache", *given, "--store", store, "--teacher-max-length", "8")
    assert "other preprocessing of the texts" in said
    assert "top_k=None and not 2" in refused("cache", *given, "--top-k", "2")
    assert "dtype='float16' and not 'float32'" in refused("cache", *given, "--dtype", "float32")


@pytest.mark.parametrize("name", ["manifest.json", "shard-00000.safetensors"])
def test_a_flipped_byte_is_named(room, refused, given, name):
    """A student of whatever a damaged file holds."""
    file = folder_of(room) / name
    data = bytearray(file.read_bytes())
    data[60] ^= 1
    file.write_bytes(data)
    assert name in refused("cache", "--verify", folder_of(room))
    assert name in refused("cache", *given)


def test_a_store_without_its_texts_names_the_cure(room, refused):
    """A store of Python's `write`, and a traceback for its repair."""
    from tfkd.store import manifest as manifests

    path = folder_of(room) / "manifest.json"
    found = manifests.load(path)
    manifests.save(type(found)(found.outputs, found.fingerprint, found.shards), path)
    assert "tfkd.store.repair(path, teacher, dataset)" in refused("cache", "--repair", path.parent)


def test_a_full_disk(tfkd, given, monkeypatch, tmp_path):
    """A page of traceback for what every user meets one day."""
    import os

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tfkd.store.writing.SHARD_ROWS", 50)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, _, said = tfkd("cache", *given, "--store", "here")
    assert code == 2
    assert said.startswith("tfkd: No space left on device")
    assert "what was finished is kept" in said
    assert said.count("\n") == 1
    assert not list((tmp_path / "here").glob("part-*"))
    assert tfkd("cache", *given, "--store", "here")[0] == 0


def test_a_named_store_of_another_teacher_is_refused(room, tfkd, refused, given):
    """A student of a teacher that nobody named, because its store had all the texts."""
    store, other = folder_of(room), room / "other"
    code, _, said = tfkd(
        *("teach", "sample:200", "--teacher", "train:bag_of_ngrams:tiny", "--epochs", "2"),
        *("--vocab-size", "300", "--max-length", "32", "--to", other),
    )
    assert code == 0, said
    said = refused("distill", "sample:200", "--teacher", f"keras:{other}", *RUN, "--store", store)
    assert "holds the outputs of another" in said
    code, _, said = tfkd("distill", *given, *RUN, "--store", store, "--to", "own")
    assert code == 0, said


def test_sigterm_keeps_the_shards_that_are_whole(tfkd, given, cached, tmp_path, monkeypatch):
    """A night's pass, begun anew on each machine that is taken away."""
    from tfkd.store import writing

    monkeypatch.setattr(writing, "SHARD_ROWS", 50)
    real, written = writing.write_shard, []

    def terminated(path, *arguments):
        written.append(path.name)
        if len(written) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return real(path, *arguments)

    monkeypatch.setattr(writing, "write_shard", terminated)
    before = signal.getsignal(signal.SIGTERM)
    code, _, said = tfkd("cache", *given)
    assert code == 75
    assert said.strip() == "stopped by SIGTERM; the same command goes on from what is finished."
    assert signal.getsignal(signal.SIGTERM) is before
    assert len(written) == 3
    assert tfkd("cache", *given)[0] == 0
    assert len(written) == 3 + len(list(folder_of(cached).glob("shard-*"))) - 2
    assert bytes_of(folder_of(tmp_path)) == bytes_of(folder_of(cached))


def test_a_live_teacher_in_bfloat16(tfkd, given, monkeypatch):
    """Twice the time of every step, on a machine that has the instructions."""
    command = ("distill", *given, *RUN, "--no-cache", "--teacher-precision", "bfloat16")
    code, printed, said = tfkd(*command, "--to", "low")
    assert code == 0, said
    assert "precision bfloat16: the teacher's outputs move by" in printed
    monkeypatch.setattr("tfkd.store.precision.LIMIT", 0.0)
    code, _, said = tfkd(*command, "--to", "lower")
    assert code == 2
    assert "in bfloat16 the teacher's outputs move by" in said
