"""Are the loss of pretraining, and the gradients it gives, HuggingFace's?"""

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome, accounted
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.inputs import STILL, batch, model, weights
from parity.suite.candidate import SuiteCandidate
from parity.suite.loss_rows import loss_rows, with_gradients, without_a_name

_BATCHES = 3


def check_loss(candidate: SuiteCandidate) -> Outcome:
    """Compare loss and gradients on some batches, in double precision.

    Raises:
        CandidateError: `loss` or `build` does not return what it must.
        CandidateCrashedError: the candidate raised.
    """
    outcome, begin = Outcome("loss"), weights()
    batches = [batch(seed) for seed in range(_BATCHES)]
    ours = candidate.ask(TrainingCandidate.losses, config=STILL, weights=begin, batches=batches)
    reference = model(STILL, begin)
    theirs = [with_gradients(reference, reference(**each).loss) for each in batches]
    lacking = accounted("loss", ours[0], theirs[0])
    compared = [*loss_rows(ours, theirs)]
    outcome.rows = lacking + compared
    outcome.bits = sum(row.bit_equal for row in compared), len(compared)
    if outcome.different and not lacking:
        from parity.pretraining.mistaken import with_mistake
        from parity.pretraining.mistakes.losses import MISTAKES

        def fits(mistake: Mistake) -> bool:
            wrong = with_mistake(mistake).losses(STILL, begin, batches)
            return all(row.passed for row in loss_rows(ours, wrong))

        outcome.explain(MISTAKES, fits)
        if not outcome.causes:
            outcome.known.append(without_a_name(compared))
    return outcome
