"""Less memory in training: layers whose inside is computed again for the backward pass."""

from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint


class Checkpointed(nn.Module):
    """A module that can keep its input alone (Chen et al., 2016; HF `GradientCheckpointingLayer`).

    More time, less memory, the same numbers.
    """

    gradient_checkpointing = False

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Call the module; in training, if switched on, its inside is not kept."""
        if self.gradient_checkpointing and self.training:
            return checkpoint(super().__call__, *inputs, use_reentrant=False, **named)
        return super().__call__(*inputs, **named)
