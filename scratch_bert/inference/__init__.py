"""Inference with a trained BERT: masked tokens, classes, entities, answers, sentence vectors.

Read: fill_mask, text_classification. When you need it: tasks/ (the other tasks), run/ (batches of
many texts).

>>> from scratch_bert.inference import SentenceEmbeddings
>>> SentenceEmbeddings("builtin:minilm")(["A cat sleeps."])[0].shape
torch.Size([384])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scratch_bert.inference.fill_mask import FillMask
    from scratch_bert.inference.run.batches import stream
    from scratch_bert.inference.tasks.hidden_states import HiddenStates
    from scratch_bert.inference.tasks.next_sentence import NextSentencePrediction
    from scratch_bert.inference.tasks.question_answering import QuestionAnswering
    from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings
    from scratch_bert.inference.tasks.token_classification import TokenClassification
    from scratch_bert.inference.text_classification import TextClassification

_HOME = {
    "FillMask": "fill_mask",
    "HiddenStates": "tasks.hidden_states",
    "NextSentencePrediction": "tasks.next_sentence",
    "QuestionAnswering": "tasks.question_answering",
    "SentenceEmbeddings": "tasks.sentence_embeddings",
    "TextClassification": "text_classification",
    "TokenClassification": "tasks.token_classification",
    "stream": "run.batches",
}

__all__ = [
    "FillMask",
    "HiddenStates",
    "NextSentencePrediction",
    "QuestionAnswering",
    "SentenceEmbeddings",
    "TextClassification",
    "TokenClassification",
    "stream",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
