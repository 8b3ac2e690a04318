"""Sentence-embedding mistakes."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from parity.inference.mistakes.batching import (
    Batch,
    Right,
    all_in_one,
    batching_mistakes,
    last_sep_is_cut_off,
)
from parity.suite.mistake import KnownMistakes
from scratch_bert.inference.run.batches import batches
from scratch_bert.inference.run.runner import Runner
from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings, pooled, unit_length

MISTAKES = KnownMistakes("embed", "any text")

_MEAN = "(states * mask[:, :, None]).sum(1) / mask.sum(1), mask the attention mask"
_CLS = "last_hidden_state[:, 0]"
_LAST = "last_hidden_state"
_LENGTH = "F.normalize(vectors, dim=-1) where modules.json has Normalize, and only there"
_CUT = "truncation=True, max_length=max_seq_length of sentence_bert_config.json"
_SEVERAL = "texts of several lengths at once"
_OTHER = "a model of the other pooling"
_KEEP = "a model whose vectors keep their length"
_UNIT = "a model whose vectors are of length 1"


@MISTAKES(
    "embed-padding-counted",
    pooled,
    _MEAN,
    _SEVERAL,
    seen="last_hidden_state.mean(1)",
    together=(batches, all_in_one),
)
def padding_is_counted(right: Right, states: Tensor, mask: Tensor, pooling: str) -> Any:
    """Padding is among the tokens whose mean it is."""
    return states.mean(1) if pooling == "mean" else right(states, mask, pooling)


@MISTAKES(
    "embed-divided-by-length",
    pooled,
    _MEAN,
    _SEVERAL,
    seen="(states * mask).mean(1)",
    together=(batches, all_in_one),
)
def divided_by_the_length_of_the_batch(
    right: Right, states: Tensor, mask: Tensor, pooling: str
) -> Any:
    """The sum of the tokens is divided by the length of the batch."""
    vectors = right(states, mask, pooling)
    share = mask.sum(1, keepdim=True) / mask.shape[1]
    return vectors * share if pooling == "mean" else vectors


@MISTAKES("embed-without-special", pooled, _MEAN, seen="states[:, 1:-1]")
def special_tokens_are_left_out(right: Right, states: Tensor, mask: Tensor, pooling: str) -> Any:
    """[CLS] and [SEP] are not among the tokens whose mean it is."""
    if pooling == "cls":
        return right(states, mask, pooling)
    inner = mask * mask.roll(1, 1) * mask.roll(-1, 1)  # of a single row: all but both ends
    inner[:, [0, -1]] = 0
    return (states * inner[:, :, None]).sum(1) / inner.sum(1, keepdim=True).clamp(min=1)


@MISTAKES("embed-sum", pooled, _MEAN, _KEEP)
def vector_is_a_sum(right: Right, states: Tensor, mask: Tensor, pooling: str) -> Any:
    """It is the sum of the tokens."""
    vectors = right(states, mask, pooling)
    return vectors * mask.sum(1, keepdim=True) if pooling == "mean" else vectors


@MISTAKES("embed-largest", pooled, _MEAN, seen="max pooling")
def vector_is_the_largest(right: Right, states: Tensor, mask: Tensor, pooling: str) -> Any:
    """It is the largest of each number of the tokens."""
    if pooling == "cls":
        return right(states, mask, pooling)
    return states.masked_fill(mask[:, :, None] == 0, -float("inf")).max(1).values


@MISTAKES("embed-cls-always", pooled, _MEAN, _OTHER)
def vector_is_always_of_cls(right: Right, states: Tensor, mask: Tensor, _: str) -> Any:
    """It is the vector of [CLS], whatever the pooling is."""
    return right(states, mask, "cls")


@MISTAKES("embed-mean-always", pooled, _CLS, _OTHER)
def vector_is_always_a_mean(right: Right, states: Tensor, mask: Tensor, _: str) -> Any:
    """It is the mean of the tokens, whatever the pooling is."""
    return right(states, mask, "mean")


def _with_pooler(right: Right, runner: Runner, *given: Any, **options: Any) -> None:
    right(runner, *given, **{**options, "add_pooling_layer": True})


@MISTAKES(
    "embed-pooler",
    SentenceEmbeddings.states,
    _CLS,
    "a model that pools by [CLS]",
    seen="output.pooler_output",
    loaded=(Runner.__init__, _with_pooler),
)
def cls_has_gone_through_the_pooler(_: Right, task: SentenceEmbeddings, batch: Batch) -> Any:
    """It is [CLS] after the pooler."""
    output = task.runner.forward(batch)
    states = output.last_hidden_state.clone()
    states[:, 0] = output.pooler_output
    return states if task.pooling == "cls" else output.last_hidden_state


@MISTAKES("embed-before-last", SentenceEmbeddings.states, _LAST, seen="hidden_states[-2]")
def states_are_of_the_layer_before(_: Right, task: SentenceEmbeddings, batch: Batch) -> Any:
    """It is made of the last layer but one."""
    return task.runner.forward(batch, output_hidden_states=True).hidden_states[-2]


@MISTAKES("embed-words", SentenceEmbeddings.states, _LAST, seen="hidden_states[0]")
def states_are_the_embeddings(_: Right, task: SentenceEmbeddings, batch: Batch) -> Any:
    """It is made of the embeddings, before the first layer."""
    return task.runner.forward(batch, output_hidden_states=True).hidden_states[0]


@MISTAKES("embed-never-normalized", SentenceEmbeddings.__init__, _LENGTH, _UNIT)
def never_normalized(
    right: Right, task: SentenceEmbeddings, name: Any, pooling: str, _: bool, **options: Any
) -> None:
    """Vectors keep their length."""
    right(task, name, pooling, False, **options)


@MISTAKES("embed-always-normalized", SentenceEmbeddings.__init__, _LENGTH, _KEEP)
def always_normalized(
    right: Right, task: SentenceEmbeddings, name: Any, pooling: str, _: bool, **options: Any
) -> None:
    """Vectors are made ones of length 1."""
    right(task, name, pooling, True, **options)


@MISTAKES("embed-tokens-normalized", SentenceEmbeddings.states, _LENGTH)
def tokens_are_normalized(right: Right, task: SentenceEmbeddings, batch: Batch) -> Tensor:
    """Each token is made one of length 1 before the mean is taken."""
    return F.normalize(right(task, batch), dim=-1)


@MISTAKES(
    "embed-absolute-sum-1", unit_length, _LENGTH, _UNIT, seen="sklearn's normalize with norm='l1'"
)
def absolute_numbers_add_up_to_1(_: Right, vectors: Tensor) -> Tensor:
    """A vector is divided by the sum of its absolute numbers."""
    return F.normalize(vectors, p=1.0, dim=-1)


@MISTAKES("embed-normalized-twice", unit_length, "", _UNIT, equivalent="what has length 1 keeps it")
def normalized_twice(right: Right, vectors: Tensor) -> Any:
    """Vectors are made ones of length 1, twice."""
    return right(right(vectors))


@MISTAKES(
    "embed-cut-at-model-max-length", SentenceEmbeddings.__init__, _CUT, "a text that is too long"
)
def cut_at_model_max_length(
    right: Right, task: SentenceEmbeddings, *given: Any, **options: Any
) -> None:
    """What is too long is cut at the tokenizer's model_max_length."""
    right(task, *given, **options)
    task.max_length = task.runner.longest


MISTAKES(
    "embed-cut-without-sep",
    Runner.encode,
    _CUT,
    description="what is too long is cut with its [SEP]",
    detected_by="a text that is too long",
    seen="input_ids[:max_length]",
)(last_sep_is_cut_off)

MISTAKES += batching_mistakes("embed", "embed")
