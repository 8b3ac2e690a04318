"""Steps of several batches in which each label counts the same.

HuggingFace's Trainer takes the mean of each batch with BERT's heads (transformers#47688), so it is
no reference for such steps. Model, optimizer and schedule are HuggingFace's and torch's.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from parity import reference
from parity.suite.training_runs import IGNORED, Batch


def train(
    model: nn.Module, steps: Sequence[Sequence[Batch]], settings: Mapping[str, Any]
) -> Iterator[int]:
    """Pretrain; yields after each step.

    Args:
        model: the reference's BertForPreTraining, trained where it is.
        steps: the batches of each.
        settings: as a candidate gets them.
    """
    torch.manual_seed(settings["seed"])
    model.train()
    decayed, exempt = list[nn.Parameter](), list[nn.Parameter]()
    for name, parameter in model.named_parameters():
        group = exempt if "bias" in name or "LayerNorm" in name else decayed
        group.append(parameter)
    groups = [
        {"params": decayed, "weight_decay": settings["weight_decay"]},
        {"params": exempt, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, settings["learning_rate"])
    schedule = reference.linear_schedule(optimizer, settings["warmup"], settings["steps"])
    for number, batches in enumerate(steps[: settings["steps"]], 1):
        for batch in batches:
            loss(model, batch, batches).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), settings["max_grad_norm"])
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        yield number


def loss(model: nn.Module, batch: Batch, step: Sequence[Batch]) -> Tensor:
    """Return a batch's share of its step's loss: sums, over the labels of the whole step."""
    output = model(**{name: tensor for name, tensor in batch.items() if "label" not in name})
    words = sum(int((each["labels"] != IGNORED).sum()) for each in step)
    pairs = sum(each["next_sentence_label"].numel() for each in step)
    scores, labels = output.prediction_logits.flatten(0, 1), batch["labels"].flatten()
    of_words = F.cross_entropy(scores, labels, reduction="sum") / max(1, words)
    follows, labels = output.seq_relationship_logits, batch["next_sentence_label"]
    return of_words + F.cross_entropy(follows, labels, reduction="sum") / pairs
