"""Correct BERTs, written in many ways: the judge accuses none, and none makes it crash.

All of them take some minutes; a few run with every change.
"""

from importlib import import_module
from pathlib import Path

import pytest
import torch

from parity.core.compare import Status
from parity.core.probes import Scope
from parity.core.recording import Recording
from parity.model.candidate import Candidate
from parity.model.describe import description_of
from parity.model.law_search import judge_law
from parity.model.laws import laws_for
from parity.model.model_under_test import candidate_under_test
from parity.model.run_probe import judge_probe
from scratch_bert.weights.checkpoints import Checkpoint
from tests.parity.strangers.variants import low_precision, sizes
from tests.parity.strangers.variants.parts import VARIANTS, recorded

for file in sorted((Path(__file__).parents[1] / "strangers" / "variants").glob("*.py")):
    import_module(f"tests.parity.strangers.variants.{file.stem}")

SOME = ("padded left", "pair", "twice", "dropout", "gradients", "float16")
"""Probes for a variant that differs in an operation alone."""

IN_TRAINING = {
    "a first run with other ids, stages named": "the first run's masks are taken for the second's"
}
"""Correct variants that are accused in training, and why; a run that is not used must be found."""


def accused(rows):
    return {
        (row.probe, row.name, row.lane, row.status, row.note)
        for row in rows
        if not row.passed and row.lane != "padding"
    }


@pytest.mark.sample(8)
@pytest.mark.filterwarnings("ignore")  # torch's, of what is old or new
@pytest.mark.parametrize("name", VARIANTS)
def test_a_correct_bert_is_not_accused(name, workbench):
    variant = VARIANTS[name]
    probes = variant.probes or (() if variant.structural else SOME)
    rows, _ = workbench.judge(variant.maker(), probes=probes)
    wrong = accused(row for row in rows if row.scope != Scope.TRAINING or name not in IN_TRAINING)
    assert wrong == set()
    assert sum(row.status is Status.MATCH for row in rows) > 30


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_TRAINING)
def test_what_is_accused_in_training(name, workbench, request):
    request.applymarker(pytest.mark.xfail(reason=IN_TRAINING[name], strict=True))
    rows, _ = workbench.judge(VARIANTS[name].maker(), probes=("dropout",))
    assert accused(rows) == set()


def test_there_are_many():
    assert len(VARIANTS) >= 130
    assert sum(variant.structural for variant in VARIANTS.values()) >= 50
    assert {*IN_TRAINING} <= {*VARIANTS}


@pytest.mark.sample(2)
@pytest.mark.parametrize("size", sizes.SIZES)
def test_checkpoints_of_odd_sizes(size, sized):
    bench = sized(size)
    for name in sizes.OF_EACH_SIZE:
        rows, _ = bench.judge(VARIANTS[name].maker(), probes=() if name == "plain" else SOME)
        assert accused(rows) == set(), name
        assert sum(row.status is Status.MATCH for row in rows) > 200


@pytest.fixture(scope="session")
def in_low_precision(once, small):
    """Judge a candidate in the dtype that it computes in."""
    checkpoint = Checkpoint.of(small)

    def judge(maker, laws=()):
        candidate = Candidate(maker(), "low")
        made = description_of(candidate, str(small))
        place = once(
            f"in {made.dtype}", lambda place: recorded(checkpoint, place, made.stages, [made.dtype])
        )
        theirs = Recording.read(place)
        with candidate_under_test(candidate, checkpoint, getattr(torch, made.dtype)) as tested:
            rows = [row for each in theirs.probes() for row in judge_probe(tested, each, theirs)]
            rows += [judge_law(law, tested, checkpoint.config, 0, "load") for law in laws]
        return made, rows

    return judge


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", low_precision.CORRECT)
def test_a_model_of_low_precision_alone(name, in_low_precision, small):
    maker, dtype = low_precision.CORRECT[name]
    made, rows = in_low_precision(maker, laws_for(Checkpoint.of(small).config))
    assert (made.dtype, bool(made.lacks)) == (dtype, True)
    assert accused(rows) == set()
    assert sum(row.status is Status.MATCH for row in rows) > 1000
    other = {"bfloat16": "float16", "float16": "bfloat16"}.get(dtype)
    assert {row.status for row in rows if row.probe == other} <= {Status.UNSUPPORTED}


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", low_precision.WRONG)
def test_a_mistake_in_low_precision_is_found(name, in_low_precision):
    made, rows = in_low_precision(low_precision.WRONG[name])
    assert made.dtype == "bfloat16"
    wrong = {row.scope for row in rows if not row.passed and row.lane != "padding"}
    assert {Scope.EVALUATION, Scope.GRADIENTS} <= wrong
