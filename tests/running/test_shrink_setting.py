"""What a student `shrink:...` may be, before anything is loaded."""

import pytest

from tfkd.errors import UserError
from tfkd.running.config import make_config
from tfkd.running.shrink_setting import check_shrink
from tfkd.tasks import find


def check(task="translation", teacher="keras:taught", per_token=(), **settings):
    config = make_config({"task": task, "teacher": teacher, "to": "run", **settings})
    check_shrink(config, find(task), per_token)


def test_one_number_for_an_encoder_and_two_with_a_decoder():
    check(student="shrink:6+2")
    check("text-classification", student="shrink:3")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"student": "shrink:3"}, "has an encoder and a decoder: write shrink:3\\+1"),
        ({"student": "shrink:2+0"}, "names no number of layers"),
        ({"student": "shrink:+2"}, "names no number of layers"),
        ({"student": "shrink:2+1+1"}, "names no number of layers"),
        ({"student": "shrink:1+1", "student_settings": {"width": 32}}, "no setting 'width': leave"),
        ({"student": "shrink:1+1", "teacher": "train"}, "the teacher is train, the default"),
        ({"student": "shrink:6+2", "task": "text-classification"}, "write shrink:6\\."),
        ({"student": "shrink:6+2", "task": "text-generation"}, "write shrink:6\\."),
        (
            {
                "student": "shrink:3",
                "task": "text-classification",
                "teacher": "train:hf:bert",
                "teacher_tune": "adapter:8",
            },
            "'adapter:8', which puts others between them: write lora:8",
        ),
    ],
)
def test_others_are_refused_in_a_sentence(given, says):
    with pytest.raises(UserError, match=says):
        check(**given)
