"""What only training, a second run, or another dtype shows, and what a candidate may lack there."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from parity.core.compare import Status
from parity.core.dropout import AlignedDropout
from parity.core.verdict import Report
from parity.model import worker
from tests.parity.rows import rows_of

BERTS = Path(__file__).parents[1] / "strangers" / "faulty_trainings.py"
PROBES = ["pair", "twice", "dropout", "gradients", "bfloat16", "float16"]


@pytest.fixture
def judge(small, recorded_for_scratch):
    def judge(name, *probes, dtype="float64"):
        request = {"candidate": f"{BERTS}:{name}", "checkpoint": str(small), "dtype": dtype}
        places = {"probes": probes, "recording": str(recorded_for_scratch)}
        return Report(rows_of(worker.judge, **request, **places))

    return judge


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("name", "stage", "note"),
    [
        (
            "KeepsProbabilities",
            "encoder.layer.0.attention.self",
            "dropout drops nothing, expected 0.1 of (2, 4, 12, 12)",
        ),
        (
            "DropsMore",
            "encoder.layer.1.output.sum",
            "dropout drops 0.2 of (2, 12, 48), expected 0.1 of (2, 12, 48)",
        ),
    ],
)
def test_dropout_that_is_not_the_references(name, stage, note, judge):
    report = judge(name, "dropout")
    assert report.born == [stage]
    assert {(row.name, row.status, row.note) for row in report.rows} == {
        (stage, Status.VALUE, note)
    }


def test_dropout_in_the_wrong_place(judge):
    report = judge("DropsBeforeTheNorm", "dropout")
    assert report.born == ["embeddings.LayerNorm", "embeddings"]  # before and after its dropout


@pytest.mark.parametrize(
    ("name", "note"),
    [("DropsNothing", "the candidate drops nothing, or not with torch's functions")],
)
def test_dropout_that_cannot_be_compared(name, note, judge):
    (row,) = judge(name, "dropout").rows
    assert (row.name, row.status, row.note) == ("dropout", Status.UNSUPPORTED, note)


def test_what_is_dropped_and_not_used_changes_nothing(judge):
    report = judge("DropsAgain", "dropout")
    assert report.first_divergence is None
    assert report.compared > 50


def test_evaluation_that_is_not_repeated(judge):
    rows = judge("StaysInTraining", "twice").rows
    assert {row.status for row in rows} == {Status.VALUE}


def test_a_gradient_that_stops(judge):
    report = judge("Detaches", "gradients")
    value = "encoder.layer.1.attention.self.value"
    notes = {row.name: row.note for row in report.rows if row.lane == "isolated gradient"}
    assert notes[value] == "no gradient reaches it"
    assert report.born == []
    assert report.born_backward == [value, "encoder.layer.0"]


def test_the_gradient_of_a_parameter(judge):
    assert judge("DropsThePadRow", "gradients").born_backward == [
        "embeddings.word_embeddings.weight"
    ]


def test_a_backward_pass_that_there_is_not(judge):
    (row,) = judge("Freezes", "gradients").rows
    assert row.status is Status.UNSUPPORTED
    assert row.note == "prediction_logits does not depend on a parameter, as autograd sees it"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("RefusesDouble", "RuntimeError: this kernel knows no double"),
        ("NormInSingle", "embeddings.LayerNorm is float32"),
        ("ApproximatesTheGelu", "the candidate says so"),
        ("Plain", ""),
    ],
)
def test_who_cannot_compute_in_double(name, why, small):
    found = []
    worker.describe(found.append, f"{BERTS}:{name}", str(small))
    assert found[0]["no float64"] == why
    assert found[0]["dtype"] == ("float32" if why else "float64")


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", ["Plain", "RefusesDouble", "NormInSingle"])
def test_single_precision_is_judged_by_the_references_own_error(name, judge):
    report = judge(name, "pair", "gradients", dtype="float32")
    assert report.first_divergence is None
    assert report.compared > 200


def test_a_small_mistake_in_single_precision(judge):
    assert judge("ApproximatesTheGelu", "pair", dtype="float32").born == [
        *(f"encoder.layer.{i}.intermediate" for i in range(3)),
        "cls.predictions.transform",
    ]


def test_a_dtype_a_candidate_has_not(judge):
    (row,) = judge("RefusesHalf", "float16").rows
    assert (row.name, row.status) == ("float16", Status.UNSUPPORTED)
    assert row.note == "float16: RuntimeError: this kernel knows no half"


def test_a_mask_that_is_not_drawn_shifts_none_of_another_shape():
    attention, hidden = torch.ones(2, 4, 9, 9), torch.ones(2, 9, 32)
    with AlignedDropout():
        F.dropout(attention, 0.5)
        after = F.dropout(hidden, 0.5)
    with AlignedDropout():
        alone = F.dropout(hidden, 0.5)
        next_one = F.dropout(hidden, 0.5)
    assert torch.equal(after, alone)
    assert not torch.equal(alone, next_one)
