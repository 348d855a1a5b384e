"""Special pieces that a task puts into its rows, in a vocabulary that lacks them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from tokenizers import AddedToken, Tokenizer

from .encoder import TextEncoder

_SPARE = re.compile(r"\[unused\d+\]")


def with_pieces(encoder: TextEncoder, pieces: Sequence[str]) -> TextEncoder:
    """Return the same tokenizer with special pieces, which a text is never split within.

    Those that the vocabulary lacks take the ids of `[unused0]` and so on, where it has such. A
    trained embedding has rows for these. All others get ids of their own, after the last one.

    Args:
        encoder: A tokenizer.
        pieces: What they look like in a text, such as `<e1>`.

    >>> from .learning import learn
    >>> encoder = with_pieces(learn(["a good film"] * 9, vocab_size=40), ["<e1>", "</e1>"])
    >>> [encoder.vocabulary[i] for i in encoder.encode("a <e1>good</e1> film")]
    ['[CLS]', 'a', '<e1>', 'good', '</e1>', 'film', '[SEP]']
    """
    if not pieces:
        return encoder
    known = encoder.tokenizer.get_vocab()
    missing = [piece for piece in pieces if piece not in known]
    facts = json.loads(encoder.tokenizer.to_str())
    vocabulary = facts["model"].get("vocab")
    taken = {token["content"] for token in facts["added_tokens"]}
    if missing and isinstance(vocabulary, dict):
        spare = sorted((i, p) for p, i in vocabulary.items() if _SPARE.fullmatch(p))
        for piece, (i, name) in zip(missing, (s for s in spare if s[1] not in taken), strict=False):
            del vocabulary[name]
            vocabulary[piece] = i
    tokenizer = Tokenizer.from_str(json.dumps(facts))
    # A piece of the model keeps its id when it becomes a special one.
    tokenizer.add_special_tokens([AddedToken(piece, normalized=False) for piece in pieces])
    return replace(encoder, tokenizer=tokenizer)


def ids_of_pieces(encoder: object, pieces: Sequence[str]) -> tuple[int, ...]:
    """Return the ids of pieces; none at all where the tokenizer lacks one of them.

    Args:
        encoder: Any encoder; one without a tokenizer has no pieces.
        pieces: What they look like.
    """
    tokenizer = getattr(encoder, "tokenizer", None)
    if tokenizer is None:
        return ()
    found = [tokenizer.token_to_id(piece) for piece in pieces]
    return () if None in found else tuple(i for i in found if i is not None)
