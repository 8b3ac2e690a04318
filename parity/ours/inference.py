"""scratch_bert's inference as the first candidate, with the settings that have HF's bits."""

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from torch import Tensor

from scratch_bert.inference.fill_mask import FillMask
from scratch_bert.inference.tasks.next_sentence import NextSentence, NextSentencePrediction
from scratch_bert.inference.tasks.question_answering import QuestionAnswering
from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings
from scratch_bert.inference.tasks.spans import Answer
from scratch_bert.inference.tasks.token_classification import TokenClassification
from scratch_bert.inference.text_classification import Classified, TextClassification

_EXACT: dict[str, Any] = {"attention": "sdpa", "batch_tokens": 1}


class ScratchInference:
    """Everything that scratch_bert is used for."""

    def fill_mask(
        self, folder: Path, texts: Sequence[str], top_k: int, targets: Sequence[str] | None
    ) -> list[Any]:
        """Fill masks; HF has no list around the words of a single one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a target has several pieces
            found = _loaded(FillMask, folder)(texts, top_k, targets)
        return [lists[0] if len(lists) == 1 else lists for lists in found]

    def classify(
        self, folder: Path, texts: Sequence[str], pairs: Sequence[str] | None, top_k: int | None
    ) -> list[list[Classified]]:
        """Classify texts."""
        return _loaded(TextClassification, folder)(texts, pairs, top_k, truncation=True)

    def tag(
        self, folder: Path, texts: Sequence[str], aggregation: Any, ignore_labels: Sequence[str]
    ) -> list[Any]:
        """Tag tokens, or find entities."""
        return [*_loaded(TokenClassification, folder)(texts, aggregation, ignore_labels)]

    def answer(self, folder: Path, **given: Any) -> list[list[Answer]]:
        """Answer questions."""
        return _loaded(QuestionAnswering, folder)(**given)

    def next_sentence(
        self, folder: Path, texts: Sequence[str], pairs: Sequence[str]
    ) -> list[NextSentence]:
        """Tell which texts follow others."""
        return _loaded(NextSentencePrediction, folder)(texts, pairs)

    def embed(self, folder: Path, texts: Sequence[str], pooling: Any, normalize: bool) -> Tensor:
        """Embed texts."""
        return SentenceEmbeddings(folder, pooling, normalize, **_EXACT)(texts)


@cache
def _loaded(kind: Any, folder: Path) -> Any:
    return kind(folder, **_EXACT)
