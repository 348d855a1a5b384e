"""Teachers of NumPy and Keras, texts and stores for the tests of the store."""

import time
from collections.abc import Mapping

import numpy as np

from tfkd import store

VOCABULARY, CLASSES = 1_000, 4
ALL = ("logits", "hidden_states", "attentions")


class Tokens:
    """Logits `[B, 4]`, hidden states `[B, T, 3]` twice, attentions `[B, 2, T, T]` once.

    `rows` counts the examples it was run on, `widths` the padded lengths of its batches.
    """

    jit = False
    fingerprint = "tokens"

    def __init__(self):
        self.rows, self.widths = 0, []

    def __call__(self, inputs, reads=("logits",)):
        """The outputs of padded ids, alone or in a dict."""
        ids = np.asarray(inputs["input_ids"] if isinstance(inputs, Mapping) else inputs)
        self.rows += len(ids)
        self.widths.append(ids.shape[1])
        real = (ids != 0).astype("float32")
        hidden = np.sin(ids[..., None] * [0.3, 0.7, 1.1]).astype("float32") * real[..., None]
        places = np.arange(1, ids.shape[1] + 1) * hidden[..., 0]
        logits = np.stack([places.sum(1), *hidden.sum(1).T], axis=1)
        pairs = real[:, :, None] * real[:, None, :] * (ids[:, :, None] - ids[:, None, :]) / 1_000
        attention = np.stack([pairs, 2 * pairs], axis=1).astype("float32")
        found = {"logits": logits.astype("float32")}
        found |= {"hidden_states": (hidden, 2 * hidden), "attentions": (attention,)}
        return {name: found[name] for name in ("logits", *reads)}


class Features:
    """Logits `[B, 4]` of features `[B, F]`; `rows` counts the examples it was run on.

    It takes `pause` seconds a batch.
    """

    jit = False
    fingerprint = "features"

    def __init__(self, pause: float = 0.0):
        self.rows, self.pause = 0, pause

    def __call__(self, inputs):
        """The logits."""
        x = np.asarray(inputs)
        time.sleep(self.pause)
        self.rows += len(x)
        return np.stack([x.sum(1), x[:, 0], -x[:, 0], x.prod(1)], axis=1)


def features(count=40, size=5, seed=0) -> np.ndarray:
    """Random features, `[count, 5]`."""
    return np.random.default_rng(seed).normal(size=(count, size)).astype("float32")


def texts(count=40, longest=9, seed=0) -> dict[str, np.ndarray]:
    """Ids of different texts of 1 to 9 tokens, padded with 0, and their mask."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, count)
    lengths[0] = longest
    mask = (np.arange(longest) < lengths[:, None]).astype("int32")
    ids = rng.integers(1, VOCABULARY, (count, longest)).astype("int32") * mask
    ids[:, 0] = 1 + rng.permutation(count)  # no two texts are the same
    return {"input_ids": ids, "attention_mask": mask}


def rows_of(inputs, rows):
    """Some examples of a batch."""
    if isinstance(inputs, Mapping):
        return {name: each[rows] for name, each in inputs.items()}
    return inputs[rows]


def write(path, teacher, dataset, **options):
    """`tfkd.store.write` in silence."""
    return store.write(path, teacher, dataset, **{"verbose": 0, **options})


def files(folder) -> dict[str, bytes]:
    """What a store consists of: each file but those whose name begins with a dot."""
    found = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    return {each.name: each.read_bytes() for each in found}


def flip(file, at: int) -> None:
    """Change one byte of a file."""
    data = bytearray(file.read_bytes())
    data[at] ^= 0x01
    file.write_bytes(data)
