"""Whether a text follows another (paper: section 3.1, task 2)."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from torch import Tensor

from scratch_bert.inference.run.runner import ModelTask
from scratch_bert.inference.run.scores import Numbers, softmax
from scratch_bert.model.heads import BertForNextSentencePrediction


class NextSentence(NamedTuple):
    """What a model says of a pair.

    Attributes:
        label: the paper's name of it: "IsNext" where the second text follows, else "NotNext".
        score: its probability.
    """

    label: Literal["IsNext", "NotNext"]
    score: float


class NextSentencePrediction(ModelTask):
    """A pretrained model and its tokenizer."""

    KIND = BertForNextSentencePrediction

    def __call__(self, texts: Sequence[str], pairs: Sequence[str]) -> list[NextSentence]:
        """Tell of each text whether its second one, of `pairs`, follows it.

        Raises:
            TextError: the two are too long for the model.
        """
        rows = self.runner.encode(list(zip(texts, pairs, strict=True)))
        return self.runner.run(rows, self._told)

    def _told(self, batch: dict[str, Tensor]) -> list[NextSentence]:
        logits = self.runner.forward(batch).logits.float().cpu().numpy()  # (batch, 2)
        return [likelier(softmax(row)) for row in logits]


def likelier(scores: Numbers) -> NextSentence:
    """Name the likelier of the two, (2) → its label and its probability."""
    follows, random = scores.tolist()
    return NextSentence("IsNext", follows) if follows >= random else NextSentence("NotNext", random)
