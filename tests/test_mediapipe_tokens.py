"""MediaPipe's tokenizer, asked: a model that returns the ids it is fed, against ours."""

import random

import pytest
from mediapipe_client import answers

tf = pytest.importorskip("tensorflow")

from tfkd.exporting.mediapipe.metadata import INPUTS, add_metadata
from tfkd.runtime.zip_tail import pack
from tfkd.text import mediapipe_tokenizer

pytestmark = pytest.mark.slow
PIECES = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "##b", "!", "don", "'", "t"),
    *("sep", "[", "]", "caf", "##e", "é", "##é", "中", "##中", "\v", "##\v", "x" * 100, "ı", "k"),
)
LETTERS = (
    *("a", "b", "é", "É", "中", "!", "'", " ", "\t", "\v", "\u00a0", "\u2028", "x", "🙂", "\u0301"),
    *("don't", "[SEP]", "##a", "\x7f", "\x85", "\u3000", "—", "a" * 99, "é" * 49, "\u200d", "İ"),
    *("ẞ", "x" * 100, "\r\n", "\ufeff", "\x1f", "$", "\U00010ed0", "K", "I", "\0"),
)
WIDTH = 1024  # ids of a text that are returned


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    """A file whose probabilities are ids; -1 behind the last."""
    signature = [tf.TensorSpec((None, None), tf.int32, name=name) for name in INPUTS]

    @tf.function(input_signature=signature)
    def serve(ids, mask, segment_ids):
        seen = tf.where((mask > 0) & (segment_ids >= 0), ids, -2)[:, :WIDTH]
        padding = [[0, 0], [0, WIDTH - tf.shape(seen)[1]]]
        padded = tf.pad(tf.cast(seen, tf.float32), padding, constant_values=-1.0)
        return {"scores": tf.reshape(padded, (-1, WIDTH))}

    module, folder = tf.Module(), tmp_path_factory.mktemp("probe")
    tf.saved_model.save(module, str(folder / "model"), signatures={"serve": serve})
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder / "model"), signature_keys=["serve"]
    )
    labels = "".join(f"{place}\n" for place in range(WIDTH))
    files = {"vocab.txt": "\n".join(PIECES) + "\n", "labels.txt": labels}
    (folder / "probe.tflite").write_bytes(pack(add_metadata(converter.convert()), files))
    return folder / "probe.tflite"


def fed(probe, texts):
    """The ids that the client feeds for each text."""
    for scores in answers(probe, texts):
        yield [int(scores[str(place)]) for place in range(WIDTH) if scores[str(place)] != -1]


def same(probe, texts):
    ours = mediapipe_tokenizer.encoder(PIECES, 100_000).encode_many(texts)
    for text, mine, theirs in zip(texts, ours, fed(probe, texts), strict=True):
        assert theirs == mine[:WIDTH], ascii(text)


def test_every_letter(probe):
    """A mark or a space that only one of the two knows; each of Unicode's first 70,000, and CJK."""
    letters = [*range(1, 0xD800), *range(0xE000, 0x11200), *range(0x1FFF0, 0x20010), 0x2A6E0]
    words = [f"a{chr(letter)}b" for letter in letters]
    same(probe, [" ".join(words[at : at + 200]) for at in range(0, len(words), 200)])


def test_random_texts(probe):
    """What single letters do not show: long words, their borders, a NUL in between."""
    rng = random.Random(0)
    mixed = (rng.choices(LETTERS, k=rng.randint(1, 20)) for _ in range(1500))
    same(probe, [text for each in mixed if (text := "".join(each)).strip()])
