"""A teacher of tokens in a run whose rows know their words."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("keras")

from tests.models.test_word_gathering import tagger
from tfkd.data import Example
from tfkd.data.encoded_writer import encode
from tfkd.models.text_model import TextModel
from tfkd.running.teacher import RunTeacher
from tfkd.store import Store, write
from tfkd.tasks import find
from tfkd.text import learn


def test_a_store_holds_what_a_report_reads(tmp_path):
    """Ends of answers at first pieces in the one, and at last pieces in the other."""
    encoder = learn(["a good film about Anna", "bad films"] * 9, vocab_size=28, max_length=12)
    task = find("question-answering")
    contexts = ("a good film about Anna", "bad films", "Unheard films about Anna")
    examples = [Example({"question": "a film", "context": each}) for each in contexts]
    teacher = TextModel(tagger(spans=True), encoder).check({"logits": (2, None)})
    encoded = encode(examples, task, encoder, tmp_path / "rows")
    texts = SimpleNamespace(encode=lambda split, of: encoded)
    config = SimpleNamespace(teacher=SimpleNamespace(source="hf:folder"))
    run = RunTeacher(SimpleNamespace(config=config), texts, teacher, tmp_path / "store")
    write(run.store, teacher, run.encode("train"), verbose=0, dtype="float32")
    stored = Store(run.store)
    rows = stored.find(run.encode("train"))
    for at, output in enumerate(teacher.run([encoded.arrays(i) for i in range(len(encoded))])):
        found = stored.logits(rows[at : at + 1])[0]
        np.testing.assert_allclose(found, output["logits"], atol=1e-5)
