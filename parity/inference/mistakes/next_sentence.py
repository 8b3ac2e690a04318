"""Next-sentence mistakes."""

from parity.inference.mistakes.batching import BOTH, Right, batching_mistakes, pair_is_joined
from parity.suite.mistake import KnownMistakes
from scratch_bert.inference.run.runner import Runner
from scratch_bert.inference.run.scores import Numbers, sigmoid, softmax
from scratch_bert.inference.tasks.next_sentence import NextSentence, likelier

MISTAKES = KnownMistakes("next", "any pair")


@MISTAKES("next-inverted", likelier, 'score 0 is of "IsNext", score 1 of "NotNext"')
def labels_are_exchanged(right: Right, scores: Numbers) -> NextSentence:
    """The first score is taken for that of a random text."""
    named: NextSentence = right(scores)
    return named._replace(label="NotNext" if named.label == "IsNext" else "IsNext")


@MISTAKES(
    "next-score-of-the-first",
    likelier,
    "return the score of the label that is returned",
    "a pair that does not follow",
)
def score_is_of_is_next(right: Right, scores: Numbers) -> NextSentence:
    """The score is that of "IsNext", whatever the label is."""
    named: NextSentence = right(scores)
    return named._replace(score=float(scores[0]))


@MISTAKES("next-sigmoid", softmax, "softmax over both")
def each_label_has_its_own_probability(_: Right, logits: Numbers) -> Numbers:
    """Each score is made a probability of its own."""
    return sigmoid(logits)


@MISTAKES("next-logits", softmax, "softmax over both")
def scores_are_logits(_: Right, logits: Numbers) -> Numbers:
    """The scores are logits, not probabilities."""
    return logits


MISTAKES(
    "next-joined",
    Runner.encode,
    BOTH,
    description="a pair is given as one text, without [SEP] between the two",
)(pair_is_joined)

MISTAKES += batching_mistakes("next", "next", pairs=True)
