"""How many ids a student knows is told by the table of its token ids, not by any other."""

import pytest

from tfkd import UserError
from tfkd.data import Schema
from tfkd.models.embeddings import check_vocabulary, id_limit
from tfkd.students import build_for
from tfkd.tasks import find


def test_tables_of_words_are_not_those_of_ids():
    """Affixes have thousands of rows, and a large vocabulary of a teacher has more."""
    task = find("token-classification", {"affixes": True})
    student = build_for(task, Schema(("O", "B-PER", "I-PER")), "text_cnn", 9_000, "tiny")
    assert id_limit(student) == 9_000
    check_vocabulary(student, 9_000)
    with pytest.raises(UserError, match="9001 ids and the embedding of 'text_cnn' 9000 rows"):
        check_vocabulary(student, 9_001)
