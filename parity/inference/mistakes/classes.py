"""Text-classification mistakes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from parity.core.mistake import Mistake
from parity.inference.mistakes.batching import BOTH, joined, of_batches, of_types
from parity.inference.right.classifying import (
    Numbers,
    Result,
    by_id,
    of_the_problem,
    rows_of_both,
    sigmoid,
    softmax,
)
from parity.inference.right.machine import Machine, Row
from parity.suite.mistake import instead

_WHOLE = 10_000  # tokens; nothing is cut
_BY_PROBLEM = (
    "softmax over several labels of which one holds; sigmoid where problem_type is "
    "multi_label_classification or there is one label; nothing where it is regression"
)
_KINDS = "heads of several labels, of one, of several at once, and of numbers"
_NAMES = "config.id2label[i], i a number"


def _of_several(logits: Numbers, config: Any) -> Numbers:
    several = config.problem_type == "multi_label_classification"
    return softmax(logits) if several else of_the_problem(logits, config)


def _of_one(logits: Numbers, config: Any) -> Numbers:
    one = config.num_labels == 1 and config.problem_type is None
    return softmax(logits) if one else of_the_problem(logits, config)


def _of_numbers(logits: Numbers, config: Any) -> Numbers:
    if config.problem_type != "regression":
        return of_the_problem(logits, config)
    return softmax(logits) if config.num_labels > 1 else sigmoid(logits)


def _as_strings(labels: Mapping[int, str]) -> list[str]:
    return [labels[i] for i in sorted(labels, key=str)]


def _off_by_one(labels: Mapping[int, str]) -> list[str]:
    names = by_id(labels)
    return names[-1:] + names[:-1]


def _shared_out(results: list[Result], top_k: int | None) -> list[Result]:
    whole = sum(each["score"] for each in results[:top_k]) if top_k else 1.0
    return [{**each, "score": each["score"] / whole} for each in results[:top_k]]


def _first_alone(
    machine: Machine, texts: Sequence[str], _: Sequence[str] | None, **options: Any
) -> list[Row]:
    return machine.encode(texts, **options)


def _cut_off(
    machine: Machine,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    truncation: str,
    max_length: int,
) -> list[Row]:
    rows = rows_of_both(machine, texts, pairs, truncation=truncation, max_length=_WHOLE)
    return [row._replace(ids=row.ids[:max_length], types=row.types[:max_length]) for row in rows]


_of_class = partial(instead, "classify")

MISTAKES: tuple[Mistake, ...] = (
    _of_class(
        "classes-softmax-always",
        "probabilities are a softmax's, whatever the head is for",
        _BY_PROBLEM,
        detected_by=_KINDS,
        scores=lambda logits, _: softmax(logits),
    ),
    _of_class(
        "classes-softmax-of-several",
        "labels of which several may hold share one probability",
        _BY_PROBLEM,
        detected_by=_KINDS,
        scores=_of_several,
    ),
    _of_class(
        "classes-softmax-of-one",
        "a single label's score is a softmax's, which is 1 always",
        _BY_PROBLEM,
        detected_by=_KINDS,
        scores=_of_one,
    ),
    _of_class(
        "classes-sigmoid-always",
        "each label has a probability of its own, whatever the head is for",
        _BY_PROBLEM,
        detected_by=_KINDS,
        scores=lambda logits, _: sigmoid(logits),
    ),
    _of_class(
        "classes-number-squashed",
        "a regression's number is made a probability",
        _BY_PROBLEM,
        detected_by=_KINDS,
        scores=_of_numbers,
    ),
    _of_class(
        "classes-logits",
        "the scores are logits, not probabilities",
        _BY_PROBLEM,
        detected_by="any text",
        scores=lambda logits, _: logits,
    ),
    _of_class(
        "classes-sorted-names",
        "labels are numbered in the order of their names",
        _NAMES,
        detected_by="labels that are not in alphabetical order",
        seen="sorted(set(labels)) once more where a model is used",
        names=lambda labels: sorted(labels.values()),
    ),
    _of_class(
        "classes-ids-as-strings",
        'labels are numbered in the order "0", "1", "10", "11", "2"',
        _NAMES,
        detected_by="more than ten labels",
        seen="config.json's keys, sorted",
        names=_as_strings,
    ),
    _of_class(
        "classes-off-by-one",
        "labels are numbered from 1, and logits from 0",
        _NAMES,
        detected_by="any text",
        names=_off_by_one,
    ),
    _of_class(
        "classes-ascending",
        "the worst class comes first",
        "sort by score, descending",
        detected_by="more than one class of a text",
        seen="np.argsort without [::-1]",
        order=lambda scores: sorted(range(len(scores)), key=lambda i: scores[i]),
    ),
    _of_class(
        "classes-unordered",
        "classes come in the order of their ids",
        "sort by score, descending",
        detected_by="more than one class of a text",
        order=lambda scores: [*range(len(scores))],
    ),
    _of_class(
        "classes-ties-reversed",
        "of classes of one score the last comes first",
        "sorted(…, reverse=True), which leaves ties as they are, and no order turned round",
        detected_by="two classes of the same score",
        seen="np.argsort(scores)[::-1]",
        order=lambda scores: sorted(range(len(scores)), key=lambda i: scores[i])[::-1],
    ),
    _of_class(
        "classes-best-share-all",
        "the scores of the best classes add up to 1",
        "softmax over all classes; top_k only cuts the list",
        detected_by="top_k",
        cut=_shared_out,
    ),
    _of_class(
        "classes-top-k-ignored",
        "all classes are returned, whatever top_k is",
        "[:top_k]",
        detected_by="top_k",
        cut=lambda results, _: results,
    ),
    _of_class(
        "classes-pair-joined",
        "a pair is given as one text, without [SEP] between the two",
        BOTH,
        detected_by="pairs of texts",
        seen='text + " " + pair',
        rows=joined,
    ),
    _of_class(
        "classes-pair-lost",
        "the second text of a pair is lost",
        BOTH,
        detected_by="pairs of texts",
        rows=_first_alone,
    ),
    _of_class(
        "classes-pair-empty",
        "an empty second text is given as a text: [CLS] text [SEP] [SEP]",
        "leave it out, as HF's pipeline does",
        detected_by="a pair whose second text is empty",
        seen="tokenizer(texts, pairs) of lists",
        rows=Machine.encode,
    ),
    _of_class(
        "classes-cut-without-sep",
        "what is too long is cut with its last [SEP]",
        "truncation=True of the tokenizer, which keeps [SEP]",
        detected_by="a text that is too long",
        seen="input_ids[:max_length]",
        rows=_cut_off,
    ),
    _of_class(
        "classes-cut-at-positions",
        "what is too long is cut at the model's positions, not at the tokenizer's model_max_length",
        "truncation=True, without a length of your own",
        detected_by="a text that is too long",
        longest=lambda machine: machine.config.max_position_embeddings,
    ),
    of_types("classify", "classes"),
    *of_batches("classify", "classes"),
)
