"""What a model predicts for examples that it is not trained on."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from scratch_bert.finetuning.tables.split import Split
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.objectives import TaskObjective, outputs

_BATCH = 32


class EvaluationOutput(NamedTuple):
    """Outputs of a model.

    Attributes:
        logits: of each row, as the objective returns them, with padding.
        loss: the mean over all rows; HF's `eval_loss` is the mean of batches' means.
    """

    logits: list[Tensor]
    loss: float


@torch.no_grad()
def evaluate(
    model: nn.Module, objective: TaskObjective, features: Features, device: str
) -> EvaluationOutput:
    """Run a model without dropout; afterwards it is in training mode if it was before."""
    was_training = model.training
    model.eval()
    numbers = range(len(features))
    batches = [
        {name: t.to(device) for name, t in features.batch(some, epoch=0).items()}
        for some in (numbers[at : at + _BATCH] for at in range(0, len(numbers), _BATCH))
    ]
    counts, logits, loss = objective.count(batches), list[Tensor](), 0.0
    for batch in batches:
        found = objective.logits(outputs(model, batch, objective.attention))
        loss += objective.loss_of(found, batch, counts).item()
        logits += found.float().cpu()
    model.train(was_training)
    return EvaluationOutput(logits, loss)


def held_out_metrics(
    model: nn.Module, objective: TaskObjective, features: Features, device: str, split: Split
) -> dict[str, float]:
    """Return the loss and the metrics on the validation set."""
    logits, loss = evaluate(model, objective, features, device)
    predictions = split.task.predictions(split.held_out, features, logits)
    return {"loss": loss, **split.task.metrics(split.held_out, predictions)}
