"""Folders as Hugging Face's libraries write them: tiny models and tokenizers of many kinds."""

import io
import json
from pathlib import Path

TEXTS = (
    "the film was good and the acting was better than the story",
    "schöne Müller naïve café at the cinema",
    "a bad film is a long film, or so they say",
    "北京 is a city, and so is 東京; emoji 😀 are pieces as well",
)
ODD = (
    "The film was GOOD",
    "Müller naïve CAFÉ schön, İstanbul ﬁne",
    "北京 and 東京都",
    "emoji 😀👩‍👩‍👧 and \u200b zero width",
    "control \x00 \x07 characters\tand\nlines\r\n",
    "",
    "   ",
    "x" * 300,
    "the film " * 100,
    "a [SEP] and </s> and <mask> [MASK] <pad> [PAD] inside",
    "an added <tok> token,<tok>and another ADDED word",
    "e\u0301 decomposed, \ufffd and \u0301 alone",
)
WORD_PIECES = ("bert", "distilbert", "electra", "mpnet")
BYTE_LEVEL = ("roberta", "bart", "gpt2", "modernbert")
SENTENCE_PIECES = ("albert", "xlm-roberta", "deberta-v2", "t5")
TINY = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16}
TINY |= {"intermediate_size": 32, "initializer_range": 0.4}


def word_pieces(folder: Path, special=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), lower=True):
    """Write a `vocab.txt` learnt from `TEXTS`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        TEXTS,
        trainers.WordPieceTrainer(
            vocab_size=200, special_tokens=list(special), min_frequency=1, show_progress=False
        ),
    )
    vocabulary = tokenizer.get_vocab()
    folder.mkdir(parents=True, exist_ok=True)
    lines = sorted(vocabulary, key=vocabulary.get)
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "vocab.txt"


def byte_level(folder: Path, special):
    """Write `vocab.json` and `merges.txt` learnt from `TEXTS`."""
    from tokenizers import ByteLevelBPETokenizer

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        TEXTS, vocab_size=330, min_frequency=1, special_tokens=list(special), show_progress=False
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_model(str(folder))
    return {
        "vocab_file": str(folder / "vocab.json"),
        "merges_file": str(folder / "merges.txt"),
    }


def sentence_pieces(folder: Path, name: str, **options):
    """Write a SentencePiece model learnt from `TEXTS`."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 3),
        model_writer=model,
        vocab_size=130,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
        **options,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(model.getvalue())
    return str(folder / name)


def tokenizer(kind: str, folder: Path, **settings):
    """Write and return the tokenizer that models of a kind have."""
    import transformers

    if kind in WORD_PIECES:
        special = ("<s>", "<pad>", "</s>", "[UNK]", "<mask>") if kind == "mpnet" else None
        file = word_pieces(folder, special) if special else word_pieces(folder)
        names = {"bert": "Bert", "distilbert": "DistilBert", "electra": "Electra", "mpnet": "MPNet"}
        made = getattr(transformers, f"{names[kind]}TokenizerFast")(str(file), **settings)
    elif kind == "modernbert":
        made = _modern(folder, **settings)
    elif kind in BYTE_LEVEL:
        special = ("<|endoftext|>",) if kind == "gpt2" else ("<s>", "<pad>", "</s>", "<unk>")
        special = special if kind == "gpt2" else (*special, "<mask>")
        names = {"roberta": "Roberta", "bart": "Bart", "gpt2": "GPT2"}
        files = byte_level(folder, special)
        made = getattr(transformers, f"{names[kind]}TokenizerFast")(**files, **settings)
    else:
        made = _of_sentence_pieces(kind, folder, **settings)
    made.save_pretrained(folder)
    return made


def _modern(folder: Path, **settings):
    """Return ModernBERT's kind: byte-level pieces, BERT's names for the special ones at the end."""
    import transformers
    from tokenizers import Tokenizer, processors

    files = byte_level(folder, ())
    plain = transformers.GPT2TokenizerFast(**files).backend_tokenizer
    whole = Tokenizer.from_str(plain.to_str())
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    whole.add_special_tokens(special)
    ends = [(piece, whole.token_to_id(piece)) for piece in ("[CLS]", "[SEP]")]
    whole.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    for name in ("vocab.json", "merges.txt"):
        (folder / name).unlink()
    roles = ("unk_token", "cls_token", "sep_token", "pad_token", "mask_token")
    named = dict(zip(roles, special, strict=True))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=whole, **named, **settings)


def _of_sentence_pieces(kind: str, folder: Path, **settings):
    import transformers

    from tfkd.text.hugging_face_folder import _mend_sentencepiece

    _mend_sentencepiece()
    if kind == "albert":
        own = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "pad_piece": "<pad>"}
        file = sentence_pieces(
            folder, "spiece.model", control_symbols=["[CLS]", "[SEP]", "[MASK]"], **own
        )
        return transformers.AlbertTokenizerFast(file, **settings)
    if kind == "deberta-v2":
        own = {"pad_id": 0, "unk_id": 3, "bos_id": 1, "eos_id": 2}
        own |= {"pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]"}
        file = sentence_pieces(folder, "spm.model", unk_piece="[UNK]", **own)
        return transformers.DebertaV2TokenizerFast(file, **settings)
    if kind == "t5":
        own = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
        file = sentence_pieces(folder, "spiece.model", **own)
        return transformers.T5TokenizerFast(file, extra_ids=0, legacy=True, **settings)
    file = sentence_pieces(folder, "sentencepiece.bpe.model")
    return transformers.XLMRobertaTokenizerFast(file, **settings)


def state(folder: Path, name: str, **changes) -> None:
    """Change entries of a JSON file; `None` takes one out."""
    file = folder / name
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    known = {**known, **changes}
    kept = {key: value for key, value in known.items() if value is not None}
    file.write_text(json.dumps(kept), encoding="utf-8")


# -- models ----------------------------------------------------------------------------------

ROUTES = ("hf", "hub", "tf", "torch")
READS = {
    "bert": ("hf", "hub", "tf", "torch"),
    "distilbert": ("hf", "tf", "torch"),
    "roberta": ("hf", "hub", "tf", "torch"),
    "xlm-roberta": ("hf", "hub", "tf", "torch"),
    "electra": ("hf", "tf", "torch"),
    "albert": ("hf", "tf", "torch"),
    "deberta-v2": ("hf", "tf", "torch"),
    "mpnet": ("hf", "tf", "torch"),
    "gpt2": ("hf", "tf"),
    "modernbert": ("torch",),
}
# For words and for answers.
OTHER_HEADS = {
    "bert": ("hf", "hub", "tf", "torch"),
    "roberta": ("hf", "hub", "tf", "torch"),
    "distilbert": ("hf", "torch"),
    "electra": ("hf", "torch"),
    "deberta-v2": ("hf", "torch"),
}
NAMES = {
    "bert": ("BERT", "Bert"),
    "distilbert": ("DistilBERT", "DistilBert"),
    "roberta": ("RoBERTa", "Roberta"),
    "xlm-roberta": ("XLM-R", "XLMRoberta"),
    "electra": ("ELECTRA", "Electra"),
    "albert": ("ALBERT", "Albert"),
    "deberta-v2": ("DeBERTa-v2, -v3", "DebertaV2"),
    "mpnet": ("MPNet", "MPNet"),
    "gpt2": ("GPT-2", "GPT2"),
    "modernbert": ("ModernBERT", "ModernBert"),
}
PIECES = {**dict.fromkeys(WORD_PIECES, "word pieces"), **dict.fromkeys(BYTE_LEVEL, "bytes")}
PIECES |= dict.fromkeys(SENTENCE_PIECES, "SentencePiece")
_DISTIL = {"dim": 16, "hidden_dim": 32, "n_layers": 2, "n_heads": 2, "initializer_range": 0.4}
_GPT2 = {"n_embd": 16, "n_layer": 2, "n_head": 2, "initializer_range": 0.4}
_DEBERTA = {"relative_attention": True, "position_biased_input": False, "type_vocab_size": 0}
_DEBERTA |= {"pos_att_type": ["p2c", "c2p"], "norm_rel_ebd": "layer_norm", "share_att_key": True}
_DEBERTA |= {"position_buckets": 16}
_MODERN = {"global_attn_every_n_layers": 2, "reference_compile": False}
OWN = {
    "distilbert": _DISTIL,
    "gpt2": _GPT2,
    "albert": {**TINY, "embedding_size": 8},
    "electra": {**TINY, "embedding_size": 8},
    "deberta-v2": {**TINY, **_DEBERTA},
    "roberta": {**TINY, "layer_norm_eps": 1e-5, "type_vocab_size": 1},
    "xlm-roberta": {**TINY, "layer_norm_eps": 1e-5, "type_vocab_size": 1},
    "modernbert": {**TINY, **_MODERN},
}
LABELS = ("bad", "so so", "good")
HEAD = "ForSequenceClassification"


def model(kind: str, folder: Path, labels=LABELS, head=HEAD, **settings):
    """Write a model of a kind with its tokenizer, as PyTorch's safetensors."""
    from tfkd.models.hugging_face_weights import names_of_pytorch

    made = tensorflow_model(kind, folder, labels, head=head, **settings)
    if made is None:
        return
    from safetensors.numpy import save_file

    weights = names_of_pytorch(made)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def config_of(kind: str, folder: Path, labels=LABELS, **settings):
    """Write a tokenizer, and return the config of a tiny classifier for it."""
    import transformers

    read = tokenizer(kind, folder)
    pad = read.pad_token_id
    names = dict(enumerate(labels))
    common = {
        "vocab_size": len(read),
        "pad_token_id": pad,
        "id2label": names,
        "label2id": {name: i for i, name in names.items()},
        "n_positions" if kind == "gpt2" else "max_position_embeddings": 130,
    }
    if read.cls_token_id is not None:
        common |= {"cls_token_id": read.cls_token_id, "sep_token_id": read.sep_token_id}
    name = f"{NAMES[kind][1]}Config"
    own = OWN.get(kind, TINY)
    return getattr(transformers, name)(**{**own, **common, **settings})


def tensorflow_model(kind: str, folder: Path, labels=LABELS, head=HEAD, **settings):
    """Write tokenizer and config, and return a TensorFlow model at random; ModernBERT is saved."""
    import transformers

    config = config_of(kind, folder, labels, **settings)
    name = f"{NAMES[kind][1]}{head}"
    if kind == "modernbert":
        import torch

        torch.manual_seed(0)
        getattr(transformers, name)(config).save_pretrained(folder)
        return None
    import tf_keras

    tf_keras.utils.set_random_seed(0)
    made = getattr(transformers, f"TF{name}")(config)
    made.build_in_name_scope()
    config.architectures = [name]
    config.save_pretrained(folder)
    return made


def own_logits(folder: Path):
    """Return the logits of the library's own tokenizer and model, one odd text after another."""
    import numpy as np
    import transformers

    read = transformers.AutoTokenizer.from_pretrained(str(folder))
    modern = "ModernBert" in (folder / "config.json").read_text()
    kind = "AutoModelForSequenceClassification"
    made = getattr(transformers, kind if modern else f"TF{kind}").from_pretrained(str(folder))
    logits = []
    for text in ODD:
        ids = read(text)["input_ids"] or [read.eos_token_id]
        # Longer ones lose their middle.
        ids = _cut(ids, len(read("")["input_ids"]) and 1, 120)
        logits.append(_logits(made, ids, modern))
    return np.array(logits)


def _cut(ids: list, ends: int, most: int) -> list:
    if len(ids) <= most:
        return ids
    inner, room = ids[ends : len(ids) - ends], most - 2 * ends
    tail = room // 2
    inner = inner[: room - tail] + inner[len(inner) - tail :]
    return [*ids[:ends], *inner, *ids[len(ids) - ends :]]


def _logits(made, ids: list, modern: bool):
    import numpy as np

    if modern:
        import torch

        with torch.no_grad():
            return made.eval()(input_ids=torch.tensor([ids])).logits[0].numpy()
    mask = np.ones((1, len(ids)), "int32")
    return made(input_ids=np.array([ids], "int32"), attention_mask=mask).logits[0].numpy()


def table() -> str:
    """Return the table of kinds and libraries, as the docs have it."""
    lines = [
        "| model | tokenizer | `hf:` | `hub:` | `tf:` | `torch:` |",
        "|---|---|---|---|---|---|",
    ]
    for kind, routes in READS.items():
        marks = " | ".join("yes" if route in routes else "no" for route in ROUTES)
        lines.append(f"| {NAMES[kind][0]} | {PIECES[kind]} | {marks} |")
    return "\n".join(lines) + "\n"


def table_of_heads() -> str:
    """Return the table of kinds whose heads for words and answers are tried."""
    lines = ["| model | words, answers |", "|---|---|"]
    for kind, routes in OTHER_HEADS.items():
        lines.append(f"| {NAMES[kind][0]} | {', '.join(f'`{route}:`' for route in routes)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table())
    print(table_of_heads())
