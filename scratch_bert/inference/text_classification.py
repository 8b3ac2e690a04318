"""Text classification: the class of a text or of a pair (HF `TextClassificationPipeline`)."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from scratch_bert.config import BertConfig
from scratch_bert.inference.run.runner import ModelTask
from scratch_bert.inference.run.scores import Numbers, sigmoid, softmax
from scratch_bert.model.task_heads import BertForSequenceClassification


class Classified(NamedTuple):
    """A class and its score.

    Attributes:
        label: the name of the class in config.json.
        score: its probability; for a regression, the number itself.
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
            texts: any number of texts.
            pairs: a second text for each; an empty one means a single text, as in HF.
            top_k: number of classes; None means all.
            truncation: cut texts that are too long for the model.

        Raises:
            TextError: a text is too long, without `truncation`.
        """
        rows = list(texts) if pairs is None else with_pairs(texts, pairs)
        encodings = self.runner.encode(rows, self.runner.longest if truncation else None)
        logits = self.runner.run(encodings, self._logits)
        return [self._classes(row)[:top_k] for row in logits]

    def _logits(self, batch: dict[str, Tensor]) -> Numbers:
        return self.runner.forward(batch).logits.float().cpu().numpy()  # (batch, labels)

    def _classes(self, logits: Numbers) -> list[Classified]:
        config = self.runner.model.config
        scores = class_scores(logits, config).tolist()
        return best_first(
            [Classified(*each) for each in zip(class_names(config), scores, strict=True)]
        )


def with_pairs(texts: Sequence[str], pairs: Sequence[str]) -> list[str | tuple[str, str]]:
    """Pair each text with its second text; an empty second text means a single text, as in HF."""
    both = zip(texts, pairs, strict=True)
    return [(text, pair) if pair else text for text, pair in both]


def class_names(config: BertConfig) -> list[str]:
    """Return the names of the logits in their order; config.json may list them in another one."""
    labels = config.id2label or {}
    return [labels[i] for i in range(config.num_labels)]


def best_first(classes: list[Classified]) -> list[Classified]:
    """Sort by score; classes of equal score stay in the order of their ids."""
    return sorted(classes, key=lambda each: each.score, reverse=True)


def class_scores(logits: Numbers, config: BertConfig) -> Numbers:
    """Turn logits into scores: (labels) → (labels). The problem decides how, as in HF.

    >>> import numpy as np
    >>> class_scores(np.array([2.0, 0.0]), BertConfig()).round(3)
    array([0.881, 0.119])
    >>> several = BertConfig(problem_type="multi_label_classification")
    >>> class_scores(np.array([2.0, 0.0]), several).round(3)
    array([0.881, 0.5  ])
    """
    problem = config.problem_type
    if problem == "regression":
        return logits
    # Several labels may hold at once, or a single one may be absent: each has a probability.
    if problem == "multi_label_classification" or config.num_labels == 1:
        return sigmoid(logits)
    # Exactly one label holds, so the probabilities sum to 1.
    return softmax(logits)
