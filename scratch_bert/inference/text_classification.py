"""Which class a text or a pair of texts is of (HF `TextClassificationPipeline`)."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from scratch_bert.config import BertConfig
from scratch_bert.inference.run.runner import ModelTask
from scratch_bert.inference.run.scores import Numbers, sigmoid, softmax
from scratch_bert.model.task_heads import BertForSequenceClassification


class Classified(NamedTuple):
    """A class.

    Attributes:
        label: its name in config.json.
        score: its probability; of a regression, the number itself.
    """

    label: str
    score: float


class TextClassification(ModelTask):
    """A fine-tuned model and its tokenizer."""

    KIND = BertForSequenceClassification

    def __call__(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        top_k: int | None = 1,
        truncation: bool = False,
    ) -> list[list[Classified]]:
        """Return each text's classes, the most probable first.

        Args:
            texts: any number.
            pairs: a second text for each; an empty one is none, as in HF.
            top_k: how many classes; None means all.
            truncation: cut what is too long for the model.

        Raises:
            TextError: a text is too long, and not to be cut.
        """
        rows = list(texts) if pairs is None else with_pairs(texts, pairs)
        encodings = self.runner.encode(rows, self.runner.longest if truncation else None)
        logits = self.runner.run(encodings, self._logits)
        return [self._named(row)[:top_k] for row in logits]

    def _logits(self, batch: dict[str, Tensor]) -> Numbers:
        return self.runner.forward(batch).logits.float().cpu().numpy()  # (batch, labels)

    def _named(self, logits: Numbers) -> list[Classified]:
        config = self.runner.model.config
        scores = class_scores(logits, config).tolist()
        return best_first(
            [Classified(*each) for each in zip(class_names(config), scores, strict=True)]
        )


def with_pairs(texts: Sequence[str], pairs: Sequence[str]) -> list[str | tuple[str, str]]:
    """Put each text beside its second one; an empty second text is none, as in HF."""
    both = zip(texts, pairs, strict=True)
    return [(text, pair) if pair else text for text, pair in both]


def class_names(config: BertConfig) -> list[str]:
    """Name the logits, the first one first."""
    labels = config.id2label or {}
    return [labels[i] for i in range(config.num_labels)]


def best_first(classes: list[Classified]) -> list[Classified]:
    """Sort by score; classes of one score stay in the order of their ids."""
    return sorted(classes, key=lambda each: each.score, reverse=True)


def class_scores(logits: Numbers, config: BertConfig) -> Numbers:
    """Make scores of logits as HF does, (labels) → (labels): which function the problem needs."""
    problem = config.problem_type
    if problem == "regression":
        return logits
    if problem == "multi_label_classification" or config.num_labels == 1:
        return sigmoid(logits)
    return softmax(logits)
