"""Mistakes of the losses of token classification and question answering."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from parity.core.mistake import Mistake
from parity.finetuning.right import lost_on_classes, lost_on_ends
from parity.suite.mistake import instead
from parity.suite.training_runs import IGNORED, Batch

_LOWEST = -1e9


def _tokens(batch: Batch) -> int:
    return batch["labels"].numel()


def _attended(batch: Batch) -> int:
    return int(batch["attention_mask"].sum())


def _once(_: Batch) -> int:
    return 1


def _ignored_as_first(logits: Tensor, batch: Batch) -> Tensor:
    labels = batch["labels"]
    return lost_on_classes(logits, {"labels": labels.masked_fill(labels == IGNORED, 0)})


def _padding_as_first(logits: Tensor, batch: Batch) -> Tensor:
    labels = batch["labels"].masked_fill(batch["attention_mask"] == 0, 0)
    return lost_on_classes(logits, {"labels": labels})


def _padding_or_labelled(batch: Batch) -> int:
    return int(((batch["labels"] != IGNORED) | (batch["attention_mask"] == 0)).sum())


def _active(logits: Tensor, batch: Batch) -> Tensor:
    active = batch["attention_mask"].flatten() == 1
    labels = batch["labels"].flatten()[active]
    return F.cross_entropy(logits.flatten(0, 1)[active], labels, reduction="sum")


def _without_first_tag(labels: Tensor) -> Tensor:
    return labels.masked_fill(labels == 0, IGNORED)


def _first_tag_ignored(logits: Tensor, batch: Batch) -> Tensor:
    return lost_on_classes(logits, {"labels": _without_first_tag(batch["labels"])})


def _sentence_by_sentence(logits: Tensor, batch: Batch) -> Tensor:
    pairs = zip(logits, batch["labels"], strict=True)
    return torch.stack([F.cross_entropy(scores, labels) for scores, labels in pairs]).sum()


def _next_token(logits: Tensor, batch: Batch) -> Tensor:
    return lost_on_classes(logits[:, :-1], {"labels": batch["labels"][:, 1:]})


def _next_tokens(batch: Batch) -> int:
    return int((batch["labels"][:, 1:] != IGNORED).sum())


def _tag_softmax_twice(logits: Tensor, batch: Batch) -> Tensor:
    return lost_on_classes(logits.softmax(-1), batch)


def _not_halved(logits: Tensor, batch: Batch) -> Tensor:
    return 2 * lost_on_ends(logits, batch)


def _swapped(logits: Tensor, batch: Batch) -> Tensor:
    return lost_on_ends(logits.flip(0), batch)


def _start_only(logits: Tensor, batch: Batch) -> Tensor:
    starts = batch["start_positions"]
    return lost_on_ends(logits[[0, 0]], {"start_positions": starts, "end_positions": starts})


def _outside_as(place: int) -> Any:
    """Take a position outside of the window as another, which is counted from the end if < 0."""

    def lost(logits: Tensor, batch: Batch) -> Tensor:
        seq = logits.shape[-1]
        ends = {n: torch.where(b < seq, b, place % seq) for n, b in batch.items() if "pos" in n}
        return lost_on_ends(logits, ends)

    return lost


def _padding_hidden(logits: Tensor, batch: Batch) -> Tensor:
    return lost_on_ends(logits.masked_fill(batch["attention_mask"] == 0, _LOWEST), batch)


def _by_halves(model: Any, states: Tensor, _: Batch) -> Tensor:
    logits = model.qa_outputs(states)  # (batch, seq, 2)
    return logits.reshape(len(states), 2, -1).movedim(1, 0)


_BATCHES = "loss and gradients of batches of one to four rows"
_TAGS = "cross_entropy(logits.flatten(0, 1), labels.flatten()): the mean over labels but -100"
_ENDS = "(start_loss + end_loss) / 2, each with ignore_index = seq, after positions.clamp(0, seq)"


def _tag(name: str, description: str, fix: str = _TAGS, **more: Any) -> Mistake:
    return instead("tag", f"tag-{name}", description, fix, detected_by=_BATCHES, **more)


def _answer(name: str, description: str, fix: str = _ENDS, **more: Any) -> Mistake:
    return instead("answer", f"answer-{name}", description, fix, detected_by=_BATCHES, **more)


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "tag": (
        _tag("every-token-counted", "the sum is divided by all tokens, -100 or not", count=_tokens),
        _tag(
            "attended-counted",
            "the sum is divided by all tokens but the padding, -100 or not",
            count=_attended,
        ),
        _tag(
            "ignored-as-first",
            "a label of -100 is taken as tag 0",
            lost=_ignored_as_first,
            count=_tokens,
        ),
        _tag(
            "padding-as-first",
            "padding is learnt as tag 0",
            "a data collator that pads labels with -100: DataCollatorForTokenClassification",
            lost=_padding_as_first,
            count=_padding_or_labelled,
        ),
        _tag(
            "active-loss",
            "padding is left out by the attention mask as well",
            "",
            equivalent="padding's labels are -100 anyway",
            seen="HuggingFace's own code, until 4.x",
            lost=_active,
        ),
        _tag(
            "first-tag-ignored",
            "tag 0 is not learnt",
            "ignore_index is -100",
            seen="ignore_index=0, as for words' ids",
            lost=_first_tag_ignored,
            count=lambda batch: int((_without_first_tag(batch["labels"]) != IGNORED).sum()),
        ),
        _tag(
            "mean-of-means",
            "the loss is the mean of the sentences' means",
            lost=_sentence_by_sentence,
            count=lambda batch: len(batch["labels"]),
        ),
        _tag(
            "next-token",
            "a token learns the next one's tag",
            "logits and labels are of the same token; nothing is shifted",
            seen="the loss of a language model",
            lost=_next_token,
            count=_next_tokens,
        ),
        _tag(
            "softmax-twice",
            "probabilities are given to a loss that takes the softmax itself",
            lost=_tag_softmax_twice,
        ),
        _tag("summed", "the loss is summed", count=_once),
    ),
    "answer": (
        _answer("not-halved", "both ends' losses are added, and not halved", lost=_not_halved),
        _answer("swapped", "start's scores are given end's positions", lost=_swapped),
        _answer("start-only", "the end is not learnt", lost=_start_only),
        _answer(
            "outside-as-last",
            "an end that is outside of the window is taken as its last token",
            seen="positions.clamp(0, seq - 1)",
            lost=_outside_as(-1),
        ),
        _answer(
            "outside-as-cls",
            "an end that is outside of the window is taken as [CLS]",
            lost=_outside_as(0),
        ),
        _answer(
            "padding-hidden",
            "padding cannot be chosen",
            "HuggingFace's loss counts all positions, padding, too",
            lost=_padding_hidden,
        ),
        _answer(
            "by-halves",
            "scores (batch, seq, 2) are read as (batch, 2, seq)",
            "logits.split(1, dim=-1)",
            seen="view where transpose was meant",
            logits=_by_halves,
        ),
        _answer("summed", "the loss is summed over the windows", count=_once),
    ),
}
