"""The known mistakes of inference, by the task that they are of."""

from parity.inference.mistakes import (
    answers,
    classes,
    entities,
    fill_mask,
    next_sentence,
    no_answers,
    tags,
    vectors,
)

MISTAKES = {
    "fill-mask": fill_mask.MISTAKES,
    "classify": classes.MISTAKES,
    "tag": (*tags.MISTAKES, *entities.MISTAKES),
    "answer": (*answers.MISTAKES, *no_answers.MISTAKES),
    "next": next_sentence.MISTAKES,
    "embed": vectors.MISTAKES,
}
