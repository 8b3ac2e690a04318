"""What a measured mistake is made of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene


@dataclass(frozen=True)
class Measured:
    """A stage of one probe, as the candidate and the reference make it.

    Attributes:
        scene: what the reference made before the stage.
        ours: the candidate's tensor, in float64.
        tokens: which of its numbers are judged.
        rounding: by which share of the largest number its rounding may change another.
    """

    scene: Scene
    ours: Tensor
    tokens: Tensor
    rounding: float

    def equals(self, made: Tensor) -> bool:
        """Whether the candidate's numbers are these, but for rounding."""
        return made.shape == self.ours.shape and self.same(self.ours, made, self.tokens)

    def same(self, ours: Tensor, made: Tensor, where: Tensor | None = None) -> bool:
        """Whether two tensors agree, everywhere or in some places, but for rounding."""
        if where is None:
            where = torch.ones_like(ours, dtype=torch.bool)
        expected = made.expand_as(ours)[where]
        difference = (ours[where] - expected).abs()
        finite = expected[expected.abs() < 1e30]  # what stands for "masked" sets no scale
        scale = finite.abs().max() if finite.numel() else torch.ones(())
        return not difference.numel() or bool(difference.max() <= self.rounding * scale)


def mistake(
    name: str, description: str, fix: str, stages: Iterable[str], wrong: Callable[[Scene], Tensor]
) -> Mistake:
    """Make a mistake of a part."""
    return Mistake(name, tuple(stages), wrong, description, None, fix)


Found = Iterator[Mistake]
