"""A model under judgement: how to make it, run it, and where its stages are."""

import ctypes
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Self
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from parity.core.import_by_name import load_maker
from parity.core.stages import Stage
from parity.model.candidate import Batch, Candidate
from parity.model.weight_places import Emit, Place, gathered, places_of
from scratch_bert.weights.builtin import ADVERSARIAL
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights
from scratch_bert.weights.names import canonical_weights


@dataclass
class ModelUnderTest:
    """A candidate, or the reference itself when its own errors are measured.

    Attributes:
        make: builds a fresh model in a dtype, for evaluation.
        forward: runs a batch; outputs by HuggingFace's names.
        stages: where the model makes which stage.
        gradients: while a backward pass runs inside, passes on the weights' gradients, by
            HuggingFace's names and in its layout, and drops them.
        unsupported: what it says it has not.
        dtype: what it computes in, unless a probe asks for another.
        places: where a model holds the weights.
        unseen: stages that the candidate has and nobody can look at, and why.
        named: whether the candidate says where its stages are; else they are found by their names.
        repeated: stages whose module was seen to run several times in one pass.
    """

    make: Callable[[torch.dtype], nn.Module]
    forward: Callable[[nn.Module, Mapping[str, Tensor]], dict[str, Tensor]]
    stages: Mapping[str, Stage]
    gradients: Callable[[nn.Module, Emit], AbstractContextManager[None]]
    unsupported: Collection[str] = ()
    dtype: torch.dtype = torch.float64
    places: Callable[[nn.Module], Mapping[str, Sequence[Place]]] = lambda _: {}
    unseen: Mapping[str, str] = field(default_factory=dict)
    named: bool = True
    repeated: set[str] = field(default_factory=set)
    _made: tuple[tuple[torch.dtype, bool], nn.Module] | None = field(default=None, repr=False)

    def model(
        self, dtype: torch.dtype, *, training: bool = False, fresh: bool = False
    ) -> nn.Module:
        """Return a model; one is kept for the next call that does not want a fresh one."""
        if fresh or self._made is None or self._made[0] != (dtype, training):
            self._made = None  # so that two are never held
            self._made = (dtype, training), _in_mode(self.make(dtype), training=training)
        return self._made[1]

    def hide(self, stages: Collection[str]) -> None:
        """Leave out stages."""
        self.stages = {name: self.stages[name] for name in self.stages if name not in stages}
        self.unseen = {name: self.unseen[name] for name in self.unseen if name not in stages}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the model go; functions that know this subject would hold it."""
        self._made = None
        if sys.platform == "linux":  # whose allocator keeps what is freed, a fifth of a BERT
            getattr(ctypes.CDLL(None), "malloc_trim", int)(0)


def _in_mode(model: nn.Module, *, training: bool) -> nn.Module:
    try:
        return model.train(training)
    except NotImplementedError:  # an exported module is what it was when it was exported
        if training:
            raise
        return model


def candidate_under_test(
    candidate: Candidate, checkpoint: Checkpoint, dtype: torch.dtype
) -> ModelUnderTest:
    """Build a candidate, and find its stages.

    Args:
        candidate: whose model.
        checkpoint: with its weights.
        dtype: what it computes in.

    Raises:
        CandidateError: it is not what a candidate must be.
    """
    places = WeakKeyDictionary[nn.Module, dict[str, list[Place]]]()

    def weights() -> dict[str, Tensor]:
        """Read them anew: nobody's changes stay, and nobody holds them."""
        found = canonical_weights(read_weights(checkpoint.folder), checkpoint.folder)
        return {name: tensor for name, (_, tensor) in found.items()}

    def make(dtype: torch.dtype) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # what a model draws while it is built is the same in each
            return candidate.build(deepcopy(checkpoint.values), weights()).to(dtype)

    def find(model: nn.Module) -> Mapping[str, Sequence[Place]]:
        if model not in places:
            places[model] = places_of(model, weights())
        return places[model]

    def gradients(model: nn.Module, emit: Emit) -> AbstractContextManager[None]:
        return gathered(find(model), emit)

    tested = ModelUnderTest(
        make, candidate.forward, {}, gradients, candidate.unsupported, dtype, find
    )
    layers, model = checkpoint.config.num_hidden_layers, tested.model(dtype)
    stages = candidate.stages(model, layers)
    tested.unseen = {name: why for name in stages if (why := _unseen(model, stages[name]))}
    tested.stages = {name: stages[name] for name in stages if name not in tested.unseen}
    tested.named = candidate.names_stages
    return tested


def _unseen(model: nn.Module, stage: Stage) -> str:
    """Say why nobody can look at a stage's module, if that is so."""
    script = isinstance(model.get_submodule(stage.module), torch.jit.ScriptModule)
    return "a ScriptModule takes no hooks" if script else ""


def load(
    candidate: str, checkpoint: str = ADVERSARIAL, dtype: torch.dtype = torch.float64
) -> Callable[..., dict[str, Tensor]]:
    """Build a candidate to try things on it.

    Args:
        candidate: path/to/file.py:NAME or package.module:NAME.
        checkpoint: a folder, a hub id or a built-in one.
        dtype: what it computes in.

    Returns:
        A function of `input_ids` and the other inputs, by name and as nested lists; its outputs by
        HuggingFace's names.
    """
    made = Candidate(load_maker(candidate), candidate)
    tested = candidate_under_test(made, Checkpoint.of(checkpoint), dtype)

    def run(**inputs: list[list[int]]) -> dict[str, Tensor]:
        batch = Batch({name: torch.tensor(rows) for name, rows in inputs.items()})
        with torch.no_grad():
            outputs = tested.forward(tested.model(dtype), batch)
        return {name: tensor.clone() for name, tensor in outputs.items()}

    return run
