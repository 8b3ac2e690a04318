"""Next-sentence mistakes."""

from functools import partial

from parity.core.mistake import Mistake
from parity.inference.mistakes.batching import BOTH, joined, of_batches, of_types
from parity.inference.right.classifying import sigmoid
from parity.suite.mistake import instead

_of_pair = partial(instead, "next")

MISTAKES: tuple[Mistake, ...] = (
    _of_pair(
        "next-inverted",
        "the first score is taken for that of a random text",
        'score 0 is of "IsNext", score 1 of "NotNext"',
        detected_by="any pair",
        told=lambda scores: {
            "label": ("NotNext", "IsNext")[int(scores.argmax())],
            "score": float(scores.max()),
        },
    ),
    _of_pair(
        "next-score-of-the-first",
        'the score is that of "IsNext", whatever the label is',
        "return the score of the label that is returned",
        detected_by="a pair that does not follow",
        told=lambda scores: {
            "label": ("IsNext", "NotNext")[int(scores.argmax())],
            "score": float(scores[0]),
        },
    ),
    _of_pair(
        "next-sigmoid",
        "each score is made a probability of its own",
        "softmax over both",
        detected_by="any pair",
        scores=sigmoid,
    ),
    _of_pair(
        "next-logits",
        "the scores are logits, not probabilities",
        "softmax over both",
        detected_by="any pair",
        scores=lambda logits: logits,
    ),
    _of_pair(
        "next-joined",
        "a pair is given as one text, without [SEP] between the two",
        BOTH,
        detected_by="any pair",
        rows=joined,
    ),
    of_types("next", "next"),
    *of_batches("next", "next"),
)
