"""A known mistake of the model: what one stage of a BERT becomes when somebody gets it wrong.

A mistake is a function of a `Scene`: the stages before it, the weights, the batch. So the same
mistake can be made in any model in HuggingFace's layout: in scratch_bert, to test the judge, and in
the reference, to explain a candidate's numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from parity.core.probes import Mode

Make = Callable[["Scene"], Tensor]
Around = Callable[[nn.Module, str, float], AbstractContextManager[None]]


@dataclass(frozen=True, eq=False)
class Mistake:
    """A known mistake.

    Attributes:
        id: as in reports and on the command line.
        stages: of the model, where it can be made; `{i}` stands for a layer's number. Of all else,
            the check or the rule that it breaks.
        wrong: makes a stage's wrong tensor.
        description: what was done, for somebody who did it; `{value}` stands for its parameter.
        fix: what to do instead.
        detected_by: which observable reveals it.
        mode: how a model is run that reveals it.
        seen: where it was met, if anywhere.
        together: whether it is one mistake at all its stages of a layer, not one at each.
        layers: of which layers it is one mistake; None if it is one in each.
        values: of its parameter, to begin the search for it; none where it has none.
        around: changes a model for as long as it runs, where no tensor of a stage does it.
        replaces: functions of scratch_bert outside of the model, each with what takes its place;
            that is given the function first, and then what the function is given.
        parts: of correct code that is no function of scratch_bert, by name, and what takes their
            place.
        equivalent: if set, why it is correct though it looks like a mistake.
    """

    id: str
    stages: tuple[str, ...]
    wrong: Make | None = None
    description: str = ""
    fix: str = ""
    detected_by: str = "any batch"
    mode: Mode = Mode.EVALUATE
    seen: str = ""
    together: bool = False
    layers: slice | None = None
    values: tuple[float, ...] = ()
    around: Around | None = None
    replaces: tuple[tuple[Callable[..., Any], Callable[..., Any]], ...] = ()
    parts: Mapping[str, Any] = field(default_factory=dict)
    equivalent: str = ""

    @property
    def touched(self) -> set[object]:
        """What outside of the model it changes: functions of scratch_bert, or named parts."""
        return {*self.parts, *(right for right, _ in self.replaces)}

    def places(self, names: Sequence[str], layers: int) -> list[tuple[str, ...]]:
        """Return where a model can have it; each place is one mistake.

        Args:
            names: the model's stages.
            layers: how many it has.
        """
        numbers = range(layers)[self.layers or slice(None)]
        found: list[tuple[str, ...]] = []
        for i in numbers:
            stages = tuple(stage.format(i=i) for stage in self.stages)
            stages = tuple(dict.fromkeys(stage for stage in stages if stage in names))
            found += [stages] if self.together else [(stage,) for stage in stages]
        return list(dict.fromkeys(place for place in found if place))


@dataclass(frozen=True)
class Injection:
    """A mistake of the model at a place.

    Attributes:
        mistake: which.
        stages: where.
        value: of the mistake's parameter.
    """

    mistake: Mistake
    stages: tuple[str, ...]
    value: float = 0.0

    @property
    def stage(self) -> str:
        """The first."""
        return self.stages[0]

    @property
    def description(self) -> str:
        """What was done."""
        return self.mistake.description.replace("{value}", f"{self.value:.6g}")


@dataclass(frozen=True)
class Scene:
    """Where a mistake is made: one stage of one forward pass, and what came before it.

    Attributes:
        model: in HuggingFace's layout.
        config: its config.json.
        batch: what it was given.
        made: the stages before it.
        parameters: the model's weights, by HuggingFace's names.
        stage: which is being made.
        right: what it ought to be.
        value: of the mistake's parameter.
    """

    model: nn.Module
    config: Mapping[str, Any]
    batch: Mapping[str, Tensor]
    made: dict[str, Tensor] = field(default_factory=dict)
    parameters: dict[str, Tensor] = field(default_factory=dict)
    stage: str = ""
    right: Tensor = field(default_factory=lambda: torch.empty(0))
    value: float = 0.0

    def __getitem__(self, name: str) -> Tensor:
        """Return an earlier stage, of the same layer if it has one of this name."""
        here = f"{self.layer}.{name}"
        return self.made[here if here in self.made else name]

    @property
    def layer(self) -> str:
        """Whose stage it is, such as `encoder.layer.3`; "" outside of the encoder."""
        return ".".join(self.stage.split(".")[:3]) if self.stage.startswith("encoder.") else ""

    @property
    def number(self) -> int:
        """The layer's."""
        return int(self.layer.rpartition(".")[2])

    @property
    def entering(self) -> Tensor:
        """What the layer is given."""
        return self.made[f"encoder.layer.{self.number - 1}" if self.number else "embeddings"]

    @property
    def last(self) -> Tensor:
        """What the last layer made."""
        return self.made[f"encoder.layer.{self.config['num_hidden_layers'] - 1}"]

    @property
    def entered(self) -> Tensor:
        """What the linear layer, LayerNorm or activation of this stage is given."""
        parent, _, last = self.stage.rpartition(".")
        if last in ("query", "key", "value"):
            return self.entering
        if last == "LayerNorm":
            return self.made[f"{parent}.sum"]
        return {
            "attention.output.dense": lambda: self["attention.self"],
            "intermediate.dense": lambda: self["attention.output.LayerNorm"],
            "intermediate": lambda: self["intermediate.dense"],
            "output.dense": lambda: self["intermediate"],
            "pooler.dense": lambda: self.last[:, 0],
            "pooler": lambda: self.made["pooler.dense"],
            "cls.predictions": lambda: self.made["cls.predictions.transform"],
            "cls.seq_relationship": lambda: self.made["pooler"],
        }[self.stage.removeprefix(f"{self.layer}.")]()

    @property
    def mask(self) -> Tensor:
        """(batch, seq), True for tokens."""
        ids = self.batch["input_ids"]
        return self.batch.get("attention_mask", torch.ones_like(ids)).bool()

    def parameter(self, name: str) -> Tensor:
        """Return a weight by HuggingFace's name, of the same layer if it has one of this name."""
        here = f"{self.layer}.{name}"
        return self.parameters[here if here in self.parameters else name]

    def linear(self, states: Tensor, name: str = "") -> Tensor:
        """Run states through the linear layer of this stage, or of another."""
        name = name or self.stage
        return F.linear(states, self.parameter(f"{name}.weight"), self.parameter(f"{name}.bias"))

    def heads(self, name: str) -> Tensor:
        """(batch, heads, seq, head_dim) of this layer's `query`, `key` or `value`."""
        states = self[f"attention.self.{name}"]
        batch, seq, _ = states.shape
        heads = self.config["num_attention_heads"]
        return states.reshape(batch, seq, heads, -1).transpose(1, 2)
