"""Logits of a file along given targets: what counts, near ties, and NaN."""

from dataclasses import replace

import numpy as np
import pytest

from tfkd.errors import UserError
from tfkd.exporting.check_data import Checks
from tfkd.exporting.gate import Differs, check_figures
from tfkd.exporting.writing.given_targets import compare_next_tokens
from tfkd.runtime.quantisations import FLOAT32, INT8

ROWS = [
    {"input_ids": [2, 7, 3], "decoder_input_ids": [2, 5], "labels": [5, 3]},
    {"input_ids": [2, 3], "decoder_input_ids": [2], "labels": [-100]},
]
WANTED = np.array([[[4.0, 1.0, 0.0], [0.0, 3.0, 2.95]], [[9.0, 0.0, 0.0], [9.0, 0.0, 0.0]]])


def compared(got, rows=ROWS, wanted=WANTED):
    checks = Checks([{}], examples=[{}] * 2, rows=[[row] for row in rows], order=np.arange(2))
    return compare_next_tokens(lambda _: {"logits": wanted}, lambda _: {"logits": got}, checks)


def changed(*place, by):
    got = WANTED.copy()
    got[place] += by
    return got


def test_what_is_padding_or_not_learnt_does_not_count():
    for place in ((1, 0, 0), (1, 1, 0)):
        figures = compared(changed(*place, by=5.0))
        assert (figures.max_difference, figures.agreement) == (0.0, 1.0)
        assert figures.differences[0].scale == 4.0


def test_without_any_target_the_first_place_counts():
    rows = [{**row, "decoder_input_ids": [2], "labels": [-100]} for row in ROWS]
    figures = compared(changed(1, 0, 2, by=2.0), rows)
    assert figures.max_difference == 2.0
    assert figures.differences[0].scale == 9.0


def test_a_near_tie_of_the_student_is_no_difference():
    assert compared(changed(0, 1, 2, by=0.2)).agreement == 1.0
    assert compared(changed(0, 1, 0, by=3.2)).agreement == 0.5


def test_a_file_of_nan_is_refused_with_that_reason():
    with pytest.raises(Differs, match="logits is NaN"):
        check_figures(compared(changed(0, 0, 0, by=np.nan)), INT8)


def test_a_student_of_nan_is_to_be_trained_again():
    with pytest.raises(UserError, match="the student returns NaN"):
        compared(WANTED, wanted=changed(0, 0, 0, by=np.nan))


def test_steps_that_differ_and_other_texts_are_refused_in_float32():
    figures = replace(compared(WANTED), step_difference=0.1, written=9, unequal_texts=2)
    with pytest.raises(Differs, match=r"by 0\.1, allowed 0\.004; 2 of 9 texts are written"):
        check_figures(figures, FLOAT32)
    check_figures(replace(figures, step_difference=0.01), INT8)
