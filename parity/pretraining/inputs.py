"""What a pretraining is judged on: a small model with weights that show mistakes, and batches."""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from parity import reference
from parity.suite.training_runs import IGNORED, Batch, State

_VOCAB, _ORDINARY = 97, 5
_SEQ = 12
CONFIG = {
    "vocab_size": _VOCAB,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "max_position_embeddings": 16,
}
STILL = {**CONFIG, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
BATCHES = 2  # of a step
_ROWS = (2, 12)  # small batches have long gradients, which are clipped, and large ones have not
SETTINGS: dict[str, Any] = {
    "steps": 20,
    "learning_rate": 1e-3,
    "warmup": 4,
    "weight_decay": 0.01,
    "max_grad_norm": 9.0,
    "seed": 7,
}


def model(
    config: dict[str, Any],
    weights: State,
    dtype: str = "float64",
    architecture: str = "BertForPreTraining",
) -> nn.Module:
    """Build the reference's model, in evaluation mode."""
    made = reference.build(architecture, config)
    made.load_state_dict(weights)
    return made.to(getattr(torch, dtype)).eval()


@cache
def weights(seed: int = 0) -> State:
    """Draw large weights, biases and LayerNorm gains, so that mistakes show."""
    return drawn(CONFIG, seed, "BertForPreTraining")


def drawn(config: dict[str, Any], seed: int, architecture: str) -> State:
    """Draw such weights of any model."""
    made = reference.build(architecture, config)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            gain = 1.0 if name.endswith("LayerNorm.weight") else 0.0
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.3 + gain)
    return {name: tensor.clone() for name, tensor in made.state_dict().items()}


def batch(seed: int, rows: int = 4) -> dict[str, Tensor]:
    """Draw a padded batch of both segments; how much is hidden varies, in its last row nothing."""
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(4, _SEQ + 1, (rows, 1), generator=draw)
    mask = (torch.arange(_SEQ) < lengths).long()
    ids = torch.randint(_ORDINARY, _VOCAB, mask.shape, generator=draw) * mask
    hidden = (torch.rand(mask.shape, generator=draw) < 0.1 + 0.2 * (seed % 3)) & mask.bool()
    hidden[0, 1] = True
    hidden[-1] = False
    labels = torch.randint(0, 2, (rows,), generator=draw)
    labels[:2] = torch.tensor([0, 1])[:rows]
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": torch.randint(0, 2, mask.shape, generator=draw),
        "labels": ids.masked_fill(~hidden, IGNORED),
        "next_sentence_label": labels,
    }


@cache
def steps(number: int) -> list[list[Batch]]:
    """Draw the batches of optimizer steps."""
    return [
        [batch(BATCHES * step + i, _ROWS[step % 2]) for i in range(BATCHES)]
        for step in range(number)
    ]
