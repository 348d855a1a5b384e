"""Encoders whose heads stand at the marks of a text."""

import numpy as np
import pytest

pytest.importorskip("keras_hub")
from tiny_bert import checkpoint

from tfkd import shrink, students, tasks, text
from tfkd.data import Schema
from tfkd.models.hugging_face_encoders import load_encoder
from tfkd.models.text_model import TextModel


def test_marks_that_a_model_looks_for_keep_their_ids_or_are_found_by_new_ones(tmp_path):
    """The head of a vocabulary that was cut would look for marks that are no longer there."""
    folder, task = (
        checkpoint(tmp_path / "encoder", head=False),
        tasks.find("relation-classification"),
    )
    encoder = text.with_pieces(text.load(folder, 40), task.pieces)
    schema = task.schema_with(Schema(("A(e1,e2)", "A(e2,e1)"), task.settings), encoder)
    larger = load_encoder(folder).with_rows(encoder.vocab_size)
    model = students.build_on_encoder(larger, task, schema)
    teacher = TextModel(model, encoder, schema.labels, shapes=task.output_shapes(schema))
    marked = ["<e1>ab</e1> c d <e2>b</e2>", "<e2>ab</e2> c d <e1>b</e1>"]
    examples = [task.example({"text": each}, "row") for each in marked]

    def answers(model):
        rows = task.tokens(examples, model.encoder)
        return rows, np.array([row["logits"] for row in model.run(rows)])

    rows, expected = answers(teacher)
    cut_rows, found = answers(shrink(teacher, vocabulary=20, texts=marked))
    assert max(cut_rows[0]["input_ids"]) < 20 < max(rows[0]["input_ids"])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(expected[0] - expected[1]).max() > 1e-2
