"""Dropout that draws the same masks in two models, whatever the rest of them draws."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

_DROPOUTS = {F.dropout, torch.dropout}


@dataclass(frozen=True)
class Draw:
    """One mask.

    Attributes:
        shape: of what is dropped.
        p: with which probability.
        stage: which was made next.
    """

    shape: tuple[int, ...]
    p: float
    stage: str = field(default="", compare=False)

    @property
    def kind(self) -> tuple[int, ...]:
        """How many numbers it has, and its last two dimensions."""
        return math.prod(self.shape), *self.shape[-2:]

    def __str__(self) -> str:
        return f"{self.p:g} of {self.shape}"


class AlignedDropout(TorchFunctionMode):
    """While inside, the n-th mask of a kind depends on the seed, n and the kind alone.

    So a model that drops nothing in one place drops the same as before in places of another kind,
    and one that joins batch and heads in one dimension drops the same as one that does not.

    Args:
        seed: of all masks.

    Attributes:
        draws: what was drawn.
        hidden: whether a function dropped something where it cannot be seen.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self._seed = seed
        self.draws: list[Draw] = []
        self.hidden = False

    def reached(self, stage: str) -> None:
        """Note that a stage was made."""
        self.draws = [replace(draw, stage=draw.stage or stage) for draw in self.draws]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _DROPOUTS:
            return self._dropout(*args, **kwargs)
        if func is F.scaled_dot_product_attention:
            p = args[4] if len(args) > 4 else kwargs.get("dropout_p", 0.0)
            if p > 0:
                return self._attention(*args, **kwargs)
        if func is F.multi_head_attention_forward:  # its eleventh argument is the probability
            self.hidden |= bool(kwargs.get("training", True)) and args[10] > 0
        return func(*args, **kwargs)

    def _dropout(
        self,
        input: Tensor,  # noqa: A002 - its name in torch
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        if not training or p == 0:
            return input
        dropped = input * self._mask(tuple(input.shape), p).to(input) / (1 - p)
        return input.copy_(dropped) if inplace else dropped

    def _attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
    ) -> Tensor:
        """The fused function's mathematics, with a mask that can be chosen."""
        scores = query @ key.transpose(-1, -2) * (scale or query.shape[-1] ** -0.5)
        if is_causal:
            attn_mask = torch.ones_like(scores, dtype=torch.bool).tril()
        if attn_mask is not None:
            bias = torch.zeros_like(scores)
            kept = attn_mask.dtype == torch.bool
            scores = scores + (bias.masked_fill(~attn_mask, -torch.inf) if kept else attn_mask)
        return self._dropout(scores.softmax(-1), dropout_p) @ value

    def _mask(self, shape: tuple[int, ...], p: float) -> Tensor:
        drawn = Draw(shape, p)
        number = sum(draw.kind == drawn.kind for draw in self.draws)
        generator = torch.Generator().manual_seed(self._seed + number)
        self.draws.append(drawn)
        return torch.rand(shape, generator=generator, dtype=torch.float64) >= p
