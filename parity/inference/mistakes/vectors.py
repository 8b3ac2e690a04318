"""Sentence-embedding mistakes."""

from collections.abc import Sequence
from functools import partial

import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake
from parity.inference.mistakes.batching import of_batches
from parity.inference.right import embedding
from parity.inference.right.machine import Machine, Reading, Row, Seen
from parity.suite.mistake import instead

_MEAN = "(states * mask[:, :, None]).sum(1) / mask.sum(1), mask the attention mask"
_CLS = "last_hidden_state[:, 0]"
_LAST = "last_hidden_state"
_LENGTH = "F.normalize(vectors, dim=-1) where modules.json has Normalize, and only there"
_CUT = "truncation=True, max_length=max_seq_length of sentence_bert_config.json"
_PADDED = Reading(together=True)
_WHOLE = 10_000  # tokens; nothing is cut
_SEVERAL = "texts of several lengths at once"


def _divided_by_all(states: Tensor, seen: Seen) -> Tensor:
    return states[seen.place].sum(0) / len(states)


def _no_special(states: Tensor, seen: Seen) -> Tensor:
    inner = states[seen.place][1:-1]
    return inner.sum(0) / max(1, len(inner))


def _cut_off(machine: Machine, texts: Sequence[str], longest: int) -> list[Row]:
    rows = machine.encode(texts, truncation=True, max_length=_WHOLE)
    return [row._replace(ids=row.ids[:longest], types=row.types[:longest]) for row in rows]


_embed = partial(instead, "embed")

MISTAKES: tuple[Mistake, ...] = (
    _embed(
        "embed-padding-counted",
        "padding is among the tokens whose mean it is",
        _MEAN,
        detected_by=_SEVERAL,
        seen="last_hidden_state.mean(1)",
        reading=_PADDED,
        mean=lambda states, _: states.mean(0),
    ),
    _embed(
        "embed-divided-by-length",
        "the sum of the tokens is divided by the length of the batch",
        _MEAN,
        detected_by=_SEVERAL,
        seen="(states * mask).mean(1)",
        reading=_PADDED,
        mean=_divided_by_all,
    ),
    _embed(
        "embed-without-special",
        "[CLS] and [SEP] are not among the tokens whose mean it is",
        _MEAN,
        detected_by="any text",
        seen="states[:, 1:-1]",
        mean=_no_special,
    ),
    _embed(
        "embed-sum",
        "it is the sum of the tokens",
        _MEAN,
        detected_by="a model whose vectors keep their length",
        mean=lambda states, seen: states[seen.place].sum(0),
    ),
    _embed(
        "embed-largest",
        "it is the largest of each number of the tokens",
        _MEAN,
        detected_by="any text",
        seen="max pooling",
        mean=lambda states, seen: states[seen.place].max(0).values,
    ),
    _embed(
        "embed-cls-always",
        "it is the vector of [CLS], whatever the pooling is",
        _MEAN,
        detected_by="a model of the other pooling",
        mean=embedding.of_cls,
    ),
    _embed(
        "embed-mean-always",
        "it is the mean of the tokens, whatever the pooling is",
        _CLS,
        detected_by="a model of the other pooling",
        cls=embedding.mean,
    ),
    _embed(
        "embed-pooler",
        "it is [CLS] after the pooler",
        _CLS,
        detected_by="a model that pools by [CLS]",
        seen="output.pooler_output",
        cls=lambda _, seen: seen.output["pooler_output"],
    ),
    _embed(
        "embed-before-last",
        "it is made of the last layer but one",
        _LAST,
        detected_by="any text",
        seen="hidden_states[-2]",
        layer=lambda seen: seen.output["hidden_states"][-2],
    ),
    _embed(
        "embed-words",
        "it is made of the embeddings, before the first layer",
        _LAST,
        detected_by="any text",
        seen="hidden_states[0]",
        layer=lambda seen: seen.output["hidden_states"][0],
    ),
    _embed(
        "embed-never-normalized",
        "vectors keep their length",
        _LENGTH,
        detected_by="a model whose vectors are of length 1",
        normalizes=lambda _: False,
    ),
    _embed(
        "embed-always-normalized",
        "vectors are made ones of length 1",
        _LENGTH,
        detected_by="a model whose vectors keep their length",
        normalizes=lambda _: True,
    ),
    _embed(
        "embed-tokens-normalized",
        "each token is made one of length 1 before the mean is taken",
        _LENGTH,
        detected_by="any text",
        token=lambda states: F.normalize(states, dim=-1),
    ),
    _embed(
        "embed-absolute-sum-1",
        "a vector is divided by the sum of its absolute numbers",
        _LENGTH,
        detected_by="a model whose vectors are of length 1",
        seen="sklearn's normalize with norm='l1'",
        normalized=lambda vector: F.normalize(vector, p=1.0, dim=-1),
    ),
    _embed(
        "embed-normalized-twice",
        "vectors are made ones of length 1, twice",
        "",
        detected_by="a model whose vectors are of length 1",
        equivalent="what has length 1 keeps it",
        normalized=lambda vector: F.normalize(F.normalize(vector, dim=-1), dim=-1),
    ),
    _embed(
        "embed-cut-at-model-max-length",
        "what is too long is cut at the tokenizer's model_max_length",
        _CUT,
        detected_by="a text that is too long",
        longest=lambda machine: machine.tokenizer.model_max_length,
    ),
    _embed(
        "embed-cut-without-sep",
        "what is too long is cut with its [SEP]",
        _CUT,
        detected_by="a text that is too long",
        seen="input_ids[:max_length]",
        rows=_cut_off,
    ),
    *of_batches("embed", "embed"),
)
