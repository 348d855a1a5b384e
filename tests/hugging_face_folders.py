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
