"""Ours and theirs: the same class, the same weights, the same batch."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

import scratch_bert
from parity import reference
from parity.core.compare import Comparison
from parity.model.side_by_side import Side, judge_side_by_side
from parity.ours import checkpoint as scratch
from scratch_bert.config import BertConfig
from tests import models
from tests.models import adversarial_

# docs/reference_versions.md, "scores": at this size of a head both versions round alike.
TINY = {**models.TINY, "hidden_size": 48} if reference.BEFORE_5 else models.TINY
HEADS = [name for name in scratch_bert.__all__ if name.startswith("Bert")]
HEADS = [name for name in HEADS if name not in ("BertConfig", "BertTokenizer")]


def pair(head: str, attention: str = "eager", **config: Any) -> tuple[nn.Module, nn.Module]:
    """Build a head on both sides with the same adversarial weights, in training mode."""
    config = {**TINY, "is_decoder": head == "BertLMHeadModel", **config}
    ours = adversarial_(getattr(scratch_bert, head)(BertConfig(**config)))
    theirs = reference.build(head, config, attention)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def batch_for(head: str, batch: int = 3, seq: int = 9, seed: int = 0) -> dict[str, Tensor]:
    """Draw a rich batch: both segments, padding on both sides, an attended id 0, and labels."""
    generator = torch.Generator().manual_seed(seed)

    def draw(high: int, *shape: int) -> Tensor:
        return torch.randint(high, shape, generator=generator)

    choices = (2,) if head == "BertForMultipleChoice" else ()
    ids = draw(TINY["vocab_size"], batch, *choices, seq)
    ids[0, ..., 1] = 0
    mask = torch.ones_like(ids)
    mask[1, ..., seq - 2 :] = 0
    mask[-1, ..., :1] = 0
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": draw(2, *ids.shape)}
    if "LM" in head or head == "BertForPreTraining":
        inputs["labels"] = draw(TINY["vocab_size"], batch, seq)
        inputs["labels"][:, ::2] = -100
    if head == "BertForPreTraining":
        inputs["next_sentence_label"] = draw(2, batch)
    if head in ("BertForNextSentencePrediction", "BertForSequenceClassification"):
        inputs["labels"] = draw(2, batch)
    if head == "BertForMultipleChoice":
        inputs["labels"] = draw(2, batch)
    if head == "BertForTokenClassification":
        inputs["labels"] = draw(2, batch, seq)
    if head == "BertForQuestionAnswering":
        inputs["start_positions"] = draw(seq + 3, batch)
        inputs["end_positions"] = draw(seq, batch)
    return inputs


def no_cache(head: str) -> dict[str, bool]:
    """What keeps a head from returning a cache; in 4.57 only a decoder takes the argument."""
    return {"use_cache": False} if head == "BertLMHeadModel" else {}


def steps(
    models: tuple[nn.Module, nn.Module],
    inputs: Mapping[str, Any],
    attention: str = "eager",
    *,
    backward: bool = True,
) -> Iterator[Comparison]:
    """Compare what both models compute from one batch and one seed, forward and back."""
    ours, theirs = models
    torch.manual_seed(1)  # dropout draws from here
    return judge_side_by_side(
        Side.of(ours, partial(scratch.forward, attention=attention), attention),
        Side.of(theirs, reference.forward, attention),
        inputs,
        backward=backward,
    )
