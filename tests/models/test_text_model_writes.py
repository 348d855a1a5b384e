"""A trained model that writes, from texts to texts."""

import pytest

pytest.importorskip("keras")

from tfkd.text.decoding import Decoding


@pytest.mark.parametrize("beams", [1, 4])
def test_unseen_sentences_are_translated(toy_writer, beams):
    rows = [{"input_ids": row["input_ids"]} for row in toy_writer.rows(toy_writer.test)]
    written = toy_writer.text_model.write(rows, Decoding(beams=beams, longest=20))
    assert {len(texts) for texts in written} == {beams}
    texts = [best.text for best, *_ in written]
    right = [text == pair["target"] for text, pair in zip(texts, toy_writer.test, strict=True)]
    assert sum(right) >= 0.95 * len(right)
    assert all(best.finished and best.score > -3 for best, *_ in written)


def test_the_shapes_of_a_model_that_writes_are_found_out(toy_writer):
    model = toy_writer.text_model
    assert model.shapes == {"logits": (None, toy_writer.encoder.vocab_size)}
    # Padding moves nothing, so no length is fixed.
    assert model.length is None
    rows = toy_writer.rows(toy_writer.test[:5])
    for row, outputs in zip(rows, model.run(rows), strict=True):
        assert outputs["logits"].argmax(-1).tolist() == row["labels"]
