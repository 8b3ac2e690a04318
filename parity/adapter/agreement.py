"""How far a model with guessed weights is from the reference, part by part.

Each layer is given the reference's input in place of its own, and so is what comes after the last
one, so that a wrong guess about one part does not touch the others.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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


@dataclass
class Measured:
    """Largest differences, as shares of the reference's largest magnitude.

    Attributes:
        embeddings: of what the first layer is given.
        layers: of what a layer makes of the reference's input.
        outputs: of what the model returns, by HuggingFace's names.
        places: how each of those is reached.
    """

    embeddings: float = INFINITE
    layers: float = INFINITE
    outputs: dict[str, float] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

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
        self.templates = folded([name for name, _ in model.named_parameters()], *sizes)
        self.blocks = self._find_blocks()
        self._placed: dict[str, ParameterPair] = {}

    def _find_blocks(self) -> list[str]:
        """The path that all parameters of a layer share, up to its number."""
        inside = [name for name in self.templates if "{i}" in name]
        prefixes = {name[: name.index("{i}") + 3] for name in inside}
        layers = range(self.sizes[0])
        if len(prefixes) != 1 or not all(
            re.match(r"\.|$", name[name.index("{i}") + 3 :]) for name in inside
        ):
            return []
        (prefix,) = prefixes
        paths = [prefix.replace("{i}", str(i)) for i in layers]
        modules = [dict(self.model.named_modules()).get(path) for path in paths]
        plain = (nn.ParameterDict, nn.ParameterList, nn.ModuleList, nn.ModuleDict)
        return [] if any(m is None or isinstance(m, plain) for m in modules) else paths

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
                    if "{h}" not in name:
                        self.model.get_parameter(name).copy_(made)
                        continue
                    for h in range(heads):
                        self.model.get_parameter(name.replace("{h}", str(h))).copy_(made[h])

    def measure(self, call: Call) -> Measured:
        """Run once and compare.

        Raises:
            Exception: whatever the user's own code raises.
        """
        measured = Measured()
        with torch.no_grad(), self._guided(measured):
            output = run(self.model, call, self.probe.batch)
            self._name_outputs(measured, output)
        if not self.blocks and measured.outputs:
            measured.embeddings = measured.layers = 0.0  # seen in the outputs alone
        return measured

    @contextmanager
    def _guided(self, measured: Measured) -> Iterator[None]:
        handles = []
        worst: list[float] = []

        def look(stage: str, value: Any) -> float:
            hidden = self._hidden(value)
            if hidden is None:
                return INFINITE
            difference = self.difference(stage, hidden)
            hidden.copy_(self._expected[stage])
            return difference

        def before(i: int, value: Any) -> None:
            stage = f"encoder.layer.{i - 1}" if i else "embeddings"
            difference = look(stage, value)
            if i:
                worst.append(difference)
            else:
                measured.embeddings = difference

        def after(value: Any) -> None:
            worst.append(look(f"encoder.layer.{self.sizes[0] - 1}", value))
            measured.layers = max(worst)

        for i, path in enumerate(self.blocks):
            block = self.model.get_submodule(path)
            hook = lambda _m, args, kwargs, i=i: before(i, (*args, *kwargs.values()))  # noqa: E731
            handles.append(block.register_forward_pre_hook(hook, with_kwargs=True))
        if self.blocks:
            last = self.model.get_submodule(self.blocks[-1])
            handles.append(last.register_forward_hook(lambda _m, _a, output: after(output)))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

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

    def _name_outputs(self, measured: Measured, output: Any) -> None:
        for at, leaf in leaves(output):
            for name in NAMED:
                expected = self._expected.get(name)
                if expected is None or not leaf.is_floating_point():
                    continue
                for suffix, tensor in ((at, leaf), (f"{at}.transpose(0, 1)", _swapped(leaf))):
                    if tensor is None or tensor.shape != expected.shape:
                        continue
                    difference = self.difference(name, tensor)
                    if difference < measured.outputs.get(name, INFINITE) or (
                        name not in measured.outputs
                    ):
                        measured.outputs[name] = difference
                        measured.places[name] = suffix
        _one_name_each(measured)


def _swapped(tensor: Tensor) -> Tensor | None:
    return tensor.transpose(0, 1) if tensor.dim() == 3 else None


def _one_name_each(measured: Measured) -> None:
    """Logits and their logarithms have one shape: keep the name that agrees better."""
    by_place: dict[str, list[str]] = {}
    for name, place in measured.places.items():
        by_place.setdefault(place, []).append(name)
    for names in by_place.values():
        for name in sorted(names, key=lambda n: measured.outputs[n])[1:]:
            del measured.outputs[name], measured.places[name]
