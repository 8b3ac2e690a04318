"""A mistake as an edit: what one stage of a BERT becomes when somebody gets it wrong.

The edit is made on any model in HuggingFace's layout while it runs, from what the stages before it
made. So the same mistake can be put into scratch_bert, to see whether the judge finds it, and into
the reference, to see whether it explains what a candidate computed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from parity.probes import Mode
from parity.stages import OUTPUTS, reference_points
from parity.trace import tapped

Make = Callable[["Scene"], Tensor]
Around = Callable[[nn.Module, str, float], AbstractContextManager[None]]


@dataclass(frozen=True, eq=False)
class Fault:
    """A known mistake.

    Attributes:
        name: as in reports.
        stages: where it can be made; `{i}` stands for a layer's number.
        wrong: makes a stage's wrong tensor.
        says: what was done, for somebody who did it; `{value}` stands for its parameter.
        hint: what to do instead.
        shows: which observable reveals it.
        mode: how a model is run that reveals it.
        seen: where it was met, if anywhere.
        together: whether it is one mistake at all its stages of a layer, not one at each.
        layers: of which layers it is one mistake; None if it is one in each.
        values: of its parameter, to begin the search for it; none where it has none.
        around: changes a model for as long as it runs, where no tensor of a stage does it.
        equivalent: why it is no mistake though it looks like one.
    """

    name: str
    stages: tuple[str, ...]
    wrong: Make | None = None
    says: str = ""
    hint: str = ""
    shows: str = "any batch"
    mode: Mode = Mode.EVALUATE
    seen: str = ""
    together: bool = False
    layers: slice | None = None
    values: tuple[float, ...] = ()
    around: Around | None = None
    equivalent: str = ""

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
class Mistake:
    """A fault that was made somewhere.

    Attributes:
        fault: which.
        stages: where.
        value: of the fault's parameter.
    """

    fault: Fault
    stages: tuple[str, ...]
    value: float = 0.0

    @property
    def stage(self) -> str:
        """The first."""
        return self.stages[0]

    @property
    def says(self) -> str:
        """What was done."""
        return self.fault.says.replace("{value}", f"{self.value:.6g}")


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
        value: of the fault's parameter.
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


@contextmanager
def making(
    mistakes: Sequence[Mistake],
    model: nn.Module,
    config: Mapping[str, Any],
    batch: Mapping[str, Tensor],
) -> Iterator[Callable[[dict[str, Tensor]], dict[str, Tensor]]]:
    """While inside, a forward pass makes mistakes.

    Args:
        mistakes: which, and where.
        model: in HuggingFace's layout.
        config: its config.json.
        batch: what it is about to be given.

    Yields:
        What makes the mistakes that are made in the model's outputs.
    """
    named = model.named_parameters(remove_duplicate=False)
    parameters: dict[str, Tensor] = {name.removeprefix("bert."): weight for name, weight in named}
    scene = Scene(model, config, batch, parameters=parameters)
    points = reference_points(name for name, _ in model.named_modules())
    wrong: dict[str, list[tuple[Make, float]]] = {}
    for mistake in mistakes:
        for stage in mistake.stages:
            if mistake.fault.wrong is not None:
                wrong.setdefault(stage, []).append((mistake.fault.wrong, mistake.value))

    def look(name: str, tensor: Tensor) -> None:
        scene.made[name] = tensor

    def edit(name: str, tensor: Tensor) -> Tensor:
        for make, value in wrong[name]:  # a second one goes on from what the first has made
            tensor = make(replace(scene, stage=name, right=tensor, value=value))
        return tensor

    def edit_outputs(outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        here = [name for name in OUTPUTS if name in wrong and name in outputs]
        edited = {name: edit(name, outputs[name]) for name in here}
        return {**outputs, **edited}

    places = {name: points[name] for name in wrong if name in points}
    if not wrong:
        points = {}  # nobody asks what was made
    elif len(places) == len(wrong):  # nor what is made later
        *_, last = (i for i, name in enumerate(points) if name in wrong)
        points = dict(islice(points.items(), last))
    with ExitStack() as stack:
        for mistake in mistakes:
            for stage in mistake.stages:
                if mistake.fault.around is not None:
                    stack.enter_context(mistake.fault.around(model, stage, mistake.value))
        stack.enter_context(tapped(model, points, look))
        stack.enter_context(tapped(model, places, edit, edits=True))
        yield edit_outputs
