"""What is refused before a run, and what is set for it."""

from tfkd.running.checks import match_token_counts
from tfkd.running.config import make_config
from tfkd.tasks import find


def test_vectors_of_texts_are_answers_and_no_output_of_a_layer():
    """A student of vectors that reads fewer pieces was refused as if it compared tokens."""
    settings = {"task": "sentence-similarity", "student": "shrink:1", "teacher": "hf:folder"}
    objective = [{"loss": "VectorError", "weight": 1.0}]
    config = make_config({**settings, "objective": objective, "max_length": 16, "to": "run"})
    assert match_token_counts(config, find(config.task.name)).teacher.max_length == 0
    per_token = config.replaced(objective=[{"loss": "Cosine", "weight": 1.0}])
    assert match_token_counts(per_token, find(config.task.name)).teacher.max_length == 16


def test_a_teacher_of_a_model_that_goes_on_with_texts_reads_the_same_rows():
    """Cut elsewhere, it would say of each token what comes after another one."""
    settings = {"task": "text-generation", "student": "causal:tiny", "max_length": 48, "to": "run"}
    task = find("text-generation")
    given = make_config({**settings, "teacher": "hf:folder"})
    assert match_token_counts(given, task).teacher.max_length == 48
    own = make_config({**settings, "teacher": "train"})
    assert match_token_counts(own, task).teacher.max_length == 0
