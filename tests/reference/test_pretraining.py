"""scratch_bert's pretraining is the reference's: each check holds, and all bits are the same.

The checks of `parity pretraining`, which names what a stranger did otherwise. Slow where two
processes are started.
"""

import pytest

from parity.checks.pretraining import PRETRAINING
from parity.compare import Status
from parity.report.suite import explanation
from parity.scratch_training import ScratchTraining
from parity.training_candidate import TrainingCandidate

CANDIDATE = TrainingCandidate(ScratchTraining(), PRETRAINING.scratch_bert)
WITHOUT_BITS = ("masks", "pairs", "resume")  # they are measured, or beside a training of its own


@pytest.mark.thorough(but=4)
@pytest.mark.parametrize("check", PRETRAINING.checks)
def test_a_check_holds(check):
    outcome = PRETRAINING.checks[check].run(CANDIDATE)
    assert outcome.status is Status.MATCH, explanation(outcome, PRETRAINING, CANDIDATE.name)
    assert outcome.rows
    assert (outcome.bits is None) == (check in WITHOUT_BITS)
    if outcome.bits is not None:
        equal, number = outcome.bits
        assert equal == number
