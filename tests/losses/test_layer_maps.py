"""Which layer learns from which."""

import pytest

from tfkd.errors import UserError
from tfkd.losses.layer_maps import as_pairs, format_layer_map, pairs_of


@pytest.mark.parametrize(
    ("name", "student", "teacher", "pairs"),
    [
        ("uniform", 4, 12, ((1, 3), (2, 6), (3, 9), (4, 12))),
        ("relative", 3, 4, ((1, 1), (2, 3), (3, 4))),
        ("relative", 5, 12, ((1, 2), (2, 5), (3, 7), (4, 10), (5, 12))),
        ("skip", 6, 12, ((1, 2), (2, 4), (3, 6), (4, 8), (5, 10))),
        ("last", 6, 12, ((1, 7), (2, 8), (3, 9), (4, 10), (5, 11))),
        ("final", 6, 12, ((6, 12),)),
        ("final", 12, 6, ((12, 6),)),
    ],
)
def test_the_papers_maps(name, student, teacher, pairs):
    """PKD's two for a student of 6 layers, TinyBERT's for one of 4, with hidden states."""
    assert pairs_of(name, student + 1, teacher + 1, first=1) == pairs
    from_zero = tuple((s - 1, t - 1) for s, t in pairs)
    assert pairs_of(name, student, teacher) == from_zero


@pytest.mark.parametrize(
    ("layers", "counts", "words"),
    [
        ("uniform", (5, 12), 'no multiple of 5: write layers="relative"'),
        ("skip", (5, 12), "no multiple of 5"),
        ("relative", (6, 4), "they have 6 and 4"),
        ("last", (1, 4), 'write layers="final"'),
        (((0, 4),), (3, 4), "names place 4 of the teacher, which has 4: write 0 to 3"),
        (((-4, 0),), (3, 4), "names place -4 of the student, which has 3"),
    ],
)
def test_what_does_not_fit(layers, counts, words):
    """A layer that learns from none, or from another than was meant."""
    with pytest.raises(UserError, match=words):
        pairs_of(layers, *counts)


@pytest.mark.parametrize("layers", ["first", (), "((1, 2))", ((1,),), ((1.5, 2),), ((True, 1),), 3])
def test_what_is_no_map(layers):
    """A typing error, found in the middle of an epoch."""
    with pytest.raises(UserError, match=r"Hint\(layers=.*\): write one of 'uniform'.*or pairs"):
        as_pairs(layers, "Hint")


def test_pairs_of_a_config_are_lists():
    """A TOML file has no tuples."""
    assert as_pairs([[1, 2], [-1, -1]], "Hint") == ((1, 2), (-1, -1))
    assert pairs_of(((1, 2), (-1, -1)), 3, 5) == ((1, 2), (-1, -1))
    assert format_layer_map(((1, 3), (2, 6))) == "student 1 from teacher 3, 2 from 6"
