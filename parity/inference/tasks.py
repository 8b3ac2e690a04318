"""The tasks of inference, by the names of their checks."""

from typing import NamedTuple


class InferenceTask(NamedTuple):
    """What a model is used for.

    Attributes:
        method: of a candidate that does it.
        architecture: the class of the model, HF's and scratch_bert's.
    """

    method: str
    architecture: str


TASKS = {
    "fill-mask": InferenceTask("fill_mask", "BertForMaskedLM"),
    "classify": InferenceTask("classify", "BertForSequenceClassification"),
    "tag": InferenceTask("tag", "BertForTokenClassification"),
    "answer": InferenceTask("answer", "BertForQuestionAnswering"),
    "next": InferenceTask("next_sentence", "BertForNextSentencePrediction"),
    "embed": InferenceTask("embed", "BertModel"),
}
