"""What travels inside a file of unknown origin: archives, settings, vocabularies, tokenizers."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tfkd.errors import UserError
from tfkd.runtime import Classifier, zip_tail
from tfkd.runtime.zip_tail import pack, unpack
from tfkd.text import learn

HERE = Path(__file__).parent
TEXTS = ["a good film", "a film that is not bad " * 200]


def lying(**values):
    def change(table):
        for name, value in values.items():
            setattr(table, name, value)

    return change


def archive(blob, files, change=lambda info: None, **options):
    """A model with an archive whose directory lies."""
    out = io.BytesIO(blob)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *args, **kwargs: None)
        with zipfile.ZipFile(out, "a", **options) as made:
            for name, text in files:
                made.writestr(name, text)
            for info in made.infolist():
                change(info)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lying(flag_bits=1), "encrypted"),
        (lying(file_size=2**31), "larger than 64 MB|cannot|broken"),
        (lying(header_offset=2**31), "broken"),
        (lying(compress_type=14), "compressed in a way"),
        (lying(compress_type=97), "compressed in a way"),
        (lying(CRC=7), "Bad CRC"),
    ],
)
def test_an_archive_that_lies(pieces, refused, change, words):
    """Each made zipfile raise something else than what it documents, or a page of its own."""
    said = refused(archive(pieces[0], pieces[1].items(), change))
    assert re.search(words, said), said


def test_a_bomb(pieces, refused, monkeypatch):
    """A thousand times as much as it looks: read up to the limit, and no further."""
    monkeypatch.setattr(zip_tail, "LARGEST", 2**20)
    files = {**pieces[1], "vocab.txt": "a\n" * 2**20}
    content = archive(pieces[0], files.items(), compression=zipfile.ZIP_DEFLATED)
    assert len(content) < 2**16
    assert "vocab.txt is larger than 1 MB" in refused(content)


def test_an_entry_twice(pieces, refused):
    """One reader takes the first of two vocabularies, and another one the last."""
    files = [*pieces[1].items(), ("vocab.txt", pieces[1]["vocab.txt"])]
    assert "vocab.txt is in it 2 times" in refused(archive(pieces[0], files))


def test_names_that_lead_elsewhere(pieces, tmp_path):
    """Nothing is written anywhere, whatever the entries are called."""
    names = ("../x", "/tmp/x", "C:\\x", "a/../../x", "x\x00.txt", "\u202e")
    content = archive(pieces[0], [*pieces[1].items(), *((name, "x") for name in names)])
    assert unpack(content) == pieces[1]
    (tmp_path / "a.tflite").write_bytes(content)
    assert len(Classifier(tmp_path / "a.tflite").predict(TEXTS)) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["a.tflite"]


def labelled(labels, settings=()):
    return {"labels": labels, "settings": {} if settings == () else settings}


SETTINGS = [
    ("max_length", 10**9),
    ("max_length", -1),
    ("max_length", float("nan")),
    ("max_length", 10**5000),
    ("max_length", "32"),
    ("max_length", True),
    ("schema", None),
    ("schema", ["a", "b", "c"]),
    ("schema", labelled("abc")),
    ("schema", labelled([1, 2, 3])),
    ("schema", labelled(["a", "a", "b"])),
    ("schema", labelled(["a", "b", "\x1b[2J"])),
    ("schema", labelled([str(i) for i in range(10**6)])),
    ("schema", labelled({"a": 1, "b": 2, "c": 3})),
    ("schema", labelled(["a", "b", "c"], None)),
    ("schema", labelled(["a", "b", "c"], {"\x1b[2J": 1})),
    ("schema", labelled(["a", "b", "c"], {"stride": 10**5000})),
    ("schema", labelled(["a", "b", "c"], {"stride": float("inf")})),
    ("schema", labelled(["a", "b", "c"], {"stride": {"a": 1}})),
    ("schema", labelled(["a", "b", "c"], {"stride": [[1]]})),
    ("schema", labelled(["a", "b", "c"], {str(i): i for i in range(1_000)})),
    ("task", None),
    ("task", 7),
    ("task", "\x1b[2J"),
    ("task", "t" * 10**4),
    ("inputs", []),
    ("inputs", "input_ids"),
    ("inputs", [7]),
    ("inputs", [str(i) for i in range(100)]),
    ("outputs", None),
    ("outputs", {}),
    ("outputs", {"logits": "logits"}),
    ("outputs", {"logits": {"name": 7}}),
    ("outputs", {"logits": {"name": "logits", "activation": "relu"}}),
    ("outputs", {"logits": {"name": "logits", "activation": []}}),
    ("outputs", {str(i): {"name": "logits"} for i in range(100)}),
    ("special", "[PAD]"),
    ("special", [["[PAD]"]]),
    ("special", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "and one more"]),
    ("vocab_size", 7),
    ("vocab_size", 10**9),
    ("vocab_size", None),
    ("form", "ranking"),
    ("outputs", ["logits"]),
    ("quantize", {}),
    ("tokenizer", "../tokenizer.json"),
    ("lowercase", 1),
    ("format", float("inf")),
    ("format", True),
    ("model", {"bytes": -1, "sha256": ""}),
    ("model", "0"),
    ("ask_below", 0.5),
    ("ask_below", {}),
    ("ask_below", {"confidence": float("nan")}),
    ("ask_below", {"confidence": True}),
    ("ask_below", {"confidence": 0.5, "against": "\x1b[2J"}),
    ("ask_below", {"confidence": 0.5, "nested": {}}),
]


@pytest.mark.parametrize(
    ("name", "value"), SETTINGS, ids=[f"{i}-{e[0]}" for i, e in enumerate(SETTINGS)]
)
def test_a_setting_of_another_kind(pieces, refused, name, value):
    """Each was a traceback, a length that fills memory, or an escape sequence on the terminal."""
    sys.set_int_max_str_digits(0)
    try:
        settings = json.dumps(json.loads(pieces[1]["tfkd.json"]) | {name: value})
    finally:
        sys.set_int_max_str_digits(4300)
    said = refused(pack(pieces[0], {**pieces[1], "tfkd.json": settings}))
    assert "is broken" in said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": ["ids"]}, "takes input_ids"),
        ({"inputs": ["input_ids", "mask"]}, "takes input_ids"),
        ({"outputs": {"logits": {"name": "scores"}}}, "is damaged"),
        ({"outputs": {"scores": {"name": "logits"}}}, "is damaged"),
        ({"schema": labelled(["a", "b"])}, "2 class names"),
        ({"schema": labelled([])}, "0 class names"),
        ({"form": "binary"}, "3 class names"),
        ({"format": 1}, "was written by an older tfkd: export it again"),
    ],
)
def test_settings_that_fit_no_model(pieces, refused, change, words):
    """A key error, or an answer by the name of another class."""
    settings = json.dumps(json.loads(pieces[1]["tfkd.json"]) | change)
    assert words in refused(pack(pieces[0], {**pieces[1], "tfkd.json": settings}))


@pytest.mark.parametrize("name", ["{}:Owned", "os:system", "tests.tasks.toy:Parity", "unheard-of"])
def test_a_file_never_makes_anything_be_imported(pieces, refused, tmp_path, monkeypatch, name):
    """Code that runs because somebody opened a file, which says what to import."""
    module = f"owned_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{module}.py").write_text("raise SystemExit('owned')")
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    settings = json.loads(pieces[1]["tfkd.json"]) | {"task": name.format(module)}
    said = refused(pack(pieces[0], {**pieces[1], "tfkd.json": json.dumps(settings)}))
    assert "which is not installed" in said
    assert {each for each in set(sys.modules) - before if not each.startswith("tfkd")} == set()
    assert module not in sys.modules


@pytest.mark.parametrize("text", ["[" * 10**5, '{"a":' * 10**5, "\ufeff{}", "7", '"x"', "NaN"])
def test_settings_that_are_no_settings(pieces, refused, text):
    """A hundred thousand brackets raise RecursionError, which is no ValueError."""
    assert "tfkd.json" in refused(pack(pieces[0], {**pieces[1], "tfkd.json": text}))


@pytest.mark.parametrize(
    ("old", "new"),
    [("[UNK]", "[unk]"), ("[CLS]", "x"), ("film\n", "good\n"), ("film\n", "\n"), ("[PAD]", "a a")],
)
def test_a_vocabulary_that_is_none(pieces, refused, old, new):
    """A piece twice: all that follow would be one id off, and nobody would see it."""
    vocabulary = pieces[1]["vocab.txt"].replace(old, new, 1)
    assert "is broken" in refused(pack(pieces[0], {**pieces[1], "vocab.txt": vocabulary}))


def normalizers(*each):
    return {"normalizer": {"type": "Sequence", "normalizers": list(each)}}


def replacing(content, **pattern):
    return {"type": "Replace", "pattern": pattern, "content": content}


def nested(depth):
    part = {"type": "Lowercase"}
    for _ in range(depth):
        part = {"type": "Sequence", "normalizers": [part]}
    return {"normalizer": part}


def decoders(*parts):
    return {"decoder": {"type": "Sequence", "decoders": list(parts)}}


def split(regex):
    return {
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": regex},
            "behavior": "Isolated",
            "invert": False,
        }
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (normalizers(*[replacing("aa", String="a")] * 40), "64 times as long"),
        (normalizers(replacing("a" * 10**6, Regex="")), "64 times as long"),
        (normalizers({"type": "Prepend", "prepend": "a" * 10**6}), "64 times as long"),
        (normalizers({"type": "Unheard"}), "does not know"),
        ({"decoder": {"type": "Unheard"}}, "does not know"),
        (decoders(*[replacing("aa", String="a")] * 40), "64 times as long"),
        (split("(x+x+)+y"), "repeats a group"),
        (split("x" * 10**5), "more than 200 characters"),
        (split("(x"), "unmatched"),
        (nested(300), "is broken"),
        ({"normalizer": 7}, "is none of the tokenizers"),
        ({"model": {"type": "WordPiece", "max_input_chars_per_word": 10**9}}, "1000 characters"),
        ({"model": None}, "is broken"),
        ({"added_tokens": [{"id": 0, "content": ""}]}, "is broken"),
    ],
)
def test_a_tokenizer_without_bounds(pieces, refused, change, words):
    """Forty rules that each double a text; a pattern of more steps than there is time."""
    files, encoder = dict(pieces[1]), learn(["a good film"] * 20, vocab_size=60)
    settings = json.loads(files["tfkd.json"]) | {"tokenizer": "tokenizer.json"}
    files["tfkd.json"] = json.dumps(settings)
    files["tokenizer.json"] = json.dumps(json.loads(encoder.tokenizer.to_str()) | change)
    assert words in refused(pack(pieces[0], files))


def test_a_panic_of_the_tokenizer(exported, monkeypatch):
    """Rust's panics are no `Exception`: they passed through everything, the command line too."""
    classifier = Classifier(exported)

    class PanicException(BaseException):
        pass

    def panic(texts):
        raise PanicException("retry-limit-in-match over")

    monkeypatch.setattr(classifier.encoder, "encode_many", panic)
    with pytest.raises(UserError, match="retry-limit-in-match over"):
        classifier.predict(TEXTS)


@pytest.mark.parametrize("command", [("predict",), ("bench",)])
def test_the_command_line(pieces, tmp_path, capsys, command):
    """A page of traceback where a sentence and exit code 2 belong."""
    from tfkd.cli import main

    path = tmp_path / "a.tflite"
    path.write_bytes(pack(pieces[0], {**pieces[1], "tfkd.json": "[" * 10**5}))
    assert main([*command, str(path), *(["a film"] if command == ("predict",) else [])]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"tfkd: {path}")
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", [("predict", "a.tflite", "a film"), ("bench", "a.tflite")])
def test_a_loop_without_end(exported, tmp_path, command):
    """C++ that never returns: neither an exception nor Ctrl-C gets in."""
    shutil.copy(exported, tmp_path / "a.tflite")
    code = (
        "import sys, hashlib; from tfkd import cli\n"
        "from tfkd.runtime import interpreter, watchdog\n"
        "watchdog.SECONDS = 0.5\n"
        "def endless(*args, **kwargs):\n"
        "    while True:\n"
        "        hashlib.sha256(bytes(10**7))\n"
        "made = interpreter.LiteRT.__init__\n"
        "def init(self, *args, **kwargs):\n"
        "    made(self, *args, **kwargs)\n"
        "    self._serve.runner = endless\n"
        "interpreter.LiteRT.__init__ = init\n"
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
    )
    assert run.returncode == 2
    assert run.stderr.startswith("tfkd: a.tflite has computed for")
    assert run.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the fuzzer forks, and reads /proc")
def test_a_few_seconds_of_fuzzing(exported, tmp_path):
    """Another change of this code that lets through what ends the process."""
    command = [sys.executable, HERE / "fuzz.py", "--seconds", "4", "--only", "structural"]
    run = subprocess.run(
        [*command, "--keep", tmp_path / "kept", exported],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "UserError" in run.stdout
    assert [each.name for each in (tmp_path / "kept").iterdir()] == [], run.stdout
