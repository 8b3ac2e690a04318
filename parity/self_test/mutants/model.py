"""scratch_bert as a candidate that makes mistakes on demand."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from parity.core.mistake import Injection
from parity.diagnosis.inject import making
from parity.ours.model import ScratchBert


class Faulty:
    """Builds scratch_bert, and makes mistakes while it runs.

    Args:
        mistakes: which, and where.
        heads: whether it has those that the checkpoint has; without them it returns the last
            layer's states and the pooler's output.
    """

    def __init__(self, mistakes: Sequence[Injection] = (), *, heads: bool = True) -> None:
        self._mistakes = mistakes
        self._heads = heads
        self._config: dict[str, Any] = {}

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build it."""
        self._config = config
        kept = {name: weights[name] for name in weights if self._heads or name[:4] != "cls."}
        return ScratchBert().build(config, kept)

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run a batch."""
        tensors = {name: batch[name] for name in batch}
        with making(self._mistakes, model, self._config, tensors) as edited:
            return edited(dict(ScratchBert().forward(model, tensors)))
