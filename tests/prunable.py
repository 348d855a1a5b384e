"""Small functional models with something to prune, of plain Keras."""

from __future__ import annotations

import keras
import numpy as np

L, K = keras.layers, keras.ops


def dense_net():
    """Two hidden layers, with batch normalisation between them."""
    given = keras.Input((5,))
    hidden = L.BatchNormalization(name="norm")(L.Dense(8, name="first")(given))
    hidden = L.Dense(6, activation="sigmoid", name="second")(L.ReLU()(hidden))
    return _finish(keras.Model(given, L.Dense(2, name="logits")(hidden), name="dense"))


def pictures():
    """Convolutions, a sum of two, a separate filter for each channel, places, two flattened."""
    given = keras.Input((6, 6, 2))
    first = L.Conv2D(6, 3, padding="same", use_bias=False, name="first")(given)
    first = L.ReLU()(L.BatchNormalization(name="first_norm")(first))
    second = L.BatchNormalization()(L.Conv2D(6, 3, padding="same", name="second")(first))
    both = L.DepthwiseConv2D(3, padding="same", name="depth")(L.Add()([first, second]))
    more = L.Conv2D(4, 1, activation="relu", name="third")(both)
    hidden = L.MaxPooling2D(2)(L.Concatenate()([both, more]))
    weights = L.Dense(10, activation="relu", name="squeeze")(L.GlobalAveragePooling2D()(hidden))
    hidden = K.concatenate([L.Flatten()(hidden), weights], axis=-1)
    return _finish(keras.Model(given, L.Dense(3, name="logits")(hidden), name="pictures"))


def texts():
    """Convolutions over words and the maximum over the text."""
    ids = keras.Input((None,), dtype="int32")
    mask = K.expand_dims(K.cast(ids != 0, "float32"), -1)
    hidden = L.Embedding(20, 6, name="words")(ids) * mask
    parts = [
        L.Conv1D(5, n, padding="same", activation="relu", name=f"of_{n}")(hidden) for n in (2, 3)
    ]
    hidden = L.Dropout(0.5)(L.Concatenate()([K.max(part * mask, axis=1) for part in parts]))
    return _finish(keras.Model(ids, L.Dense(2, name="logits")(hidden), name="texts"))


def attention(norm_first=True, layers=2):
    """An encoder, whose attention is of dense layers and operations."""
    ids = keras.Input((None,), dtype="int32")
    mask = K.cast(ids != 0, "float32")
    places = K.cast(K.cumsum(mask, axis=1), "int32")
    tables = [L.Embedding(20, 8, name="words")(ids), L.Embedding(12, 8, name="places")(places)]
    hidden = L.Add(name="embeddings")(tables)
    if not norm_first:
        hidden = L.Dropout(0.1)(L.LayerNormalization(name="first_norm")(hidden))
    hidden_places = (1.0 - mask[:, None, None, :]) * -1e9
    for number in range(layers):
        for part in (_attend, _feed_forward):
            hidden = _residual(hidden, part, hidden_places, f"block_{number}", norm_first)
    return _finish(keras.Model(ids, L.Dense(3, name="logits")(hidden[:, 0]), name="attention"))


def einsum_attention():
    """One attention of layers that have an axis of heads themselves, and a product by einsum."""
    given = keras.Input((None, 8))
    sides = [
        L.EinsumDense("abc,cde->abde", (None, 4, 2), bias_axes="de", name=name)(given)
        for name in ("query", "key", "value")
    ]
    weights = K.softmax(K.einsum("aecd,abcd->acbe", sides[1], sides[0]), axis=-1)
    taken = K.einsum("acbe,aecd->abcd", weights, sides[2])
    output = L.EinsumDense("abcd,cde->abe", (None, 8), bias_axes="e", name="output")(taken)
    return _finish(keras.Model(given, K.mean(output, axis=1), name="einsum"))


def shared_layer():
    """One layer that is called twice, and a gate of units."""
    given = keras.Input((4,)), keras.Input((4,))
    dense = L.Dense(6, activation="tanh", name="shared")
    first, second = map(dense, given)
    gated = L.Multiply()([first - second, L.Dense(6, activation="gelu", name="gate")(first)])
    lead = L.Dense(2, name="logits")(K.squeeze(K.expand_dims(gated, 1), 1))
    return _finish(keras.Model(given, lead, name="shared"))


def inputs_of(model):
    """Return a batch that a model can be called with."""
    random = np.random.default_rng(0)
    ids = random.integers(1, 12, (3, 7)).astype("int32")
    ids[1:, 5:] = 0
    values = [
        ids
        if each.dtype == "int32"
        else random.normal(size=(3, *(n or 7 for n in each.shape[1:]))).astype("float32")
        for each in model.inputs
    ]
    return values if len(values) > 1 else values[0]


def _residual(hidden, part, places, name, norm_first):
    number = "attention" if part is _attend else "feed_forward"
    norm = L.LayerNormalization(name=f"{name}_{number}_norm")
    last = name if part is _feed_forward else f"{name}_{number}"
    more = part(norm(hidden) if norm_first else hidden, places, name)
    hidden = L.Add(name=last)([hidden, L.Dropout(0.1)(more)])
    return hidden if norm_first else norm(hidden)


def _attend(hidden, places, name):
    sides = {}
    for side in ("query", "key", "value"):
        dense = L.Dense(8, name=f"{name}_{side}")(hidden)
        split = L.Reshape((-1, 4, 2), name=f"{name}_{side}_heads")(dense)
        sides[side] = K.transpose(split, (0, 2, 1, 3))
    scores = K.matmul(sides["query"], K.transpose(sides["key"], (0, 1, 3, 2))) * 0.7 + places
    taken = K.transpose(K.matmul(K.softmax(scores), sides["value"]), (0, 2, 1, 3))
    return L.Dense(8, name=f"{name}_output")(L.Reshape((-1, 8), name=f"{name}_join")(taken))


def _feed_forward(hidden, places, name):
    inner = K.gelu(L.Dense(12, name=f"{name}_inner")(hidden))
    return L.Dense(8, name=f"{name}_outer")(inner)


def _finish(model):
    """Draw all weights, those too that start as zeros or ones."""
    random = np.random.default_rng(1)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path else -1.0
        weight.assign(random.uniform(low, 1.0, weight.shape))
    return model
