"""Text-classification mistakes."""

from collections.abc import Sequence
from typing import Any

from parity.inference.mistakes.batching import (
    BOTH,
    Right,
    Texts,
    batching_mistakes,
    last_sep_is_cut_off,
    pair_is_joined,
)
from parity.suite.mistake import KnownMistakes
from scratch_bert.config import BertConfig
from scratch_bert.inference.run.runner import Runner
from scratch_bert.inference.run.scores import Numbers, sigmoid, softmax
from scratch_bert.inference.text_classification import (
    Classified,
    TextClassification,
    best_first,
    class_names,
    class_scores,
    with_pairs,
)

MISTAKES = KnownMistakes("classify", "any text")

_BY_PROBLEM = (
    "softmax over several labels of which one holds; sigmoid where problem_type is "
    "multi_label_classification or there is one label; nothing where it is regression"
)
_KINDS = "heads of several labels, of one, of several at once, and of numbers"
_NAMES = "config.id2label[i], i a number"
_ORDER = "sort by score, descending"
_SEVERAL = "more than one class of a text"
_PAIRS = "pairs of texts"
_TOO_LONG = "a text that is too long"

Classes = list[Classified]


@MISTAKES("classes-softmax-always", class_scores, _BY_PROBLEM, _KINDS)
def softmax_of_everything(_: Right, logits: Numbers, _config: BertConfig) -> Numbers:
    """Probabilities are a softmax's, whatever the head is for."""
    return softmax(logits)


@MISTAKES("classes-softmax-of-several", class_scores, _BY_PROBLEM, _KINDS)
def softmax_of_several_labels(right: Right, logits: Numbers, config: BertConfig) -> Any:
    """Labels of which several may hold share one probability."""
    several = config.problem_type == "multi_label_classification"
    return softmax(logits) if several else right(logits, config)


@MISTAKES("classes-softmax-of-one", class_scores, _BY_PROBLEM, _KINDS)
def softmax_of_one_label(right: Right, logits: Numbers, config: BertConfig) -> Any:
    """A single label's score is a softmax's, which is 1 always."""
    one = config.num_labels == 1 and config.problem_type is None
    return softmax(logits) if one else right(logits, config)


@MISTAKES("classes-sigmoid-always", class_scores, _BY_PROBLEM, _KINDS)
def sigmoid_of_everything(_: Right, logits: Numbers, _config: BertConfig) -> Numbers:
    """Each label has a probability of its own, whatever the head is for."""
    return sigmoid(logits)


@MISTAKES("classes-number-squashed", class_scores, _BY_PROBLEM, _KINDS)
def number_is_squashed(right: Right, logits: Numbers, config: BertConfig) -> Any:
    """A regression's number is made a probability."""
    if config.problem_type != "regression":
        return right(logits, config)
    return softmax(logits) if config.num_labels > 1 else sigmoid(logits)


@MISTAKES("classes-logits", class_scores, _BY_PROBLEM)
def scores_are_logits(_: Right, logits: Numbers, _config: BertConfig) -> Numbers:
    """The scores are logits, not probabilities."""
    return logits


@MISTAKES(
    "classes-sorted-names",
    class_names,
    _NAMES,
    "labels that are not in alphabetical order",
    seen="sorted(set(labels)) once more where a model is used",
)
def names_are_sorted(right: Right, config: BertConfig) -> list[str]:
    """Labels are numbered in the order of their names."""
    return sorted(right(config))


@MISTAKES(
    "classes-ids-as-strings",
    class_names,
    _NAMES,
    "more than ten labels",
    seen="config.json's keys, sorted",
)
def ids_are_sorted_as_strings(right: Right, config: BertConfig) -> list[str]:
    """Labels are numbered in the order "0", "1", "10", "11", "2"."""
    names = right(config)
    return [names[i] for i in sorted(range(len(names)), key=str)]


@MISTAKES("classes-off-by-one", class_names, _NAMES)
def names_are_one_off(right: Right, config: BertConfig) -> Any:
    """Labels are numbered from 1, and logits from 0."""
    names = right(config)
    return names[-1:] + names[:-1]


@MISTAKES("classes-ascending", best_first, _ORDER, _SEVERAL, seen="np.argsort without [::-1]")
def worst_class_comes_first(_: Right, classes: Classes) -> Classes:
    """The worst class comes first."""
    return sorted(classes, key=lambda each: each.score)


@MISTAKES("classes-unordered", best_first, _ORDER, _SEVERAL)
def classes_come_by_id(_: Right, classes: Classes) -> Classes:
    """Classes come in the order of their ids."""
    return classes


@MISTAKES(
    "classes-ties-reversed",
    best_first,
    "sorted(…, reverse=True), which leaves ties as they are, and no order turned round",
    "two classes of the same score",
    seen="np.argsort(scores)[::-1]",
)
def ties_are_reversed(_: Right, classes: Classes) -> Classes:
    """Of classes of one score the last comes first."""
    return sorted(classes, key=lambda each: each.score)[::-1]


@MISTAKES(
    "classes-best-share-all",
    TextClassification.__call__,
    "softmax over all classes; top_k only cuts the list",
    "top_k",
)
def best_classes_share_all(
    right: Right,
    task: TextClassification,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    top_k: int | None,
    truncation: bool,
) -> list[Classes]:
    """The scores of the best classes add up to 1."""
    found: list[Classes] = right(task, texts, pairs, top_k, truncation)
    if top_k is None:
        return found
    wholes = [sum(each.score for each in row) for row in found]
    return [
        [each._replace(score=each.score / whole) for each in row]
        for row, whole in zip(found, wholes, strict=True)
    ]


@MISTAKES("classes-top-k-ignored", TextClassification.__call__, "[:top_k]", "top_k")
def all_classes_are_returned(
    right: Right,
    task: TextClassification,
    texts: Sequence[str],
    pairs: Sequence[str] | None,
    top_k: int | None,  # noqa: ARG001
    truncation: bool,
) -> Any:
    """All classes are returned, whatever top_k is."""
    return right(task, texts, pairs, None, truncation)


MISTAKES(
    "classes-pair-joined",
    Runner.encode,
    BOTH,
    description="a pair is given as one text, without [SEP] between the two",
    detected_by=_PAIRS,
    seen='text + " " + pair',
)(pair_is_joined)


@MISTAKES("classes-pair-lost", with_pairs, BOTH, _PAIRS)
def second_text_is_lost(_: Right, texts: Sequence[str], _pairs: Sequence[str]) -> list[str]:
    """The second text of a pair is lost."""
    return [*texts]


@MISTAKES(
    "classes-pair-empty",
    with_pairs,
    "leave it out, as HF's pipeline does",
    "a pair whose second text is empty",
    seen="tokenizer(texts, pairs) of lists",
)
def empty_second_text_is_given(
    _: Right, texts: Sequence[str], pairs: Sequence[str]
) -> list[tuple[str, str]]:
    """An empty second text is given as a text: [CLS] text [SEP] [SEP]."""
    return [*zip(texts, pairs, strict=True)]


MISTAKES(
    "classes-cut-without-sep",
    Runner.encode,
    "truncation=True of the tokenizer, which keeps [SEP]",
    description="what is too long is cut with its last [SEP]",
    detected_by=_TOO_LONG,
    seen="input_ids[:max_length]",
)(last_sep_is_cut_off)


@MISTAKES(
    "classes-cut-at-positions",
    Runner.encode,
    "truncation=True, without a length of your own",
    _TOO_LONG,
)
def cut_at_positions(right: Right, runner: Runner, texts: Texts, _: int | None) -> Any:
    """What is too long is cut at the model's positions, not at the tokenizer's model_max_length."""
    return right(runner, texts, runner.model.config.max_position_embeddings)


MISTAKES += batching_mistakes("classify", "classes", pairs=True)
