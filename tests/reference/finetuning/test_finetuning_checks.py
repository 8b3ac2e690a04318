"""scratch_bert's fine-tuning is the reference's: each check holds, and all bits are the same.

The checks of `parity finetuning`, which names what a stranger did otherwise.
"""

import pytest

from parity.core.compare import Status
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.suite import FINETUNING
from parity.ours.finetuning import ScratchFinetuning
from parity.report.suite import failure_text

CANDIDATE = FinetuningCandidate(ScratchFinetuning(), FINETUNING.scratch_bert)
WITHOUT_BITS = ("dropout", "align", "windows")  # drawn, or numbers that are equal or are not


@pytest.mark.sample(2)
@pytest.mark.parametrize("check", FINETUNING.checks)
def test_a_check_holds(check):
    outcome = FINETUNING.checks[check].run(CANDIDATE)
    assert outcome.status is Status.MATCH, failure_text(outcome, FINETUNING, CANDIDATE.name)
    assert outcome.rows
    assert (outcome.bits is None) == (check in WITHOUT_BITS)
    if outcome.bits is not None:
        equal, number = outcome.bits
        assert equal == number
