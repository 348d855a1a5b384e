"""Text to word-piece ids: cleaning, the tokenizer, head-and-tail truncation."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from ..errors import UserError
from .pair_encoding import Pair, PairIds, pair_tokenizer, segments_of, tells_apart
from .special_tokens import BERT, check_word_pieces, ends_of, find_pad, find_writing_ends
from .word_cache import WordCache, reads_by_word

if TYPE_CHECKING:
    from .word_windows import Frame, WordRow
    from .words import Words

SPECIAL = BERT
MAX_LENGTH = 256
BREAK = r"(?i)<br\s*/?>"  # the same to Python and to TensorFlow
BLANK = re.compile(BREAK)


def clean(text: str) -> str:
    """Replace HTML line breaks by a space.

    >>> clean("Good.<br /><br />Very good.")
    'Good.  Very good.'
    """
    return BLANK.sub(" ", text) if "<" in text else text


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
    """A tokenizer with the length it cuts at: what a model needs to read text.

    `encode` returns what the tokenizer puts around a text, such as `[CLS] pieces [SEP]`, at most
    `max_length` ids. `pad_id` fills up the shorter texts of a batch; by default it is that of
    `[PAD]` or `<pad>`. `pad_left` says on which side a model of one length gets it; by default what
    `tokenizer.json` says, or on the right. `start_id` and `end_id` are those of a text that is
    written; by default they are found by their names, and -1 where there is none.
    """

    tokenizer: Tokenizer
    max_length: int = MAX_LENGTH
    pad_id: int = -1
    pad_left: bool | None = None
    start_id: int = -1
    end_id: int = -1

    def __post_init__(self) -> None:
        if not isinstance(self.max_length, int) or self.max_length < 4:
            raise UserError(f"max_length is {self.max_length!r}; write a number, at least 4.")
        if self.pad_left is None:
            self.pad_left = (self.tokenizer.padding or {}).get("direction") == "left"
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        check_word_pieces(self.tokenizer)
        self.ends = ends_of(self.tokenizer)
        if self.pad_id < 0:
            self.pad_id = find_pad(self.tokenizer)
        # By the longest: how many texts to write were cut there, and of how many.
        self.cut_targets: dict[int, list[int]] = {}
        found = find_writing_ends(self.tokenizer)
        self.start_id, self.end_id = (
            other if given < 0 or self.tokenizer.id_to_token(given) is None else given
            for given, other in zip((self.start_id, self.end_id), found, strict=True)
        )

    @property
    def vocab_size(self) -> int:
        """The greatest id plus one: a model's token embedding needs at least so many rows."""
        return max(self.tokenizer.get_vocab().values()) + 1

    @property
    def vocabulary(self) -> list[str]:
        """The pieces, by id; `[unused7]` where no piece has the id 7."""
        ids = self.tokenizer.get_vocab()
        by_id = {i: piece for piece, i in ids.items()}
        return [by_id.get(i) or _unused(i, ids) for i in range(self.vocab_size)]

    @property
    def lowercase(self) -> bool:
        """Whether the text is lower-cased first."""
        normalizer = self.tokenizer.normalizer
        state = "" if normalizer is None else normalizer.__getstate__().decode()
        return '"lowercase":true' in state or '"type":"Lowercase"' in state

    def read(self, text: str) -> str:
        """Return what the tokenizer gets of a text."""
        return clean(text)

    def encode(self, text: str) -> list[int]:
        """Return the ids of one text."""
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text."""
        before, after = self.ends
        room = self.max_length - len(before) - len(after)
        ids = self._read_ids(list(map(self.read, texts)))
        rows = [[*before, *head_and_tail(each, room), *after] for each in ids]
        # Where nothing stands around a text, an empty one would have no id at all.
        return [row or [self.pad_id] for row in rows]

    def _read_ids(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of texts that were cleaned, without special ones."""
        cache = self._find_cache()
        if cache is not None:
            return cache.encode(texts)
        return [each.ids for each in self.tokenizer.encode_batch(texts, add_special_tokens=False)]

    def _find_cache(self) -> WordCache | None:
        """Return what remembers the ids of words, made anew where pieces were added since."""
        state = id(self.tokenizer), len(self.tokenizer.get_added_tokens_decoder())
        made, cache = vars(self).get("_cache", (None, None))
        if made != state:
            cache = self._make_cache()
            self._cache = state, cache
        return cache

    def _make_cache(self) -> WordCache | None:
        """Return what remembers the ids of words; None for a tokenizer that reads across blanks."""
        return WordCache(self.tokenizer) if reads_by_word(self.tokenizer) else None

    def encode_targets(
        self, texts: Sequence[str], longest: int, *, mark_cut: bool = False
    ) -> list[list[int]]:
        """Return the pieces of texts that are to be written, without special tokens.

        Args:
            texts: The texts.
            longest: How many pieces stay of one; its end is cut off, and `cut_targets` counts how
                many are.
            mark_cut: Leave one piece more of a text that is cut, by which it is known.
        """
        encodings = self.tokenizer.encode_batch(list(map(self.read, texts)), False, False)
        tally = self.cut_targets.setdefault(longest, [0, 0])
        tally[0] += sum(len(encoding.ids) > longest for encoding in encodings)
        tally[1] += len(texts)
        return [encoding.ids[: longest + mark_cut] for encoding in encodings]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, without special tokens."""
        return self.tokenizer.decode([int(i) for i in ids], skip_special_tokens=True)

    def encode_pairs(self, pairs: Sequence[Pair]) -> list[PairIds]:
        """Return ids and segments of pairs: `[CLS] a [SEP] b [SEP]`, 0 up to `b`, and then 1.

        Of a pair that is too long the longer text loses its end first, until both are as long:
        Hugging Face's `longest_first`.
        """
        encodings = self._joining.encode_batch([tuple(map(self.read, pair)) for pair in pairs])
        rows = [(encoding.ids, segments_of(encoding)) for encoding in encodings]
        return [row if row[0] else ([self.pad_id], [0]) for row in rows]

    def encode_words(
        self, sentences: Sequence[Words], *, before: Sequence[str] | None = None
    ) -> list[list[WordRow]]:
        """Return the windows of each example: rows that overlap, and cut no word in two.

        Args:
            sentences: The words of each example; those of a text are found by their characters.
            before: A text for each, such as a question, to stand before each of its windows.
        """
        # NumPy's import would take most of the time of `tfkd --help`.
        from .word_pieces import cut_into_pieces
        from .word_windows import Frame, windows_of

        pieces = cut_into_pieces(
            self.tokenizer,
            sentences,
            blank=BLANK,
            join=self._put_blanks,
            cache=self._find_cache(),
        )
        frames = [Frame(*self.ends)] * len(pieces)
        if before is not None:
            texts = list(map(self.read, before))
            encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
            frames = [self._frame_behind(encoding.ids) for encoding in encodings]
        return [
            windows_of(of_one, frame, self.max_length, self.pad_id)
            for of_one, frame in zip(pieces, frames, strict=True)
        ]

    def _put_blanks(self, words: list[str]) -> list[str]:
        from .word_pieces import blanks_between

        if "_join" not in vars(self):
            self._join = blanks_between(self.tokenizer)
        return self._join(words)

    def _frame_behind(self, ids: list[int]) -> Frame:
        from .word_windows import frame_of_pair

        return frame_of_pair(self._joining, ids, self.max_length, tells_apart=self.has_segments)

    @property
    def has_segments(self) -> bool:
        """Whether the tokenizer itself says which text of a pair an id is of, as BERT's does."""
        return tells_apart(self._joining)

    @property
    def _joining(self) -> Tokenizer:
        """The tokenizer as it joins pairs of this length, which a copy may have changed."""
        length, made = vars(self).get("_made", (0, None))
        if made is None or length != self.max_length:
            made = pair_tokenizer(self.tokenizer, self.max_length, [*self.ends[0], *self.ends[1]])
            self._made = self.max_length, made
        return made

    def fingerprint(self) -> str:
        """Return a digest of the tokenizer, without the length that it cuts at."""
        return hashlib.sha256(self.tokenizer.to_str().encode()).hexdigest()[:16]

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json`, `vocab.txt` and `preprocessing.json` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer.save(str(folder / "tokenizer.json"))
        pieces = "".join(f"{one_line(piece)}\n" for piece in self.vocabulary)
        (folder / "vocab.txt").write_text(pieces, encoding="utf-8")
        settings: dict[str, Any] = {"max_length": self.max_length, "lowercase": self.lowercase}
        settings["pad_id"] = self.pad_id
        settings |= {"start_id": self.start_id, "end_id": self.end_id}
        if self.pad_left:
            settings["padding_side"] = "left"
        (folder / "preprocessing.json").write_text(json.dumps(settings, indent=1) + "\n")


def one_line(piece: str) -> str:
    """Return a piece without line breaks, as a line of `vocab.txt`."""
    return piece.replace("\n", "\\n").replace("\r", "\\r")


def _unused(i: int, taken: dict[str, int]) -> str:
    """Return a token for an id without one: two of one name in a `vocab.txt` would be one id."""
    piece = f"[unused{i}]"
    return piece if piece not in taken else f"[unused_{i}]"


def wordpiece(vocabulary: dict[str, int], lowercase: bool) -> Tokenizer:
    """Return BERT's tokenizer over `vocabulary` (Devlin et al. 2019)."""
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer
