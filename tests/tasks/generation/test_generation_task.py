"""A text for a text: what a file may hold, what a model reads, and what it learns from."""

import numpy as np
import pytest

from tests.toy_languages import write_pairs
from tfkd import UserError
from tfkd.data import Example, open_data
from tfkd.tasks import find
from tfkd.tasks.generation import Written
from tfkd.text import learn

TASK = find("translation")


@pytest.fixture(scope="module")
def encoder():
    texts = [text for pair in write_pairs(200) for text in pair.values()]
    return learn(texts, kind="bpe", vocab_size=400, max_length=16)


def example(**fields):
    return TASK.example(fields, "row 1")


@pytest.mark.parametrize("target", [None, "", "  ", -100])
def test_a_text_without_a_target_is_a_source_alone(target):
    found = example(text="a dog", label=target)
    assert not TASK.is_labelled(found)
    assert TASK.learnt_texts(found) == ("a dog",)


def test_a_list_of_targets_is_several_references(encoder):
    """The second summary of a text, taken for a further line of the first."""
    found = example(text="a dog", label=["ein Hund", "der Hund"], references=["Hund"])
    assert found["label"] == "ein Hund"
    scores = TASK.score([Written("der Hund")], [found])
    assert scores["chrf"] == 1.0
    assert TASK.learnt_texts(found) == ("a dog", "ein Hund", "der Hund", "Hund")


@pytest.mark.parametrize(
    ("target", "says"), [(3, "expected a text"), (["a", ""], "is empty"), ([1], "expected a st")]
)
def test_a_target_that_is_no_text_is_refused(target, says):
    with pytest.raises(UserError, match=f"row 1.*{says}"):
        example(text="a dog", label=target)


@pytest.mark.parametrize(
    ("names", "flags"),
    [
        (("one", "two"), "--text-column one --label-column two"),
        (("two", "one"), "--text-column two --label-column one"),
        (("long", "two"), "--text-column long --label-column two"),
    ],
)
def test_two_columns_of_unknown_names_are_a_source_and_a_target(tmp_path, names, flags):
    """Both were said to be the text, of a task that reads one."""
    texts = {"one": "a dog sees {}", "two": "lo karo {} videt", "long": "a dog sees {0} " * 9}
    lines = [",".join(texts[name].format(i) for name in names) for i in range(60)]
    (tmp_path / "a.csv").write_text("\n".join([",".join(names), *lines, ""]))
    with pytest.raises(UserError, match=rf"By the first rows: {flags}\."):
        open_data(tmp_path / "a.csv", reader=TASK)


def test_the_source_alone_is_read_and_splits_the_data():
    """A translation that is known to the baseline; a source in train and in test."""
    found = example(text="a dog", label="ein Hund")
    assert TASK.texts(found) == ("a dog",)
    assert TASK.split_key(found) == TASK.split_key(example(text="a dog", label="Hund"))


def test_labels_are_one_token_ahead_of_what_is_read(encoder):
    ((row,),) = TASK.encode([example(text="the dog", label="lo karo")], encoder, TASK.schema(()))
    assert row["decoder_input_ids"][0] == encoder.start_id
    assert row["decoder_input_ids"][1:] == row["labels"][:-1]
    assert row["labels"][-1] == encoder.end_id
    assert encoder.decode(row["labels"]) == "lo karo"


def test_a_target_that_is_cut_does_not_end_there(encoder):
    """A model that learns to stop in the middle of a sentence."""
    task = find("translation", {"longest": 3})
    long = task.example({"text": "the dog", "label": "lo karo la mila vidas la kantan"}, "row 1")
    ((row,),) = task.encode([long], encoder, task.schema(()))
    assert len(row["decoder_input_ids"]) == len(row["labels"]) == 4
    assert row["labels"][-1] == -100


def test_an_unlabelled_row_teaches_nothing(encoder):
    ((row,),) = TASK.encode([Example(text="the dog")], encoder, TASK.schema(()))
    assert row["decoder_input_ids"] == [encoder.start_id]
    assert row["labels"] == [-100]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"level": "words"}, "auto, word, sequence, both"),
        ({"written": "worst"}, "best, interpolated, mixed"),
        ({"candidates": 0}, "whole number from 1"),
        ({"label_smoothing": 1.0}, "0 <= value < 1"),
        ({"beams": 0}, "at least 1"),
        ({"shortest": 9, "longest": 8}, "smaller shortest"),
    ],
)
def test_impossible_settings_are_refused(settings, says):
    with pytest.raises(UserError, match=says):
        find("translation", settings)


def test_same_language_twice_is_refused(tmp_path):
    rows = "\n".join(f'{{"source": "text {i}", "target": "text {i} "}}' for i in range(40))
    (tmp_path / "pairs.jsonl").write_text(rows)
    with pytest.raises(UserError, match=r"40 of 40 training texts.*--label-column"):
        open_data(
            tmp_path / "pairs.jsonl", reader=TASK, validation=tmp_path / "pairs.jsonl",
            test=tmp_path / "pairs.jsonl",
        )  # fmt: skip


def test_answers_are_alike_by_their_letters():
    ours, theirs = [Written("ein Hund", -1.0, 3), Written("")], [Written("ein Hund"), Written("a")]
    assert TASK.same(ours, theirs).tolist() == [True, False]
    assert TASK.agreement(ours, theirs) == 0.5
    assert TASK.distances(ours, theirs).tolist() == [0.0, 1.0]
    assert TASK.confidence(ours[0]) == pytest.approx(np.exp(-1 / 3))
    assert TASK.confidence(ours[1]) is None


def test_the_headline_of_all_is_the_score():
    """An interval around another number than the table's."""
    pairs = write_pairs(30)
    examples = [Example(text=pair["source"], label=pair["target"]) for pair in pairs]
    answers = [Written(pair["target"].replace("la ", "")) for pair in pairs]
    for name in ("translation", "summarization", "text2text-generation"):
        task = find(name)
        score = task.score(answers, examples)[next(iter(task.measures))]
        assert task.headline(answers, examples)(np.arange(30)) == pytest.approx(score)
        assert 0.2 < score < 1.0


def softmax_by_hand(logits):
    shifted = np.exp(logits - logits.max())
    return shifted / shifted.sum()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_objective_is_that_of_a_loop_over_tokens(encoder, smoothing):
    """Padding that counts, labels shifted twice, a sentence of two words like one of ten."""
    import tensorflow as tf

    from tfkd import Batch
    from tfkd.text.batching import pad_rows

    task = find("translation", {"label_smoothing": smoothing})
    pairs = [Example(text=p["source"], label=p["target"]) for p in write_pairs(5)]
    rows = [row for (row,) in task.encode([*pairs, Example(text="x")], encoder, task.schema(()))]
    labels = pad_rows(rows, ["labels"], {"labels": -100})["labels"]
    draw = np.random.default_rng(0)
    logits, theirs = draw.normal(size=(2, *labels.shape, encoder.vocab_size))
    hard, soft, tokens = 0.0, 0.0, 0
    for row, ours, teachers in zip(rows, logits, theirs, strict=True):
        for place, label in enumerate(row["labels"]):
            if label == -100:
                continue
            q, p = softmax_by_hand(ours[place] / 2), softmax_by_hand(teachers[place] / 2)
            soft += 4.0 * float((p * (np.log(p) - np.log(q))).sum())
            q = softmax_by_hand(ours[place])
            hard += -(1 - smoothing) * np.log(q[label]) - smoothing * np.log(q).mean()
            tokens += 1
    objective = task.objective(temperature=2.0, soft_weight=0.25)
    sides = [{"logits": tf.constant(each, tf.float32)} for each in (logits, theirs)]
    known = tf.constant(labels)
    found = objective(*sides, Batch(labels=known, mask=tf.cast(known != -100, tf.float32)), {})
    means = {
        name: float(tf.reduce_sum(values * counts) / tf.reduce_sum(counts))
        for name, (values, counts) in found.items()
    }
    weights = {name: weight for name, weight, _ in objective.named()}
    assert weights == {"hard_labels": 0.75, "soft_targets": 0.25}
    assert means["hard_labels"] == pytest.approx(hard / tokens, rel=1e-5)
    assert means["soft_targets"] == pytest.approx(soft / tokens, rel=1e-5)


def test_texts_of_the_teacher_are_learnt_without_its_probabilities():
    task = find("translation", {"level": "sequence"})
    assert task.objective(temperature=1.0, soft_weight=0.5).reads == ()
    assert TASK.objective(temperature=1.0, soft_weight=0.5).reads == ("logits",)
    assert TASK.objective_alone(TASK.complete_schema(TASK.schema(()), [])) is None
