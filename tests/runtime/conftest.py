"""One exported file, and the pieces of which hostile ones are made."""

import pytest


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """One exported file, the pieces of which all others are made of."""
    keras = pytest.importorskip("keras")
    from keras import layers, ops

    from tfkd.exporting import export
    from tfkd.text import learn

    keras.utils.set_random_seed(3)
    encoder = learn(["a good film and a bad film", "not one"] * 20, vocab_size=60, max_length=32)
    tokens = keras.Input((None,), dtype="int32", name="input_ids")
    x = layers.Embedding(encoder.vocab_size, 8)(tokens)
    x = ops.max(layers.Conv1D(8, 3, padding="same")(x), 1)
    path = tmp_path_factory.mktemp("hostile") / "small.tflite"
    export(keras.Model(tokens, layers.Dense(3)(x)), path, encoder=encoder, labels=["a", "b", "c"])
    return path


@pytest.fixture(scope="session")
def pieces(exported):
    """The flatbuffer, and the files behind it, without the digest of the flatbuffer."""
    pytest.importorskip("ai_edge_litert.schema_py_generated")
    from mutations import parts

    return parts(exported.read_bytes())


@pytest.fixture
def refused(tmp_path):
    """Open and use a file of these bytes, which must end in a sentence; the sentence."""

    from tfkd.errors import UserError
    from tfkd.runtime import Classifier

    def run(content):
        path = tmp_path / "a.tflite"
        path.write_bytes(content)
        with pytest.raises(UserError) as caught:
            Classifier(path).predict(["a good film", "a film that is not bad " * 200])
        said = str(caught.value)
        assert said.startswith(str(path))
        assert said.isprintable()
        return said.removeprefix(str(path))

    return run
