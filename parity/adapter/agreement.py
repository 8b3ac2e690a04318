"""How far a model with guessed weights is from the reference, part by part.

Each layer is given the reference's input in place of its own, and so is what comes after the last
one, so that a wrong guess about one part does not touch the others.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn

from parity.adapter.pairing import ParameterPair
from parity.adapter.parameter_units import folded
from parity.adapter.signatures import Call, leaves, run
from parity.core.compare import attended
from parity.core.probes import Probe
from parity.core.recording import Recording

INFINITE = float("inf")
NAMED = (
    "last_hidden_state",
    "pooler_output",
    "prediction_logits",
    "log_probabilities",
    "seq_relationship_logits",
)


@dataclass(frozen=True)
class LargestDifferences:
    """Largest differences, as shares of the reference's largest magnitude.

    Attributes:
        embeddings: of what the first layer is given.
        layers: of what a layer makes of the reference's input.
        outputs: of what the model returns, by HuggingFace's names.
        places: how each of those is reached.
    """

    embeddings: float
    layers: float
    outputs: dict[str, float]
    places: dict[str, str]

    @property
    def top(self) -> float:
        """What depends on parameters outside of layers."""
        return max(self.embeddings, *self.outputs.values(), 0.0)


class Agreement:
    """A model in double precision beside the reference's numbers.

    Args:
        model: whatever weights it has.
        weights: the reference's.
        sizes: how many layers, and how many heads.
        probe: what both read.
        theirs: what the reference made of it.
    """

    def __init__(
        self,
        model: nn.Module,
        weights: Mapping[str, Tensor],
        sizes: tuple[int, int],
        probe: Probe,
        theirs: Recording,
    ) -> None:
        self.model = model.to(torch.float64).eval()
        self.weights, self.sizes, self.probe = weights, sizes, probe
        self._expected = {name: theirs.get(probe.name, name) for name in theirs.stages(probe.name)}
        self.blocks = self._find_blocks()
        self._placed: dict[str, ParameterPair] = {}

    def _find_blocks(self) -> list[str]:
        """The path that all parameters of a layer share, up to its number."""
        names = folded([name for name, _ in self.model.named_parameters()], *self.sizes)
        prefixes = {re.sub(r"\{i\}\..*", "{i}", name) for name in names if "{i}" in name}
        paths = [prefix.replace("{i}", str(i)) for prefix in prefixes for i in range(self.sizes[0])]
        modules = dict(self.model.named_modules())
        plain = (nn.ParameterDict, nn.ParameterList, nn.ModuleList, nn.ModuleDict, type(None))
        one = len(prefixes) == 1 and not any(isinstance(modules.get(p), plain) for p in paths)
        return paths if one else []

    def place(self, pairs: Sequence[ParameterPair]) -> None:
        """Put the reference's weights where a guess says."""
        layers, heads = self.sizes
        with torch.no_grad():
            for pair in pairs:
                if self._placed.get(pair.theirs) == pair:
                    continue
                self._placed[pair.theirs] = pair
                for i in range(layers) if "{i}" in pair.theirs else (0,):
                    name = pair.theirs.replace("{i}", str(i))
                    parts = [self.weights[r.replace("{i}", str(i))] for r in pair.references]
                    made = pair.how(parts, heads)
                    for h, part in enumerate(made if "{h}" in name else [made]):
                        self.model.get_parameter(name.replace("{h}", str(h))).copy_(part)

    def measure(self, call: Call) -> LargestDifferences:
        """Run once and compare.

        Raises:
            Exception: whatever the user's own code raises.
        """
        stages = ["embeddings", *(f"encoder.layer.{i}" for i in range(self.sizes[0]))]
        seen = dict.fromkeys(stages, INFINITE)

        def guide(stage: str, value: Any) -> None:
            """Compare the hidden states, and put the reference's in their place."""
            if (hidden := self._hidden(value)) is not None:
                seen[stage] = self.difference(stage, hidden)
                hidden.copy_(self._expected[stage])

        with torch.no_grad(), ExitStack() as stack:
            for stage, path in zip(stages, self.blocks, strict=False):
                block = self.model.get_submodule(path)
                hook = lambda _m, args, kwargs, at=stage: guide(at, (*args, *kwargs.values()))  # noqa: E731
                stack.callback(block.register_forward_pre_hook(hook, with_kwargs=True).remove)
            if self.blocks:  # after the last of them
                last = lambda _m, _args, output: guide(stages[-1], output)  # noqa: E731
                stack.callback(block.register_forward_hook(last).remove)
            outputs = self._outputs(run(self.model, call, self.probe.batch))
        if not self.blocks and outputs:
            seen = dict.fromkeys(stages, 0.0)  # seen in the outputs alone
        embeddings, *layers = seen.values()
        differences = {name: difference for name, (difference, _) in outputs.items()}
        places = {name: place for name, (_, place) in outputs.items()}
        return LargestDifferences(embeddings, max(layers), differences, places)

    def _hidden(self, value: Any) -> Tensor | None:
        """The hidden states among what a layer is given or returns, as (batch, seq, hidden)."""
        wanted = self._expected["embeddings"].shape
        for _, leaf in leaves(value):
            if leaf.is_floating_point() and leaf.shape == wanted:
                return leaf
            if leaf.dim() == 3 and leaf.transpose(0, 1).shape == wanted:
                return leaf.transpose(0, 1)
        return None

    def shape(self, stage: str) -> torch.Size | None:
        """The reference's shape of a stage; None where it has no such stage."""
        return self._expected[stage].shape if stage in self._expected else None

    def difference(self, stage: str, ours: Tensor) -> float:
        """Compare what belongs to tokens; infinite where it is not a number."""
        theirs = self._expected[stage]
        if ours.shape != theirs.shape:
            return INFINITE
        gap = ours - theirs
        mask = self.probe.batch.get("attention_mask")
        kept = None if mask is None else attended(stage, theirs, mask)
        if kept is not None:
            gap, theirs = (x.masked_fill(~kept.tokens, 0) for x in (gap, theirs))
        share = float(gap.abs().max() / theirs.abs().max())
        return share if share == share else INFINITE

    def _outputs(self, output: Any) -> dict[str, tuple[float, str]]:
        """How far off each output is and how it is reached; each place has one name.

        Logits and their logarithms have one shape: the name that agrees better is kept.
        """
        best: dict[str, tuple[float, str]] = {}
        for at, leaf in leaves(output):
            turned = [(f"{at}.transpose(0, 1)", leaf.transpose(0, 1))] if leaf.dim() == 3 else []
            for name in NAMED if leaf.is_floating_point() else ():
                for place, tensor in ((at, leaf), *turned):
                    if tensor.shape == self.shape(name):
                        seen = self.difference(name, tensor), place
                        best[name] = min(best.get(name, seen), seen, key=itemgetter(0))
        chosen: dict[str, str] = {}
        for name, (_, place) in sorted(best.items(), key=lambda item: item[1][0]):
            chosen.setdefault(place, name)
        return {name: seen for name, seen in best.items() if chosen[seen[1]] == name}
