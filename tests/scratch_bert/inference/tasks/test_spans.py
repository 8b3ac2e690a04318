"""Which stretch is the answer: small windows with logits written by hand."""

import numpy as np
import pytest

from scratch_bert.inference.tasks.spans import Window, answers

CONTEXT = "ab cd ef"
PLACES = [None, None, None, (0, 2), (3, 5), (6, 8), None]  # [CLS] question [SEP] ab cd ef [SEP]


def window(start, end):
    return Window(PLACES, *(np.array(logits, dtype=np.float32) for logits in (start, end)))


SURE = window([0, 9, 0, 1, 5, 2, 0], [0, 9, 0, 2, 1, 4, 0])


def found(*windows, n_best=20, longest=30, threshold=None):
    return answers(CONTEXT, windows, n_best, longest, threshold)


def test_the_best_stretch():
    best, *others = found(SURE)
    assert best[1:] == (3, 8, "cd ef")
    scores = [each.score for each in (best, *others)]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1)
    assert {each.answer for each in others} == {"ab", "ab cd", "ab cd ef", "cd", "ef"}


def test_the_length_is_in_tokens():
    assert found(SURE, longest=1)[0].answer == "cd"


def test_few_starts_and_ends():
    assert [each.answer for each in found(SURE, n_best=2)] == [
        "cd ef"
    ]  # the question is a place, too


@pytest.mark.parametrize(("threshold", "answer"), [(-10.0, ""), (0.0, "cd ef"), (10.0, "cd ef")])
def test_no_answer_is_chosen_above_a_threshold(threshold, answer):
    assert found(SURE, threshold=threshold)[0].answer == answer
    assert sum(each.answer == "" for each in found(SURE, threshold=threshold)) == 1


def test_the_threshold_itself_is_not_above():
    null = 9 - 0.0  # of the best stretch, less that of [CLS]
    assert found(SURE, threshold=-null)[0].answer == "cd ef"
    assert found(SURE, threshold=-null - 0.001)[0].answer == ""


def test_the_window_that_holds_an_answer_decides():
    without = window([9, 0, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0])
    assert found(without, threshold=0.0)[0].answer == ""
    assert found(without, SURE, threshold=0.0)[0].answer == "cd ef"


def test_nothing_that_could_be_an_answer():
    empty = Window([None] * 4, np.zeros(4), np.zeros(4))
    for threshold in (None, 0.0):
        assert found(empty, threshold=threshold) == [(1.0, 0, 0, "")]
