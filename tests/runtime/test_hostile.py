"""Files of unknown origin: each ends in a sentence, before the interpreter could end the process.

The changes of a model are those that ended LiteRT's process under `fuzz.py`, one of each kind.
"""

import json
import random

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert.schema_py_generated")
from mutations import blob_of, flipped, model_of, numbered

from tfkd.errors import UserError
from tfkd.runtime import Classifier, interpreter
from tfkd.runtime.checks.flatbuffer import UnsoundModel
from tfkd.runtime.checks.graph import Graph, LiteModel, Operator, Tensor
from tfkd.runtime.checks.soundness import check
from tfkd.runtime.row_feeding import RowFeeder
from tfkd.runtime.zip_tail import pack

TEXTS = ["a good film", "a film that is not bad " * 200]
CUSTOM, VARIABLE, STABLEHLO, SPLIT, WHILE, STRIDED_SLICE = 32, 144, 200, 49, 119, 45
BROADCAST_ARGS = 145


def test_pieces_without_a_change_are_answered(exported, pieces, tmp_path):
    """A refusal of everything would pass all that follows; so would one of older files."""
    blob, files = pieces
    (tmp_path / "a.tflite").write_bytes(pack(blob_of(model_of(blob)), files))
    expected = Classifier(exported).logits(TEXTS)
    np.testing.assert_allclose(Classifier(tmp_path / "a.tflite").logits(TEXTS), expected, atol=1e-6)
    assert "model" not in json.loads(files["tfkd.json"])
    check(blob)


def test_one_byte_of_the_weights(exported, refused):
    """A disk's fault in a weight: no structure is broken, and every answer is a little wrong."""
    content = bytearray(exported.read_bytes())
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
    (each_operator(put(inputs=[])), "has 0 inputs"),
    (each_operator(lambda o: put(inputs=o.inputs[:1])(o)), "has 1 inputs"),
    (lambda m: operator(m, STRIDED_SLICE), "operator 45 of its schema has"),
    (each_operator(put(outputs=[])), "another number of outputs"),
    (each_operator(put(outputs=[0])), "writes what another one did"),
    (each_operator(put(inputs=[0, 2**31 - 1])), "named that is not there"),
    (each_operator(put(opcodeIndex=500)), "of no kind"),
    (each_operator(lambda o: put(inputs=[*o.outputs] * 4)(o)), "reads what nothing has written"),
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
    (lambda m: operator(m, BROADCAST_ARGS), "operator 145"),
    (lambda m: operator(m, STABLEHLO), "operator 200"),
    (lambda m: operator(m, SPLIT), "another number of outputs"),  # a split into no parts
    (lambda m: operator(m, WHILE), "a graph that is not there"),  # a loop over nothing
]


@pytest.mark.parametrize(("change", "words"), FINDINGS)
def test_a_model_that_would_end_the_process(pieces, change, words):
    """Each ended the interpreter by a signal, wrote over memory, or took memory without bound."""
    model = model_of(pieces[0])
    change(model)
    with pytest.raises(UnsoundModel, match=words):
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
    return LiteModel([main, *made], [])


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
    monkeypatch.setattr("tfkd.runtime.checks.soundness.read_model", lambda _: loops(cond, body))
    with pytest.raises(UnsoundModel, match=words):
        check(b"")


def test_bytes_anywhere(pieces):
    """LiteRT before 2 follows every offset: the check may say no, and nothing but no."""
    rng, refusals = random.Random(5), 0
    for _ in range(400):
        content = rng.choice((flipped, numbered))(rng, pieces[0], {})
        try:
            check(content)
        except UnsoundModel:
            refusals += 1
    assert 40 < refusals < 400


def test_a_place_before_the_beginning():
    """Python counts negative places from the end: what LiteRT then reads was never looked at."""
    # The root at 8, its vtable 1,000 bytes before it; behind all, what would pass for one.
    content = (8).to_bytes(4, "little") + b"TFL3" + (1_000).to_bytes(4, "little")
    content += b"\x04\x00\x04\x00" * 1_000
    with pytest.raises(UnsoundModel, match="leads out of it"):
        check(content)


def test_truncated_anywhere(pieces, exported):
    """An offset beyond the end is no number, at whatever byte a download stopped."""
    blob = pieces[0]
    for end in range(8, len(blob) - 4, 61):
        with pytest.raises(UnsoundModel):
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
    with pytest.raises(UnsoundModel, match="overlap"):
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


def test_a_file_larger_than_any(exported, monkeypatch):
    """A sparse file of a terabyte costs nothing to make, and was read into memory."""
    monkeypatch.setattr(interpreter, "LARGEST", 1_000)
    with pytest.raises(UserError, match="at most 2 GB"):
        Classifier(exported)


def test_ids_that_a_type_does_not_hold():
    """An overflow of NumPy in place of a sentence."""
    feed = RowFeeder({"ids": "input_ids"}, {"ids": ((None, None), "int8")}, most=8)
    with pytest.raises(UserError, match="takes int8, which does not hold them"):
        feed([{"input_ids": [2, 300, 3]}])
