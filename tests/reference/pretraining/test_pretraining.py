"""scratch_bert's pretraining is the reference's: each check holds, and all bits are the same.

The checks of `parity pretraining`, which names what a stranger did otherwise. Slow where two
processes are started.
"""

import pytest

from parity.core.compare import Status
from parity.ours.pretraining import ScratchTraining
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.suite import PRETRAINING
from parity.report.suite import failure_text

CANDIDATE = TrainingCandidate(ScratchTraining(), PRETRAINING.scratch_bert)
WITHOUT_BITS = ("masks", "pairs", "resume")  # they are measured, or beside a training of its own


@pytest.mark.sample(4)
@pytest.mark.parametrize("check", PRETRAINING.checks)
def test_a_check_holds(check):
    outcome = PRETRAINING.checks[check].run(CANDIDATE)
    assert outcome.status is Status.MATCH, failure_text(outcome, PRETRAINING, CANDIDATE.name)
    assert outcome.rows
    assert (outcome.bits is None) == (check in WITHOUT_BITS)
    if outcome.bits is not None:
        equal, number = outcome.bits
        assert equal == number
