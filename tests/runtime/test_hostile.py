"""Files of unknown origin: each ends in a sentence, before the interpreter could end the process.

The changes of a model are those that ended LiteRT's process under `fuzz.py`, one of each kind.
"""

import io
import json
import random
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_litert.schema_py_generated")
from keras import layers, ops
from mutations import blob_of, flipped, model_of, numbered, parts

from tfkd.errors import UserError
from tfkd.exporting import export
from tfkd.runtime import Classifier, interpreter, packing
from tfkd.runtime.flatbuffer import Damaged
from tfkd.runtime.graph import Graph, Model, Operator, Tensor
from tfkd.runtime.packing import pack, unpack
from tfkd.runtime.soundness import check
from tfkd.text import learn

HERE = Path(__file__).parent
TEXTS = ["a good film", "a film that is not bad " * 200]
CUSTOM, VARIABLE, STABLEHLO, SPLIT, WHILE = 32, 144, 200, 49, 119


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """One exported file, the pieces of which all others are made of."""
    keras.utils.set_random_seed(3)
    encoder = learn(["a good film and a bad film", "not one"] * 20, vocab_size=60, max_length=32)
    tokens = keras.Input((None,), dtype="int32", name="input_ids")
    x = layers.Embedding(encoder.vocab_size, 8)(tokens)
    x = ops.max(layers.Conv1D(8, 3, padding="same")(x), 1)
    path = tmp_path_factory.mktemp("hostile") / "small.tflite"
    export(keras.Model(tokens, layers.Dense(3)(x)), path, encoder=encoder, labels=["a", "b", "c"])
    return path


@pytest.fixture(scope="module")
def pieces(file):
    """The flatbuffer, and the files behind it, without the digest of the flatbuffer."""
    return parts(file.read_bytes())


@pytest.fixture
def refused(tmp_path):
    """Open and use a file of these bytes, which must end in a sentence; the sentence."""

    def run(content):
        path = tmp_path / "a.tflite"
        path.write_bytes(content)
        with pytest.raises(UserError) as caught:
            Classifier(path).predict(TEXTS)
        said = str(caught.value)
        assert said.startswith(str(path))
        assert said.isprintable()
        return said.removeprefix(str(path))

    return run


def test_pieces_without_a_change_are_answered(file, pieces, tmp_path):
    """A refusal of everything would pass all that follows; so would one of older files."""
    blob, files = pieces
    (tmp_path / "a.tflite").write_bytes(pack(blob_of(model_of(blob)), files))
    expected = Classifier(file).logits(TEXTS)
    np.testing.assert_allclose(Classifier(tmp_path / "a.tflite").logits(TEXTS), expected, atol=1e-6)
    assert "model" not in json.loads(files["tfkd.json"])
    check(blob)


def test_one_byte_of_the_weights(file, refused):
    """A disk's fault in a weight: no structure is broken, and every answer is a little wrong."""
    content = bytearray(file.read_bytes())
    content[np.argmax([content[i] > 60 for i in range(1_000, 2_000)]) + 1_000] ^= 1
    assert "SHA-256" in refused(bytes(content))


def operator(model, code):
    """The first operator of a kind, or the first one, made to be of that kind."""
    model.operatorCodes[0].builtinCode = code
    model.operatorCodes[0].deprecatedBuiltinCode = min(code, 127)
    return next(o for o in model.subgraphs[0].operators if o.opcodeIndex == 0)


def constant(model, at):
    """Give the tensor at a place contents."""
    model.buffers.append(type(model.buffers[0])())
    model.buffers[-1].data = np.zeros(4, np.uint8)
    model.subgraphs[0].tensors[at].buffer = len(model.buffers) - 1


def each_operator(change):
    return lambda m: [change(o) for o in m.subgraphs[0].operators]


def each_tensor(change):
    return lambda m: [change(t) for t in m.subgraphs[0].tensors]


def put(**values):
    def change(table):
        for name, value in values.items():
            setattr(table, name, value)

    return change


FINDINGS = [
    (lambda m: put(subgraphIndex=7)(m.signatureDefs[0]), "names a graph that is not there"),
    (lambda m: put(tensorIndex=3)(m.signatureDefs[0].inputs[0]), "other tensors than those"),
    (lambda m: put(tensorIndex=10**6)(m.signatureDefs[0].outputs[0]), "other tensors than those"),
    (lambda m: put(inputs=[])(m.signatureDefs[0]), "other tensors than those"),
    (lambda m: put(outputs=[-1])(m.subgraphs[0]), "named that is not there"),
    (lambda m: put(inputs=[99_999])(m.subgraphs[0]), "named that is not there"),
    (lambda m: put(operators=[])(m.subgraphs[0]), "an output is never written"),
    (lambda m: m.subgraphs[0].operators.reverse(), "reads what nothing has written"),
    (lambda m: put(subgraphs=[])(m), "no graph"),
    (lambda m: constant(m, m.subgraphs[0].outputs[0]), "numbers than its shape|what another one"),
    (lambda m: constant(m, m.subgraphs[0].inputs[0]), "an input is a constant"),
    (each_operator(put(outputs=[])), "another number of outputs"),
    (each_operator(put(outputs=[0])), "writes what another one did"),
    (each_operator(put(inputs=[0, 2**31 - 1])), "named that is not there"),
    (each_operator(put(opcodeIndex=500)), "of no kind"),
    (each_operator(lambda o: put(inputs=o.outputs)(o)), "reads what nothing has written"),
    (each_tensor(put(isVariable=True)), "an input is a constant"),
    (lambda m: put(isVariable=True)(m.subgraphs[0].tensors[-1]), "what another one did"),
    (each_tensor(put(shape=[-5, 3])), "negative size"),
    (each_tensor(put(shape=[2**30, 2**30])), "bytes is in it"),
    (each_tensor(put(shapeSignature=[-1, 2**31 - 1, 9])), "bytes is in it"),
    (each_tensor(put(shape=[1] * 40)), "more than 16 dimensions"),
    (each_tensor(put(shape=[3, 1])), "numbers than its shape"),
    (each_tensor(put(type=5)), "of type 5"),
    (each_tensor(put(buffer=10**6)), "no weights"),
    (each_tensor(put(externalBuffer=1)), "no weights"),
    (lambda m: [put(offset=2**40, size=9)(b) for b in m.buffers], "outside of the model"),
    (lambda m: operator(m, CUSTOM), "operator 32"),
    (lambda m: operator(m, VARIABLE), "operator 144"),
    (lambda m: operator(m, STABLEHLO), "operator 200"),
    (lambda m: operator(m, SPLIT), "another number of outputs"),  # a split into no parts
    (lambda m: operator(m, WHILE), "a graph that is not there"),  # a loop over nothing
]


@pytest.mark.parametrize(("change", "words"), FINDINGS)
def test_a_model_that_would_end_the_process(pieces, change, words):
    """Each ended the interpreter by a signal, wrote over memory, or took memory without bound."""
    model = model_of(pieces[0])
    change(model)
    with pytest.raises(Damaged, match=words):
        check(blob_of(model))


def test_the_interpreter_does_not_see_what_is_not_sound(pieces, refused, monkeypatch):
    """A check behind the interpreter is none."""
    model = model_of(pieces[0])
    model.signatureDefs[0].subgraphIndex = 7
    monkeypatch.setattr("ai_edge_litert.interpreter.Interpreter", None)
    assert "a graph that is not there" in refused(pack(blob_of(model), pieces[1]))


def loops(cond, body):
    """A model whose main graph is a loop over one number, with these other graphs."""
    number = Tensor((), (), 2, 0, False, (0, 0, 0))
    loop = Operator(WHILE, (0,), (1,), (), (1, 2), None)
    main = Graph([number] * 2, (0,), (1,), [loop])
    made = [
        Graph([number] * 2, takes, gives, [Operator(WHILE, (0,), (1,), (), calls, None)])
        for takes, gives, calls in (cond, body)
    ]
    return Model([main, *made], [])


@pytest.mark.parametrize(
    ("cond", "body", "words"),
    [
        (((0,), (1,), (1, 2)), ((0,), (1,), (1, 2)), "a graph calls itself"),
        (((0,), (1,), (1, 9)), ((0,), (1,), (1, 2)), "a graph that is not there"),
        (((0,), (), (1, 2)), ((0,), (1,), (1, 2)), "other than it takes"),
        (((0,), (1,), (1, 2)), ((0, 0), (1,), (1, 2)), "other than it takes"),
    ],
)
def test_loops_that_never_come_back(monkeypatch, cond, body, words):
    """A loop whose body is itself fills the stack; one with other sizes reads beyond its own."""
    monkeypatch.setattr("tfkd.runtime.soundness.read", lambda _: loops(cond, body))
    with pytest.raises(Damaged, match=words):
        check(b"")


def test_bytes_anywhere(pieces):
    """LiteRT before 2 follows every offset: the check may say no, and nothing but no."""
    rng, refusals = random.Random(5), 0
    for _ in range(400):
        content = rng.choice((flipped, numbered))(rng, pieces[0], {})
        try:
            check(content)
        except Damaged:
            refusals += 1
    assert 40 < refusals < 400


def test_truncated_anywhere(pieces, file):
    """An offset beyond the end is no number, at whatever byte a download stopped."""
    blob = pieces[0]
    for end in range(8, len(blob) - 4, 61):
        with pytest.raises(Damaged):
            check(blob[:end])


def test_parts_that_overlap():
    """A thousand graphs that are one, of a thousand tensors that are one: 8 KB, 10**6 tables."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def many(builder, begin, one, count=1_000):
        begin(builder, count)
        for _ in range(count):
            builder.PrependUOffsetTRelative(one)
        return builder.EndVector()

    builder = flatbuffers.Builder(0)
    buffers = many(builder, schema.ModelStartBuffersVector, schema.BufferT().Pack(builder), 1)
    tensors = many(builder, schema.SubGraphStartTensorsVector, schema.TensorT().Pack(builder))
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensors)
    graphs = many(builder, schema.ModelStartSubgraphsVector, schema.SubGraphEnd(builder))
    schema.ModelStart(builder)
    schema.ModelAddSubgraphs(builder, graphs)
    schema.ModelAddBuffers(builder, buffers)
    builder.Finish(schema.ModelEnd(builder), file_identifier=b"TFL3")
    with pytest.raises(Damaged, match="overlap"):
        check(bytes(builder.Output()))


@pytest.mark.parametrize("value", [np.nan, 3e38])
def test_answers_that_are_no_numbers(pieces, refused, value):
    """Every text would be of the first class, with a probability of NaN."""
    model = model_of(pieces[0])
    for tensor in model.subgraphs[0].tensors:
        buffer = model.buffers[tensor.buffer]
        if tensor.type == 0 and buffer.data is not None:
            buffer.data = np.full(len(buffer.data) // 4, value, "float32").view("uint8")
    said = refused(pack(blob_of(model), pieces[1]))
    assert "NaN" in said or "infinite" in said


def test_a_file_larger_than_any(file, monkeypatch):
    """A sparse file of a terabyte costs nothing to make, and was read into memory."""
    monkeypatch.setattr(interpreter, "LARGEST", 1_000)
    with pytest.raises(UserError, match="at most 2 GB"):
        Classifier(file)


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
        (put(flag_bits=1), "encrypted"),
        (put(file_size=2**31), "larger than 64 MB|cannot|broken"),
        (put(header_offset=2**31), "broken"),
        (put(compress_type=14), "compressed in a way"),
        (put(compress_type=97), "compressed in a way"),
        (put(CRC=7), "Bad CRC"),
    ],
)
def test_an_archive_that_lies(pieces, refused, change, words):
    """Each made zipfile raise something else than what it documents, or a page of its own."""
    said = refused(archive(pieces[0], pieces[1].items(), change))
    assert re.search(words, said), said


def test_a_bomb(pieces, refused, monkeypatch):
    """A thousand times as much as it looks: read up to the limit, and no further."""
    monkeypatch.setattr(packing, "LARGEST", 2**20)
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


SETTINGS = [
    ("max_length", 10**9),
    ("max_length", -1),
    ("max_length", float("nan")),
    ("max_length", 10**5000),
    ("max_length", "32"),
    ("max_length", True),
    ("classes", "abc"),
    ("classes", [1, 2, 3]),
    ("classes", ["a", "a", "b"]),
    ("classes", ["a", "b", "\x1b[2J"]),
    ("classes", [str(i) for i in range(10**6)]),
    ("classes", {"a": 1, "b": 2, "c": 3}),
    ("special", "[PAD]"),
    ("special", [["[PAD]"]]),
    ("special", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "and one more"]),
    ("vocab_size", 7),
    ("vocab_size", 10**9),
    ("vocab_size", None),
    ("form", "regression"),
    ("outputs", ["logits"]),
    ("quantize", {}),
    ("tokenizer", "../tokenizer.json"),
    ("lowercase", 1),
    ("format", float("inf")),
    ("format", True),
    ("model", {"bytes": -1, "sha256": ""}),
    ("model", "0"),
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


def test_a_panic_of_the_tokenizer(file, monkeypatch):
    """Rust's panics are no `Exception`: they passed through everything, the command line too."""
    classifier = Classifier(file)

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


@pytest.mark.skipif(sys.platform != "linux", reason="the fuzzer forks, and reads /proc")
def test_a_few_seconds_of_fuzzing(file, tmp_path):
    """Another change of this code that lets through what ends the process."""
    command = [sys.executable, HERE / "fuzz.py", "--seconds", "4", "--seed", "99"]
    run = subprocess.run(
        [*command, "--keep", tmp_path / "kept", file], capture_output=True, text=True, check=True
    )
    assert "UserError" in run.stdout
    assert [each.name for each in (tmp_path / "kept").iterdir()] == [], run.stdout
