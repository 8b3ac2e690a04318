"""scratch_bert's inference as the first candidate, with the settings that have HF's bits."""

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from torch import Tensor

from scratch_bert.inference.fill_mask import Filled, FillMask
from scratch_bert.inference.tasks.next_sentence import NextSentence, NextSentencePrediction
from scratch_bert.inference.tasks.question_answering import QuestionAnswering
from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings
from scratch_bert.inference.tasks.spans import Answer
from scratch_bert.inference.tasks.token_classification import TokenClassification
from scratch_bert.inference.text_classification import Classified, TextClassification

_EXACT: dict[str, Any] = {"attention": "sdpa", "batch_tokens": 1}


class ScratchInference:
    """Everything that scratch_bert is used for.

    Args:
        options: of scratch_bert's `Runner`, in place of those that have HF's bits.
    """

    def __init__(self, **options: Any) -> None:
        self._options = {**_EXACT, **options}

    def _task(self, kind: Any, folder: Path) -> Any:
        return _loaded(kind, folder, **self._options)

    def fill_mask(
        self, folder: Path, texts: Sequence[str], top_k: int, targets: Sequence[str] | None
    ) -> list[Any]:
        """Fill masks."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a target has several pieces
            found = self._task(FillMask, folder)(texts, top_k, targets)
        return [huggingface_lists(lists) for lists in found]

    def classify(
        self, folder: Path, texts: Sequence[str], pairs: Sequence[str] | None, top_k: int | None
    ) -> list[list[Classified]]:
        """Classify texts."""
        return self._task(TextClassification, folder)(texts, pairs, top_k, truncation=True)

    def tag(
        self, folder: Path, texts: Sequence[str], aggregation: Any, ignore_labels: Sequence[str]
    ) -> list[Any]:
        """Tag tokens, or find entities."""
        return [*self._task(TokenClassification, folder)(texts, aggregation, ignore_labels)]

    def answer(self, folder: Path, **given: Any) -> list[list[Answer]]:
        """Answer questions."""
        return self._task(QuestionAnswering, folder)(**given)

    def next_sentence(
        self, folder: Path, texts: Sequence[str], pairs: Sequence[str]
    ) -> list[NextSentence]:
        """Tell which texts follow others."""
        return self._task(NextSentencePrediction, folder)(texts, pairs)

    def embed(self, folder: Path, texts: Sequence[str], pooling: Any, normalize: bool) -> Tensor:
        """Embed texts."""
        return SentenceEmbeddings(folder, pooling, normalize, **self._options)(texts)


@cache
def _loaded(kind: Any, folder: Path, **options: Any) -> Any:
    return kind(folder, **options)


def huggingface_lists(lists: list[list[Filled]]) -> Any:
    """Return the words of a text's masks as HF does: a single mask's without a list around."""
    return lists[0] if len(lists) == 1 else lists
