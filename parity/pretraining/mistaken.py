"""scratch_bert's pretraining with known mistakes, as a candidate by their ids.

`parity.pretraining.mistaken:masks-always` makes one; ids joined by + make several, `right` none.
"""

from collections.abc import Mapping, Sequence

from parity.core.mistake import Mistake
from parity.ours.pretraining import ScratchTraining
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.mistakes import (
    initial_weights,
    losses,
    masking,
    orders,
    processes,
    sentence_pairs,
    steps,
)
from parity.suite.mistake import Mistaken, by_id, ids_of, mistaken

PARTS: Mapping[str, Sequence[Mistake]] = {
    "Pretraining: initial weights.": initial_weights.MISTAKES,
    "Pretraining: masking.": masking.MISTAKES,
    "Pretraining: sentence pairs.": sentence_pairs.MISTAKES,
    "Pretraining: loss.": losses.MISTAKES,
    "Pretraining: optimizer steps.": (*steps.STEPS, steps.DROPOUT),
    "Pretraining: resuming.": processes.RESUMED,
    "Pretraining: several processes.": processes.PROCESSES,
    "Pretraining: order of examples.": orders.MISTAKES,
}
KNOWN = by_id(PARTS)


def with_mistake(*mistakes: Mistake) -> TrainingCandidate:
    """Return scratch_bert's pretraining as a candidate that makes a mistake, several or none."""
    return TrainingCandidate(
        Mistaken(ScratchTraining(), mistakes), f"{__name__}:{ids_of(mistakes)}"
    )


def __getattr__(name: str) -> Mistaken:
    """Make a candidate by the ids of its mistakes."""
    return mistaken(ScratchTraining(), KNOWN, name)
