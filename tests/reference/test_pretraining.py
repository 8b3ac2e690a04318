"""scratch_bert's pretraining is the reference's: each check holds, and all bits are the same.

The checks of `parity pretraining`, which names what a stranger did otherwise. Slow where two
processes are started.
"""

import pytest

from parity.checks.pretraining import CHECKS
from parity.compare import Status
from parity.pretraining_command import SCRATCH_BERT
from parity.report.pretraining import explanation
from parity.scratch_training import ScratchTraining
from parity.training_candidate import TrainingCandidate

WITHOUT_BITS = ("masks", "pairs", "resume")  # they are measured, or beside a training of its own


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_holds(check):
    outcome = CHECKS[check].run(TrainingCandidate(ScratchTraining(), SCRATCH_BERT))
    assert outcome.status is Status.MATCH, explanation(outcome, SCRATCH_BERT)
    assert outcome.rows
    assert (outcome.bits is None) == (check in WITHOUT_BITS)
    if outcome.bits is not None:
        equal, number = outcome.bits
        assert equal == number
