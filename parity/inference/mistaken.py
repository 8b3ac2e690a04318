"""scratch_bert's inference with known mistakes, as a candidate by their ids.

`parity.inference.mistaken:tags-logits` makes one; ids joined by + make several, `right` none.
"""

from collections.abc import Mapping, Sequence

from parity.core.mistake import Mistake
from parity.inference.candidate import InferenceCandidate
from parity.inference.mistakes import (
    answers,
    classes,
    entities,
    fill_mask,
    next_sentence,
    no_answers,
    tags,
    vectors,
    windows,
)
from parity.ours.inference import ScratchInference
from parity.suite.mistake import Mistaken, by_id, ids_of, mistaken

PARTS: Mapping[str, Sequence[Mistake]] = {
    "Inference: fill-mask.": fill_mask.MISTAKES,
    "Inference: text classification.": classes.MISTAKES,
    "Inference: token classification and entities.": (*tags.MISTAKES, *entities.MISTAKES),
    "Inference: question answering.": (
        *(*answers.MISTAKES, *windows.MISTAKES, *no_answers.MISTAKES),
    ),
    "Inference: next sentence.": next_sentence.MISTAKES,
    "Inference: sentence embeddings.": vectors.MISTAKES,
}
KNOWN = by_id(PARTS)


def with_mistake(*mistakes: Mistake) -> InferenceCandidate:
    """Return scratch_bert's inference as a candidate that makes a mistake, several or none."""
    return InferenceCandidate(
        Mistaken(ScratchInference(), mistakes), f"{__name__}:{ids_of(mistakes)}"
    )


def __getattr__(name: str) -> Mistaken:
    """Make a candidate by the ids of its mistakes."""
    return mistaken(ScratchInference(), KNOWN, name)
