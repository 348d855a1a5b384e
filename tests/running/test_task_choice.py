"""The student of a run that names none: the first that suits its task."""

import pytest

from tfkd import students, tasks
from tfkd.running.config import make_config
from tfkd.running.task_choice import with_task


@pytest.mark.parametrize("name", tasks.TASKS)
def test_the_default_student_can_learn_the_task(name):
    """A first command that ends with the names of the students that it might have taken."""
    task = tasks.find(name)
    config = with_task(make_config({"data": "sample"}), task)
    assert config.student.source == students.names_for(task)[0]
    assert config.task.name == name


def test_a_student_that_is_named_stays():
    """Another student than the one that was asked for."""
    task = tasks.find("question-answering")
    config = make_config({"data": "sample", "student": "bilstm:tiny"})
    assert with_task(config, task).student.source == "bilstm:tiny"


def test_texts_are_classified_by_ngrams_as_ever():
    """Runs in folders of other names, and other scores than those of the pages."""
    config = with_task(make_config({"data": "sample"}), tasks.find(tasks.DEFAULT))
    assert config.student.source == "ngram_cnn"
