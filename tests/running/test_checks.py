"""What is refused before a run, and what is set for it."""

from tfkd.running.checks import match_token_counts
from tfkd.running.config import make_config


def test_vectors_of_texts_are_answers_and_no_output_of_a_layer():
    """A student of vectors that reads fewer pieces was refused as if it compared tokens."""
    settings = {"task": "sentence-similarity", "student": "shrink:1", "teacher": "hf:folder"}
    objective = [{"loss": "VectorError", "weight": 1.0}]
    config = make_config({**settings, "objective": objective, "max_length": 16, "to": "run"})
    assert match_token_counts(config).teacher.max_length == 0
    per_token = config.replaced(objective=[{"loss": "Cosine", "weight": 1.0}])
    assert match_token_counts(per_token).teacher.max_length == 16
