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

MISTAKES: Mapping[str, Sequence[Mistake]] = {
    "fill-mask": fill_mask.MISTAKES,
    "classify": classes.MISTAKES,
    "tag": (*tags.MISTAKES, *entities.MISTAKES),
    "answer": (*answers.MISTAKES, *windows.MISTAKES, *no_answers.MISTAKES),
    "next": next_sentence.MISTAKES,
    "embed": vectors.MISTAKES,
}
PARTS: Mapping[str, Sequence[Mistake]] = {
    "Inference: fill-mask.": MISTAKES["fill-mask"],
    "Inference: text classification.": MISTAKES["classify"],
    "Inference: token classification and entities.": MISTAKES["tag"],
    "Inference: question answering.": MISTAKES["answer"],
    "Inference: next sentence.": MISTAKES["next"],
    "Inference: sentence embeddings.": MISTAKES["embed"],
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
