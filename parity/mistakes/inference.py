"""The known mistakes of inference, by the task that they are of."""

from parity.mistakes import (
    classes,
    entities,
    filled_masks,
    found_answers,
    next_sentences,
    no_answers,
    tags,
    vectors,
)

MISTAKES = {
    "fill-mask": filled_masks.MISTAKES,
    "classify": classes.MISTAKES,
    "tag": (*tags.MISTAKES, *entities.MISTAKES),
    "answer": (*found_answers.MISTAKES, *no_answers.MISTAKES),
    "next": next_sentences.MISTAKES,
    "embed": vectors.MISTAKES,
}
