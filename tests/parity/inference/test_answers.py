"""What is the same answer, and what is told of one that is not."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
import torch

from parity.core.errors import CandidateError
from parity.inference.answers import compared, equal_numbers, rounding, settled, unlike
from parity.inference.candidate import InferenceCandidate, plain

THEIRS = [{"label": "x", "score": 0.75, "start": 3}, {"label": "y", "score": 0.25, "start": 0}]


def told(ours, theirs=THEIRS):
    row = compared("a text", ours, theirs, 1e-6, "a call")
    assert (row.name, row.probe) == ("'a text'", "a call")
    return row.status, row.note


def changed(**fields):
    return [{**THEIRS[0], **fields}, THEIRS[1]]


def test_the_same():
    assert told(THEIRS) == ("MATCH", "")
    near = changed(score=0.75 + 1e-7)
    assert told(near) == ("MATCH", "")
    assert told([]) != told([], []) == ("MATCH", "")
    assert told([1, 0.5], [1.0, 0.5]) == ("MATCH", "")
    assert told({"score": 2}, {"score": 1.0})[1].startswith("score is 2, expected 1")
    assert equal_numbers(near, THEIRS) == (1, 2)
    assert equal_numbers(THEIRS, THEIRS) == (2, 2)
    assert equal_numbers(None, THEIRS) == (0, 2)


RANGE = "give or take 1.0e-06"


@pytest.mark.parametrize(
    ("ours", "status", "note"),
    [
        ([], "SHAPE", "is of length 0, expected 2"),
        ("x", "DTYPE", "is a str, expected a list"),
        (["x", "y"], "DTYPE", "[0] is a str, expected label, score, start"),
        (changed(label="z"), "VALUE", "[0].label is 'z', expected 'x'"),
        (changed(start=4), "VALUE", "[0].start is 4, expected 3"),
        (changed(start=3.0), "VALUE", "[0].start is 3.0, expected 3"),
        (changed(start=None), "VALUE", "[0].start is None, expected 3"),
        (changed(end=4), "MISSING_THEIRS", "[0] has a field end, the reference's has none"),
        ([{"label": "x", "start": 3}, {}], "MISSING_OURS", "[0] has no field score"),
        (changed(score="0.75"), "DTYPE", "[0].score is '0.75', expected a number"),
        (changed(score=0.7501), "VALUE", f"[0].score is 0.7501, expected 0.75, {RANGE}"),
        (changed(score=True), "DTYPE", "[0].score is True, expected a number"),
        (changed(score=1), "VALUE", f"[0].score is 1, expected 0.75, {RANGE}"),
        (changed(score=float("nan")), "VALUE", f"[0].score is nan, expected 0.75, {RANGE}"),
        (THEIRS[::-1], "VALUE", "[0].label is 'y', expected 'x'"),
    ],
)
def test_what_differs(ours, status, note):
    assert told(ours) == (status, note)


def test_one_for_each_text():
    assert unlike([1, 2], [3, 4]) == ""
    assert unlike([1], [3, 4]) == "returned 1 results, expected one for each of 2 texts"
    assert unlike(None, [3]) == "returned a NoneType, expected one for each of 1 texts"


def test_what_rounding_may_do():
    single, double = (
        [[{"score": 0.5}], [{"score": 1.0}]],
        [[{"score": 0.5}], [{"score": 1.0 + 1e-7}]],
    )
    assert rounding(single, double) == pytest.approx(8e-7 + 4 * 2**-23)
    assert rounding([[]], [[]]) == 0


def answer(score, start):
    return {"score": score, "start": start}


def test_answers_of_one_score_have_no_order():
    one, other, worse = answer(0.4, 1), answer(0.4 + 1e-9, 2), answer(0.2, 0)
    assert settled([other, one, worse], 1e-6) == [one, other, worse]
    assert settled([one, other, worse], 1e-6) == [one, other, worse]
    assert settled([worse, one], 1e-6) == [worse, one]
    for odd in (None, ["x"], [{"score": "x"}]):
        assert settled(odd, 1e-6) == odd


class Tuple(NamedTuple):
    label: str


@dataclass
class Data:
    score: float


def test_answers_in_many_forms():
    given = [Tuple("x"), Data(np.float32(0.5)), torch.tensor([1.5]), (np.int64(3), None), iter("a")]
    assert plain(given) == [{"label": "x"}, {"score": 0.5}, [1.5], [3, None], ["a"]]


def test_what_is_no_answer():
    class Mine:
        def classify(self, folder, texts):
            return [object()]

    with pytest.raises(CandidateError, match="Mine: classify returned a object"):
        InferenceCandidate(Mine(), "Mine").call("classify", folder=".", texts=["a"])
