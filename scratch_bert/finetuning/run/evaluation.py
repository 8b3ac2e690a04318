"""What a model says of examples that it does not learn from."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.objectives import TaskObjective, outputs

_TOGETHER = 32


class Said(NamedTuple):
    """Outputs of a model.

    Attributes:
        logits: of each row, as the objective has them, padding included.
        loss: the mean over all rows; not of batches' means, as HF's `eval_loss`.
    """

    logits: list[Tensor]
    loss: float


@torch.no_grad()
def said_of(model: nn.Module, objective: TaskObjective, features: Features, device: str) -> Said:
    """Run a model on examples without dropout; it is left in the mode it was in."""
    was_training = model.training
    model.eval()
    numbers = range(len(features))
    batches = [
        {name: t.to(device) for name, t in features.batch(some, epoch=0).items()}
        for some in (numbers[at : at + _TOGETHER] for at in range(0, len(numbers), _TOGETHER))
    ]
    counts, logits, loss = objective.count(batches), list[Tensor](), 0.0
    for batch in batches:
        found = objective.logits(outputs(model, batch, objective.attention))
        loss += objective.share(found, batch, counts).item()
        logits += found.float().cpu()
    model.train(was_training)
    return Said(logits, loss)
