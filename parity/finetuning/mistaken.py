"""scratch_bert's fine-tuning with known mistakes, as a candidate by their ids.

`parity.finetuning.mistaken:tag-summed` makes one; ids joined by + make several, `right` none.
"""

from collections.abc import Callable, Mapping, Sequence

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.mistakes import (
    answer_windows,
    head_dropout,
    runs,
    text_losses,
    token_losses,
    word_tags,
)
from parity.ours.finetuning import ScratchFinetuning
from parity.suite.mistake import Mistaken, by_id, ids_of, mistaken, of_check

PARTS: Mapping[str, Sequence[Mistake]] = {
    "Fine-tuning: text classification.": text_losses.CLASSIFY,
    "Fine-tuning: multi-label classification.": text_losses.MULTI_LABEL,
    "Fine-tuning: regression.": text_losses.REGRESS,
    "Fine-tuning: token classification.": token_losses.TAG,
    "Fine-tuning: question answering.": token_losses.ANSWER,
    "Fine-tuning: multiple choice.": text_losses.CHOOSE,
    "Fine-tuning: dropout of the head.": head_dropout.MISTAKES,
    "Fine-tuning: labels of the pieces of a word.": word_tags.MISTAKES,
    "Fine-tuning: windows of a long context.": answer_windows.MISTAKES,
    "Fine-tuning: whole epochs.": (*runs.RUN, runs.DROPOUT),
    "Fine-tuning: steps of several batches.": runs.ACCUMULATE,
}
KNOWN = by_id(PARTS)


def explain(outcome: Outcome, fits: Callable[[FinetuningCandidate], bool]) -> None:
    """Name the causes of an outcome.

    Args:
        outcome: of a check, whose known mistakes are tried.
        fits: whether scratch_bert, as a candidate that makes a mistake, answers as the judged one.
    """
    known = of_check(outcome.check, KNOWN)
    outcome.explain(known, lambda mistake: fits(with_mistake(mistake)))


def with_mistake(*mistakes: Mistake) -> FinetuningCandidate:
    """Return scratch_bert's fine-tuning as a candidate that makes a mistake, several or none."""
    return FinetuningCandidate(
        Mistaken(ScratchFinetuning(), mistakes), f"{__name__}:{ids_of(mistakes)}"
    )


def __getattr__(name: str) -> Mistaken:
    """Make a candidate by the ids of its mistakes."""
    return mistaken(ScratchFinetuning(), KNOWN, name)
