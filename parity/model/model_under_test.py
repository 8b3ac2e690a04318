"""A model under judgement: how to make it, run it, and where its stages are."""

import ctypes
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from torch import Tensor, nn

from parity.core.stages import Stage
from parity.model.weight_places import Emit


@dataclass
class Subject:
    """A candidate, or the reference itself when its own errors are measured.

    Attributes:
        make: builds a fresh model in a dtype, for evaluation.
        forward: runs a batch; outputs by HuggingFace's names.
        stages: where the model makes which stage.
        gradients: while a backward pass runs inside, passes on the weights' gradients, by
            HuggingFace's names and in its layout, and drops them.
        unsupported: what it says it has not.
        dtype: what it computes in, unless a probe asks for another.
        kept: what is known about the model, as long as it is the same one.
    """

    make: Callable[[torch.dtype], nn.Module]
    forward: Callable[[nn.Module, Mapping[str, Tensor]], dict[str, Tensor]]
    stages: Mapping[str, Stage]
    gradients: Callable[[nn.Module, Emit], AbstractContextManager[None]]
    unsupported: Collection[str] = ()
    dtype: torch.dtype = torch.float64
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    _made: tuple[tuple[torch.dtype, bool], nn.Module] | None = field(default=None, repr=False)

    def model(
        self, dtype: torch.dtype, *, training: bool = False, fresh: bool = False
    ) -> nn.Module:
        """Return a model; one is kept for the next call that does not want a fresh one."""
        if fresh or self._made is None or self._made[0] != (dtype, training):
            self._made = None  # so that two are never held
            self.kept.clear()
            self._made = (dtype, training), self.make(dtype).train(training)
        return self._made[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the model go; functions that know this subject would hold it."""
        self._made = None
        self.kept.clear()
        if sys.platform == "linux":  # whose allocator keeps what is freed, a fifth of a BERT
            getattr(ctypes.CDLL(None), "malloc_trim", int)(0)
