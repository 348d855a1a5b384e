"""Tiny Hugging Face folders of models that write texts, with sharp answers, and tasks for them."""

import numpy as np
from hugging_face_folders import state, tokenizer

from tfkd.tasks import Task

SOURCES = ["the film was good", "a bad film", "the acting was better than the story, or so"]
_BART = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2}
_BART |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
_BART |= {"max_position_embeddings": 64, "init_std": 0.6}
_T5 = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
_GPT2 = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64, "initializer_range": 0.6}
_MARIAN = {"eos_token_id": 1, "forced_eos_token_id": None}
KINDS = {
    # Name of the class, tokenizer, settings.
    "t5": ("T5ForConditionalGeneration", "t5", {**_T5, "initializer_factor": 8.0}),
    "bart": ("BartForConditionalGeneration", "bart", {**_BART, "forced_eos_token_id": None}),
    "marian": ("MarianMTModel", "t5", {**_BART, **_MARIAN}),
    "gpt2": ("GPT2LMHeadModel", "gpt2", _GPT2),
}
SEQ2SEQ = ("t5", "bart", "marian")


class Rewriting(Task):
    """A text from another one."""

    name, writes, features = "rewriting", True, "decoder"
    inputs = ("input_ids", "decoder_input_ids")

    def output_shapes(self, schema):
        return {"logits": (None, 0)}


class GoingOn(Rewriting):
    """More of a text."""

    name, features, inputs = "going-on", "causal", ("input_ids",)


def task_of(kind):
    return Rewriting() if kind in SEQ2SEQ else GoingOn()


def write_folder(kind, folder, more=3):
    """Write a model at random with its tokenizer and `more` rows than that has; return it."""
    import tf_keras
    import transformers
    from safetensors.numpy import save_file

    from tfkd.models.hugging_face_weights import names_of_pytorch

    name, pieces, own = KINDS[kind]
    read = tokenizer(pieces, folder)
    own = {**own, "vocab_size": len(read) + more, "pad_token_id": read.pad_token_id}
    if kind in ("t5", "marian"):
        own["decoder_start_token_id"] = read.pad_token_id
    if kind == "gpt2":
        own |= {"bos_token_id": read.bos_token_id, "eos_token_id": read.eos_token_id}
    kinds = {"t5": "T5", "bart": "Bart", "marian": "Marian", "gpt2": "GPT2"}
    tf_keras.utils.set_random_seed(3)
    config = getattr(transformers, f"{kinds[kind]}Config")(**own)
    made = getattr(transformers, f"TF{name}")(config)
    made.build_in_name_scope()
    config.architectures = [name]
    config.save_pretrained(folder)
    state(folder, "tokenizer_config.json", tokenizer_class=None)
    if kind == "marian":
        ends = {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}
        state(folder, "generation_config.json", bad_words_ids=[[0]], **ends)
    weights = names_of_pytorch(made)
    if kind == "gpt2":
        # A bias of TensorFlow's is a matrix of one row.
        weights = {n: w[0] if len(w) == 1 else w for n, w in weights.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return made


def rows_of(teacher, kind):
    """Rows without targets, as a task encodes sources or beginnings."""
    rows = [{"input_ids": np.array(ids)} for ids in teacher.encoder.encode_many(SOURCES)]
    if kind in SEQ2SEQ:
        start = [teacher.encoder.start_id]
        rows = [{**row, "decoder_input_ids": np.array(start)} for row in rows]
    return rows
