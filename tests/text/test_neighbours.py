"""Texts made up by a language model: words that fit, the same for the same seed."""

import numpy as np
import pytest
from tiny_bert import checkpoint
from tokenizers import Tokenizer, models, pre_tokenizers

from tfkd import distill, load_neighbours
from tfkd.errors import UserError
from tfkd.text import learn
from tfkd.text.encoder import TextEncoder
from tfkd.text.neighbours import Neighbours

WORDS = ["good", "bad", "fine", "dull", "film", "book", "the", "a"]


@pytest.fixture(scope="module")
def encoder():
    return learn([" ".join(WORDS)] * 30, vocab_size=300, max_length=24)


class Guessing:
    """A model that would put `film` or `book` everywhere, and notes what it was shown."""

    def __init__(self, encoder):
        self.encoder, self.shown = encoder, []

    def __call__(self, inputs):
        ids = inputs["input_ids"]
        self.shown += [[i for i in row if i] for row in ids.tolist()]
        logits = np.zeros((*ids.shape, self.encoder.vocab_size), "float32")
        for rank, word in enumerate(["##d", "[MASK]", "film", "book", "good"]):
            logits[..., self.encoder.tokenizer.token_to_id(word)] = 10 - rank
        return {"logits": logits}


def test_a_word_becomes_what_the_model_guesses(encoder):
    """Pieces of words, the word itself, or punctuation lost on the way."""
    model = Guessing(encoder)
    made = Neighbours(model, encoder, top=2, replace=1.0, copies=8, seed=1).augment(
        "The film, bad!"
    )
    assert made
    for text in made:
        first, second, third = text.replace(",", "").replace("!", "").split()
        assert {first, third} <= {"film", "book"}
        assert second in ("book", "good")  # film itself is no guess
        assert text[len(first) + 1 + len(second)] == ","
        assert text.endswith("!")
    mask = encoder.tokenizer.token_to_id("[MASK]")
    assert [row.count(mask) for row in model.shown] == [1, 1, 1]
    assert [row.index(mask) for row in model.shown] == [1, 2, 4]


def test_a_longer_word_becomes_a_neighbour(encoder):
    """GloVe, which nobody has at hand; or [UNK] in a word's place."""
    table = np.zeros((encoder.vocab_size, 4), "float32")
    pieces = encoder.tokenizer.encode("goodd", add_special_tokens=False).ids
    assert len(pieces) > 1
    table[pieces] = [1, 0, 0, 0]
    table[encoder.tokenizer.token_to_id("dull")] = [2, 0.1, 0, 0]
    rules = Neighbours(Guessing(encoder), encoder, table, top=1, replace=1.0, copies=1)
    assert rules.augment("goodd") == ["good"]
    without = Neighbours(Guessing(encoder), encoder, top=1, replace=1.0, copies=1)
    assert without.augment("goodd") == []


def test_it_depends_on_text_and_seed_alone(encoder):
    """A store of yesterday's texts that today's run does not find."""
    settings = {"top": 3, "copies": 5}
    one, again = (Neighbours(Guessing(encoder), encoder, seed=2, **settings) for _ in range(2))
    text = "a dull book the bad film"
    assert one.augment(text) == again.augment(text) == list(one([text]))
    assert one.augment(text) != Neighbours(Guessing(encoder), encoder, seed=3, **settings).augment(
        text
    )
    assert len(one.augment(text)) <= 5
    assert Neighbours(Guessing(encoder), encoder, replace=0.0).augment(text) == []


def test_a_long_text_and_an_empty_one(encoder):
    """Words behind the model's last position."""
    rules = Neighbours(Guessing(encoder), encoder, top=1, replace=1.0, copies=1)
    (made,) = rules.augment(" ".join(["bad"] * 40))
    assert made.split() == ["film"] * 22 + ["bad"] * 18
    assert rules.augment("") == []


def test_a_folder_makes_texts_for_a_run(tmp_path, monkeypatch):
    """A classifier's folder with a head at random, taken for a language model."""
    import tf_keras
    import transformers

    monkeypatch.chdir(tmp_path)
    folder = checkpoint(tmp_path / "classifier")
    with pytest.raises(UserError, match="no head for masked language modelling"):
        load_neighbours(folder)
    tf_keras.utils.set_random_seed(0)
    model = transformers.TFBertForMaskedLM(transformers.BertConfig.from_pretrained(str(folder)))
    model.build_in_name_scope()
    model.save_pretrained(str(tmp_path / "lm"))
    (tmp_path / "lm" / "vocab.txt").write_bytes((folder / "vocab.txt").read_bytes())
    asked, real = [], Neighbours.augment
    monkeypatch.setattr(
        Neighbours, "augment", lambda self, text: asked.append(text) or real(self, text)
    )
    result = distill(
        data="sample:40",
        teacher="train:bag_of_ngrams:tiny",
        student="bag_of_ngrams:tiny",
        augment=2,
        augment_model=str(tmp_path / "lm"),
        vocab_size=100,
        max_length=16,
        epochs=1,
        alone=False,
        to="run",
    )
    assert (result.folder / "student.tflite").is_file()
    assert len(asked) == 40
    with pytest.raises(UserError, match="write augment = 20, say"):
        distill(data="sample:40", augment_model="lm")


@pytest.mark.parametrize(
    ("mark", "unmarked", "split"),
    [
        (
            "▁",
            [],
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
        ),
        ("Ġ", ["a", "good", "film", "Ġ"], pre_tokenizers.ByteLevel(add_prefix_space=False)),
    ],
)
def test_guesses_are_whole_words_of_any_tokenizer(mark, unmarked, split):
    """Texts of word endings alone, or of pieces with their marks."""
    special = ["<pad>", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [mark + word for word in ("a", "good", "film", "fine", "dull")]
    pieces = [*special, *unmarked, *words, "ing", "ness"]
    scored = [(piece, -1.0 if len(piece) > 2 else -3.0) for piece in pieces]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=1))
    tokenizer.pre_tokenizer = split
    tokenizer.add_special_tokens(special)
    scores = np.array([9.0 if piece in words[3:] else 0.0 for piece in pieces], "float32")

    def model(x):
        return {"logits": np.tile(scores, (*x["input_ids"].shape, 1))}

    rules = Neighbours(model, TextEncoder(tokenizer, 32), copies=4, top=2, replace=1.0)
    made = rules.augment("a good film")
    assert made
    assert {word for text in made for word in text.split()} <= {"fine", "dull"}
