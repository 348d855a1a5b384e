"""Classifiers with a decoder answer at the last end token, of which each text has one."""

import importlib.util

import numpy as np
import pytest
from hugging_face_folders import LABELS, tokenizer

from tfkd import load_teacher

transformers = pytest.importorskip("transformers")
TORCH = pytest.mark.skipif(
    not importlib.util.find_spec("torch"), reason="needs the extra tfkd[torch]"
)
TEXTS = ["the film was good", "a bad </s> film </s> so"]


def folder_of(kind, path, made_by=""):
    """Write a tiny classifier at random."""
    import tf_keras

    read = tokenizer(kind, path)
    own = {"vocab_size": len(read), "pad_token_id": read.pad_token_id, "d_model": 16}
    own |= {"id2label": dict(enumerate(LABELS)), "eos_token_id": read.eos_token_id}
    if kind == "t5":
        own |= {"d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2, "initializer_factor": 4.0}
        own["decoder_start_token_id"] = read.pad_token_id
        config = transformers.T5Config(**own)
    else:
        own |= {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2}
        own |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
        config = transformers.BartConfig(**own, max_position_embeddings=64, init_std=0.6)
    tf_keras.utils.set_random_seed(0)
    name = f"{made_by}{'T5' if kind == 't5' else 'Bart'}ForSequenceClassification"
    made = getattr(transformers, name)(config)
    if made_by:
        made.build_in_name_scope()
    made.save_pretrained(path)


@pytest.mark.parametrize(
    ("kind", "route"),
    [("bart", "tf"), *(pytest.param(kind, "torch", marks=TORCH) for kind in ("bart", "t5"))],
)
def test_an_end_token_within_a_text_changes_no_other_text(kind, route, tmp_path):
    """A text that gets the vector of its neighbour, a T5 that is said to read no ids."""
    folder_of(kind, tmp_path, "TF" if route == "tf" else "")
    teacher = load_teacher(f"{route}:{tmp_path}", max_length=24)
    together = teacher.logits(TEXTS)
    alone = np.concatenate([teacher.logits([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert np.abs(alone[0] - alone[1]).max() > 1e-3
    end = teacher.encoder.end_id
    assert [ids.count(end) for ids in teacher.encoder.encode_many(TEXTS)] == [1, 1]
