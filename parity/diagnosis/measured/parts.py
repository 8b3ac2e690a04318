"""What a measured mistake is made of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from parity.core.mistake import Mistake
from parity.core.scene import Scene

_SAME = 1e-10  # of the largest number; other orders of additions leave 1e-14


@dataclass(frozen=True)
class Measured:
    """A stage of one probe, as the candidate and the reference make it.

    Attributes:
        scene: what the reference made before the stage.
        ours: the candidate's tensor.
        tokens: which of its numbers are judged.
    """

    scene: Scene
    ours: Tensor
    tokens: Tensor

    def equals(self, made: Tensor) -> bool:
        """Whether the candidate's numbers are these, but for rounding."""
        return made.shape == self.ours.shape and same(self.ours, made, self.tokens)


def same(ours: Tensor, made: Tensor, where: Tensor) -> bool:
    """Whether two tensors agree in some places, but for rounding."""
    expected = made.expand_as(ours)[where]
    difference = (ours[where] - expected).abs()
    finite = expected[expected.abs() < 1e30]  # what stands for "masked" sets no scale
    scale = finite.abs().max() if finite.numel() else torch.ones(())
    return not difference.numel() or bool(difference.max() <= _SAME * scale)


def mistake(
    name: str, description: str, fix: str, stages: Iterable[str], wrong: Callable[[Scene], Tensor]
) -> Mistake:
    """Make a mistake of a part."""
    return Mistake(name, tuple(stages), wrong, description, None, fix)


Found = Iterator[Mistake]
