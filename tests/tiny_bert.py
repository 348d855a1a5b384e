"""Checkpoints as Hugging Face writes them, tiny and at random."""

import json
from pathlib import Path

import numpy as np

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
WIDTH, INNER, LAYERS, HEADS, POSITIONS = 32, 64, 2, 4, 48


def dense(name: str, out: int, into: int) -> dict:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def norm(name: str) -> dict:
    return {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}


def embeddings(model: str, segments: int = 0) -> dict:
    found = {
        f"{model}.embeddings.word_embeddings.weight": (len(PIECES), WIDTH),
        f"{model}.embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        **norm(f"{model}.embeddings.LayerNorm"),
    }
    if segments:
        found[f"{model}.embeddings.token_type_embeddings.weight"] = (segments, WIDTH)
    return found


def bert_shapes() -> dict:
    shapes = embeddings("bert", 2) | dense("bert.pooler.dense", WIDTH, WIDTH)
    for layer in (f"bert.encoder.layer.{i}" for i in range(LAYERS)):
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= dense(f"{layer}.attention.{part}", WIDTH, WIDTH)
        shapes |= dense(f"{layer}.intermediate.dense", INNER, WIDTH)
        shapes |= dense(f"{layer}.output.dense", WIDTH, INNER)
        shapes |= norm(f"{layer}.attention.output.LayerNorm") | norm(f"{layer}.output.LayerNorm")
    return shapes


def distilbert_shapes() -> dict:
    shapes = embeddings("distilbert")
    for layer in (f"distilbert.transformer.layer.{i}" for i in range(LAYERS)):
        for part in "qkv":
            shapes |= dense(f"{layer}.attention.{part}_lin", WIDTH, WIDTH)
        shapes |= dense(f"{layer}.attention.out_lin", WIDTH, WIDTH)
        shapes |= dense(f"{layer}.ffn.lin1", INNER, WIDTH) | dense(
            f"{layer}.ffn.lin2", WIDTH, INNER
        )
        shapes |= norm(f"{layer}.sa_layer_norm") | norm(f"{layer}.output_layer_norm")
    return shapes


SHAPES = {"bert": bert_shapes, "distilbert": distilbert_shapes}
CONFIGS = {
    "bert": {
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "type_vocab_size": 2,
    },
    "distilbert": {
        "dim": WIDTH,
        "hidden_dim": INNER,
        "n_layers": LAYERS,
        "n_heads": HEADS,
        "activation": "gelu",
    },
}


def checkpoint(
    folder: Path,
    kind: str = "bert",
    classes: int = 3,
    head: bool = True,
    answers: bool = False,
    spread: float = 0.3,
    **config,
):
    """Write a classifier to `folder`, with weights large enough to tell GELUs apart.

    An encoder to train begins with a smaller `spread` of its weights.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    shapes = SHAPES[kind]()
    if head and kind == "distilbert":
        shapes |= dense("pre_classifier", WIDTH, WIDTH)
    if head:
        shapes |= dense("qa_outputs" if answers else "classifier", classes, WIDTH)
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(0, spread, shape).astype("float32") for name, shape in shapes.items()
    }
    for name in weights:
        if name.lower().endswith("norm.weight"):
            weights[name] += 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    settings = {
        "model_type": kind,
        "architectures": [f"{kind.capitalize()}ForSequenceClassification"],
        "vocab_size": len(PIECES),
        "max_position_embeddings": POSITIONS,
        "pad_token_id": 0,
        "id2label": {str(i): f"class {i}" for i in range(classes)},
        "label2id": {f"class {i}": i for i in range(classes)},
        **CONFIGS[kind],
        **config,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    return folder


def texts(count: int = 4, length: int = 11, seed: int = 1) -> np.ndarray:
    """Ids of texts of several lengths, padded with 0."""
    ids = np.random.default_rng(seed).integers(4, len(PIECES), (count, length)).astype("int32")
    for row in range(count):
        ids[row, length - 2 * row :] = 0
    return ids


def tensorflow_bert(kind: str, seed: int, **settings):
    """A Hugging Face TensorFlow model of BERT's, tiny, its weights large enough to tell apart."""
    import tf_keras
    import transformers

    tf_keras.utils.set_random_seed(seed)
    tiny = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    settings = {"max_position_embeddings": 32, "initializer_range": 0.5, **settings}
    return getattr(transformers, kind)(transformers.BertConfig(**tiny, **still, **settings))


def to_fine_tune(folder: Path, classes: int, pad_id: int = 0):
    """A classifier of texts on the encoder in a folder, as `tfkd teach` makes it."""
    from tfkd import students, tasks
    from tfkd.data import Schema
    from tfkd.models.hugging_face_encoders import load_encoder

    schema = Schema(tuple(map(str, range(classes))))
    task = tasks.find("text-classification")
    encoder = load_encoder(folder, task.hugging_face)
    return students.build_on_encoder(encoder, task, schema, pad_id=pad_id)
