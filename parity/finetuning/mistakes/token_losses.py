"""Mistakes of the losses of token classification and question answering."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from parity.suite.mistake import KnownMistakes
from parity.suite.training_runs import IGNORED
from scratch_bert.model.heads import cross_entropy
from scratch_bert.model.outputs import BertModelOutput
from scratch_bert.model.task_heads import BertForQuestionAnswering, BertForTokenClassification

_BATCHES = "loss and gradients of batches of one to four rows"
TAG = KnownMistakes("tag", _BATCHES)
ANSWER = KnownMistakes("answer", _BATCHES)

_TAGGER, _ANSWERER = BertForTokenClassification.forward, BertForQuestionAnswering.forward
_TAGS = "cross_entropy(logits.flatten(0, 1), labels.flatten()): the mean over labels but -100"
_ENDS = "(start_loss + end_loss) / 2, each with ignore_index = seq, after positions.clamp(0, seq)"

CrossEntropy = Callable[[Tensor, Tensor], Tensor]  # of logits (batch, seq, tags) and labels
Forward = Callable[..., Any]


@TAG("tag-every-token-counted", cross_entropy, _TAGS)
def every_token_is_counted(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """The sum is divided by the number of all tokens, including those labeled -100."""
    return right(logits, labels) * (labels != IGNORED).sum() / labels.numel()


@TAG("tag-attended-counted", _TAGGER, _TAGS)
def attended_tokens_are_counted(
    right: Forward, head: Any, *, labels: Tensor, attention_mask: Tensor, **inputs: Any
) -> Any:
    """The sum is divided by the number of attended tokens, including those labeled -100."""
    output = right(head, labels=labels, attention_mask=attention_mask, **inputs)
    return replace(output, loss=output.loss * (labels != IGNORED).sum() / attention_mask.sum())


@TAG("tag-ignored-as-first", cross_entropy, _TAGS)
def ignored_labels_are_the_first_tag(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """A label of -100 is taken as tag 0."""
    return right(logits, labels.masked_fill(labels == IGNORED, 0))


def _with_padding_labeled(
    label: int, right: Forward, head: Any, labels: Tensor, attention_mask: Tensor, **inputs: Any
) -> Any:
    labels = labels.masked_fill(attention_mask == 0, label)
    return right(head, labels=labels, attention_mask=attention_mask, **inputs)


@TAG(
    "tag-padding-as-first",
    _TAGGER,
    "a data collator that pads labels with -100: DataCollatorForTokenClassification",
)
def padding_is_the_first_tag(right: Forward, head: Any, **inputs: Any) -> Any:
    """Padding is labeled with tag 0."""
    return _with_padding_labeled(0, right, head, **inputs)


@TAG(
    "tag-active-loss",
    _TAGGER,
    "",
    equivalent="padding's labels are -100 anyway",
    seen="HuggingFace's own code, until 4.x",
)
def padding_is_left_out_by_the_mask(right: Forward, head: Any, **inputs: Any) -> Any:
    """Padding is left out by the attention mask as well."""
    return _with_padding_labeled(IGNORED, right, head, **inputs)


@TAG(
    "tag-first-tag-ignored",
    cross_entropy,
    "ignore_index is -100",
    seen="ignore_index=0, as for words' ids",
)
def first_tag_is_ignored(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """Tag 0 is ignored."""
    return right(logits, labels.masked_fill(labels == 0, IGNORED))


@TAG("tag-mean-of-means", cross_entropy, _TAGS)
def loss_is_a_mean_of_means(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is the mean of the sentences' means."""
    return torch.stack([right(*each) for each in zip(logits, labels, strict=True)]).mean()


@TAG(
    "tag-next-token",
    cross_entropy,
    "logits and labels are of the same token; nothing is shifted",
    seen="the loss of a language model",
)
def next_tokens_tag_is_predicted(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """A token predicts the next token's tag."""
    return right(logits[:, :-1], labels[:, 1:])


@TAG("tag-softmax-twice", cross_entropy, _TAGS)
def softmax_is_taken_twice(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """Probabilities are given to a loss that takes the softmax itself."""
    return right(logits.softmax(-1), labels)


@TAG("tag-summed", cross_entropy, _TAGS)
def loss_of_tags_is_summed(right: CrossEntropy, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is summed."""
    return right(logits, labels) * (labels != IGNORED).sum()


@ANSWER("answer-not-halved", _ANSWERER, _ENDS)
def losses_are_not_halved(right: Forward, head: Any, **inputs: Any) -> Any:
    """Both ends' losses are added, and not halved."""
    output = right(head, **inputs)
    return replace(output, loss=output.loss * 2)


@ANSWER("answer-swapped", _ANSWERER, _ENDS)
def ends_are_swapped(
    right: Forward, head: Any, start_positions: Tensor, end_positions: Tensor, **inputs: Any
) -> Any:
    """Start's scores are given end's positions."""
    return right(head, start_positions=end_positions, end_positions=start_positions, **inputs)


@ANSWER("answer-start-only", _ANSWERER, _ENDS)
def only_the_start_is_trained(right: Forward, head: Any, **inputs: Any) -> Any:
    """The end is not trained."""
    output, starts = right(head, **inputs), inputs["start_positions"]
    starts = starts.masked_fill(starts >= output.start_logits.shape[1], IGNORED)
    return replace(output, loss=cross_entropy(output.start_logits, starts))


def _with_outside_at(
    place: int, right: Forward, head: Any, input_ids: Tensor, **inputs: Any
) -> Any:
    """Take a position outside of the window as another, which is counted from the end if < 0."""
    seq = input_ids.shape[1]
    ends = {n: each for n, each in inputs.items() if n.endswith("_positions")}
    ends = {n: each.where(each < seq, place % seq) for n, each in ends.items()}
    return right(head, input_ids=input_ids, **{**inputs, **ends})


@ANSWER("answer-outside-as-last", _ANSWERER, _ENDS, seen="positions.clamp(0, seq - 1)")
def outside_is_the_last_token(right: Forward, head: Any, **inputs: Any) -> Any:
    """An end outside of the window is taken as the window's last token."""
    return _with_outside_at(-1, right, head, **inputs)


@ANSWER("answer-outside-as-cls", _ANSWERER, _ENDS)
def outside_is_cls(right: Forward, head: Any, **inputs: Any) -> Any:
    """An end outside of the window is taken as [CLS]."""
    return _with_outside_at(0, right, head, **inputs)


@ANSWER("answer-padding-hidden", _ANSWERER, "HuggingFace's loss counts all positions, padding, too")
def padding_cannot_be_chosen(right: Forward, head: Any, **inputs: Any) -> Any:
    """Padding cannot be chosen."""
    return right(head, **{**inputs, "attention": "packed"})  # which hides the scores of padding


@ANSWER(
    "answer-by-halves",
    BertModelOutput.for_each_token,
    "logits.split(1, dim=-1)",
    seen="view where transpose was meant",
)
def scores_are_read_by_halves(right: Callable[..., Tensor], *given: Any, **named: Any) -> Tensor:
    """Scores (batch, seq, 2) are read as (batch, 2, seq)."""
    scores = right(*given, **named)  # (batch, seq, 2)
    return scores.reshape(len(scores), 2, -1).transpose(1, 2)


@ANSWER("answer-summed", _ANSWERER, _ENDS)
def loss_of_windows_is_summed(right: Forward, head: Any, **inputs: Any) -> Any:
    """The loss is summed over the windows."""
    output = right(head, **inputs)
    inside = inputs["start_positions"] < output.start_logits.shape[1]
    return replace(output, loss=output.loss * inside.sum())
