"""Text to word-piece ids: cleaning, a learnt or given vocabulary, head-and-tail truncation.

No TensorFlow here: the exported model is served with this file alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from .errors import UserError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def clean(text: str) -> str:
    """Replace HTML line breaks by a space.

    >>> clean("Good.<br /><br />Very good.")
    'Good.  Very good.'
    """
    return _BREAK.sub(" ", text)


def head_and_tail(ids: list[int], room: int) -> list[int]:
    """Keep the first and the last of `ids`, `room` in all (Sun et al. 2019, arXiv:1905.05583).

    >>> head_and_tail([1, 2, 3, 4, 5, 6], 3)
    [1, 2, 6]
    """
    if len(ids) <= room:
        return ids
    tail = room // 2
    return ids[: room - tail] + ids[len(ids) - tail :]


@dataclass
class TextEncoder:
    """A word-piece tokenizer with the length it cuts at: what a model needs to read text.

    `encode` returns `[CLS] pieces [SEP]`, at most `max_length` ids. Padding is id 0.
    """

    tokenizer: Tokenizer
    max_length: int = 256

    def __post_init__(self):
        if self.max_length < 4:
            raise UserError(f"max_length is {self.max_length}; write at least 4.")
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self._ends = tuple(self.tokenizer.token_to_id(piece) for piece in ("[CLS]", "[SEP]"))
        missing = [piece for piece in SPECIAL[:4] if self.tokenizer.token_to_id(piece) is None]
        if missing or self.tokenizer.token_to_id("[PAD]") != 0:
            raise UserError(
                f"the vocabulary lacks {', '.join(missing) or '[PAD] as its first entry'}; "
                "give a BERT-style word-piece vocabulary ([PAD] first, with [UNK], [CLS], [SEP])."
            )

    @property
    def vocab_size(self) -> int:
        """How many ids there are: a model's token embedding needs at least so many rows."""
        return self.tokenizer.get_vocab_size()

    @property
    def vocabulary(self) -> list[str]:
        """The pieces, by id."""
        return [self.tokenizer.id_to_token(i) for i in range(self.vocab_size)]

    @property
    def lowercase(self) -> bool:
        """Whether the text is lower-cased first."""
        normalizer = json.loads(self.tokenizer.to_str()).get("normalizer") or {}
        return bool(normalizer.get("lowercase", False))

    def encode(self, text: str) -> list[int]:
        """The ids of one text."""
        return self.encode_many([text])[0]

    def encode_many(self, texts: list[str]) -> list[list[int]]:
        """The ids of each text."""
        cls, sep = self._ends
        found = self.tokenizer.encode_batch([clean(t) for t in texts], add_special_tokens=False)
        room = self.max_length - 2
        return [[cls, *head_and_tail(each.ids, room), sep] for each in found]

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json`, `vocab.txt` and `preprocessing.json` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "vocab.txt").write_text("\n".join(self.vocabulary) + "\n", encoding="utf-8")
        settings = {"max_length": self.max_length, "lowercase": self.lowercase}
        (folder / "preprocessing.json").write_text(json.dumps(settings, indent=1) + "\n")


def wordpiece(vocabulary: dict[str, int], lowercase: bool) -> Tokenizer:
    """BERT's tokenizer over `vocabulary` (Devlin et al. 2019)."""
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def learn(
    texts: Iterable[str], *, vocab_size: int = 16_000, max_length: int = 256, lowercase: bool = True
) -> TextEncoder:
    """Learn a word-piece vocabulary from `texts`, which are read once and not kept.

    >>> encoder = learn(["a good film", "a bad film"] * 20, vocab_size=60)
    >>> [encoder.vocabulary[i] for i in encoder.encode("A good film!")]
    ['[CLS]', 'a', 'good', 'film', '[UNK]', '[SEP]']
    """
    tokenizer = wordpiece({}, lowercase)
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size, min_frequency=2, special_tokens=list(SPECIAL), show_progress=False
    )
    tokenizer.train_from_iterator((clean(text) for text in texts), trainer)
    return TextEncoder(tokenizer, max_length)


def read_vocab(path: Path, lowercase: bool = True) -> Tokenizer:
    """A tokenizer from a `vocab.txt`: one piece a line, its line number the id."""
    pieces = path.read_text(encoding="utf-8").split("\n")
    vocabulary = {piece.rstrip("\r"): i for i, piece in enumerate(pieces) if piece.strip()}
    return wordpiece(vocabulary, lowercase)


def load(path: str | Path, max_length: int | None = None) -> TextEncoder:
    """A `TextEncoder` from a folder, a `tokenizer.json` or a `vocab.txt`.

    A folder is one that `TextEncoder.save` or Hugging Face wrote.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    settings = _settings(folder)
    length = max_length or settings.get("max_length", 256)
    files = [folder / "tokenizer.json", folder / "vocab.txt"] if path.is_dir() else [path]
    for file in files:
        if file.is_file():
            return TextEncoder(_read(file, settings), length)
    raise UserError(f"no tokenizer at {path}: expected a tokenizer.json or a vocab.txt.")


def _settings(folder: Path) -> dict:
    """Our own settings, or the casing that Hugging Face's tokenizer_config.json states."""
    ours, theirs = folder / "preprocessing.json", folder / "tokenizer_config.json"
    if ours.is_file():
        return json.loads(ours.read_text(encoding="utf-8"))
    if theirs.is_file():
        return {"lowercase": json.loads(theirs.read_text(encoding="utf-8")).get("do_lower_case")}
    return {}


def _read(file: Path, settings: dict) -> Tokenizer:
    try:
        if file.suffix == ".json":
            return Tokenizer.from_file(str(file))
        lowercase = settings.get("lowercase")
        return read_vocab(file, True if lowercase is None else bool(lowercase))
    except Exception as error:
        raise UserError(f"{file} is not a tokenizer ({error}).") from error
