"""The tasks of inference, by the names of their checks."""

from typing import NamedTuple


class Task(NamedTuple):
    """What a model is used for.

    Attributes:
        method: of a candidate that does it.
        architecture: the class of the model, HF's and scratch_bert's.
    """

    method: str
    architecture: str


TASKS = {
    "fill-mask": Task("fill_mask", "BertForMaskedLM"),
    "classify": Task("classify", "BertForSequenceClassification"),
    "tag": Task("tag", "BertForTokenClassification"),
    "answer": Task("answer", "BertForQuestionAnswering"),
    "next": Task("next_sentence", "BertForNextSentencePrediction"),
    "embed": Task("embed", "BertModel"),
}
