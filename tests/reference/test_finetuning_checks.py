"""scratch_bert's fine-tuning is the reference's: each check holds, and all bits are the same.

The checks of `parity finetuning`, which names what a stranger did otherwise.
"""

import pytest

from parity.checks.finetuning import FINETUNING
from parity.compare import Status
from parity.finetuning_candidate import FinetuningCandidate
from parity.report.suite import explanation
from parity.scratch_finetuning import ScratchFinetuning

CANDIDATE = FinetuningCandidate(ScratchFinetuning(), FINETUNING.scratch_bert)
WITHOUT_BITS = ("dropout", "align", "windows")  # drawn, or numbers that are equal or are not


@pytest.mark.thorough(but=2)
@pytest.mark.parametrize("check", FINETUNING.checks)
def test_a_check_holds(check):
    outcome = FINETUNING.checks[check].run(CANDIDATE)
    assert outcome.status is Status.MATCH, explanation(outcome, FINETUNING, CANDIDATE.name)
    assert outcome.rows
    assert (outcome.bits is None) == (check in WITHOUT_BITS)
    if outcome.bits is not None:
        equal, number = outcome.bits
        assert equal == number
