"""Files that write, made by hand of a student whose weights are random."""

import tempfile
from types import MappingProxyType

import numpy as np

from tests.toy_languages import write_pairs
from tfkd.data import Schema
from tfkd.runtime.bundle import describe
from tfkd.runtime.zip_tail import pack
from tfkd.tasks import Task, find
from tfkd.text import learn
from tfkd.text.decoding import Decoding

SOURCE_LENGTH, LONGEST = 24, 20
TEXTS = [pair["source"] for pair in write_pairs(6, seed=1)]


class Writer(Task):
    """A task that writes, as small as can be."""

    name = ""
    inputs = ("input_ids", "decoder_input_ids")
    measures = MappingProxyType({})
    defaults = MappingProxyType({"beams": 1, "longest": 12})
    writes = True

    def output_shapes(self, schema):
        return {"logits": (None, 0)}

    def encode(self, examples, encoder, schema):
        ids = encoder.encode_many([example.text for example in examples])
        return [[{"input_ids": one, "decoder_input_ids": [encoder.start_id]}] for one in ids]

    def ask(self, model, rows, schema):
        flat = [row for (row,) in rows]
        how = Decoding(beams=self.settings["beams"], longest=self.settings["longest"])
        return [texts[0].text for texts in model.write(flat, how)]


def make_student(vocab_size):
    """Return a student with random weights, sharp enough that no near tie decides."""
    from tfkd.students import seq2seq

    model = seq2seq(vocab_size, "tiny", seed=3, encoder=1, width=16, heads=2)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        values = 2.0 * (weight.numpy() + 0.05 * rng.normal(size=weight.shape))
        if weight.shape[0] == vocab_size:
            # Bytes at random are no text.
            values[5:261] = 0
        weight.assign(values)
    return model


def make_encoder():
    pairs = write_pairs(300, seed=0)
    texts = [text for pair in pairs for text in pair.values()]
    return learn(texts, kind="bpe", vocab_size=340, max_length=SOURCE_LENGTH)


def convert(student):
    """Return the flatbuffer with `serve`, `encode` and `step` of a student."""
    import keras
    import tensorflow as tf

    from tests.runtime.mutations import blob_of, model_of
    from tfkd.models.decoders import find_graphs
    from tfkd.runtime.quiet import quiet

    graphs = find_graphs(student)
    ids = tf.TensorSpec((None, None), "int32", name="input_ids")
    target = tf.TensorSpec((None, None), "int32", name="decoder_input_ids")
    archive = keras.export.ExportArchive()
    archive.track(student)
    whole = {"input_ids": ids, "decoder_input_ids": target}
    archive.add_endpoint("whole", lambda inputs: {"logits": student(inputs)}, [whole])
    for name in ("encode", "step"):
        specs = getattr(graphs, f"{name}_inputs")
        signature = {key: tf.TensorSpec(*spec, name=key) for key, spec in specs.items()}
        archive.add_endpoint(name, getattr(graphs, name), [signature])
    with tempfile.TemporaryDirectory() as folder, quiet():
        archive.write_out(folder, verbose=False)
        names = ["whole", "encode", "step"]
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=names)
        model = model_of(converter.convert())
    # Of several endpoints, the converter would drop all others beside one of this name.
    for signature in model.signatureDefs:
        if signature.signatureKey == b"whole":
            signature.signatureKey = "serve"
    return blob_of(model)


def settings_of(encoder, **changed):
    """Return the entries of a file's `tfkd.json`, some of them changed."""
    decoding = {"encode": True, "start_id": encoder.start_id, "end_id": encoder.end_id}
    decoding |= {"longest": LONGEST, "longest_source": SOURCE_LENGTH}
    facts = {
        "task": f"{Writer.__module__}:{Writer.__name__}",
        "schema": Schema((), dict(Writer().settings)).to_json(),
        "inputs": list(Writer.inputs),
        "outputs": {"logits": {"name": "logits"}},
        "decoding": decoding,
    }
    return {**facts, **changed}


def bundle(model, encoder, **changed):
    """Return the bytes of a file."""
    return pack(model, describe(encoder, settings_of(encoder, **changed)))


def bundle_translator(model, encoder):
    """Return the bytes of a file of a task that is registered."""
    settings = find("translation", {"longest": 12}).settings
    schema = Schema((), dict(settings)).to_json()
    return bundle(model, encoder, task="translation", schema=schema)


def changed_decoding(encoder, **changed):
    """Return the entry `decoding` with other values; without those that are None."""
    decoding = {**settings_of(encoder)["decoding"], **changed}
    return {name: value for name, value in decoding.items() if value is not None}
