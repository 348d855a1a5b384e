"""A share of the texts to learn from."""

from tfkd.data import open_data
from tfkd.data.shares import take_share


def texts(data, split="train"):
    return [example.text for example in data.read(split)]


def test_a_smaller_share_is_part_of_a_larger_one():
    """Rungs of a search that share no text."""
    data = open_data("sample", size=400)
    small, large = (take_share(data, share, 1) for share in (1 / 9, 1 / 3))
    assert set(texts(small)) <= set(texts(large)) <= set(texts(data))
    assert small.counts["train"] == len(texts(small)) == 45
    assert large.counts["unlabelled"] == len(texts(large, "unlabelled")) == 134


def test_other_splits_and_classes_stay():
    """A share of the validation texts, or of the test texts."""
    data = open_data("sample", size=400)
    small = take_share(data, 0.1, 0)
    for split in ("validation", "test"):
        assert texts(small, split) == texts(data, split)
    assert small.labels == data.labels
    assert take_share(data, 1.0, 0) is data


def test_the_seed_draws():
    """The first texts of a file that is sorted by class."""
    data = open_data("sample", size=400)
    drawn = [texts(take_share(data, 0.1, seed)) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0] != texts(data)[: len(drawn[0])]
