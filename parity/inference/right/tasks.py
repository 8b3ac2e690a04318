"""Every task by its name: the model's class, the plain code, and how it is right."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from parity.inference.right import classifying, embedding, filling, questions, tagging
from parity.inference.right.machine import Machine


class Task(NamedTuple):
    """What a model is used for.

    Attributes:
        method: of a candidate that does it.
        architecture: the class of the model, HF's and scratch_bert's.
        run: does it, given a machine, a recipe and what the method is given.
        right: the recipe that makes no mistake.
        options: of the model's call.
    """

    method: str
    architecture: str
    run: Callable[..., list[Any]]
    right: Any
    options: Mapping[str, Any] = MappingProxyType({})

    def answers(self, machine: Machine, recipe: Any, given: Mapping[str, Any]) -> list[Any]:
        """Return what is made of what is given."""
        return self.run(machine, recipe, **given)


TASKS = {
    "fill-mask": Task("fill_mask", "BertForMaskedLM", filling.fill_mask, filling.Filling()),
    "classify": Task(
        "classify",
        "BertForSequenceClassification",
        classifying.classify,
        classifying.Classifying(),
    ),
    "tag": Task("tag", "BertForTokenClassification", tagging.tag, tagging.Tagging()),
    "answer": Task("answer", "BertForQuestionAnswering", questions.answer, questions.Finding()),
    "next": Task(
        "next_sentence",
        "BertForNextSentencePrediction",
        classifying.next_sentence,
        classifying.Following(),
    ),
    "embed": Task(
        "embed",
        "BertModel",
        embedding.embed,
        embedding.Embedding(),
        {"output_hidden_states": True},
    ),
}
