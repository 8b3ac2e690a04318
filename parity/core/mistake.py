"""A known mistake: what somebody gets wrong, how it is fixed, and the function that makes it.

A mistake of the model is a function of a `Scene`: the stages before it, the weights, the batch. So
the same mistake can be made in any model in HuggingFace's layout: in scratch_bert, to test the
judge, and in the reference, to explain a candidate's numbers.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from parity.core.probes import Mode
from parity.core.scene import Scene

Make = Callable[[Scene], Tensor]
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
        breaks: the function of scratch_bert; None where nobody needs to know.
        fix: what to do instead.
        detected_by: which observable reveals it.
        mode: how a model is run that reveals it.
        seen: where it was met, if anywhere.
        together: whether it is one mistake at all its stages of a layer, not one at each.
        reorders: whether a model that makes it computes stages in another order, so that no stage
            shows it alone.
        everywhere: whether a model makes it in all layers at once.
        layers: of which layers it is one mistake; None if it is one in each.
        fewest_layers: a model with fewer layers cannot have the mistake.
        values: of its parameter, to begin the search for it; none where it has none.
        around: changes a model for as long as it runs, where no tensor of a stage does it.
        replaces: functions of scratch_bert outside of the model, each with what takes its place;
            that is given the function first, and then what the function is given.
        equivalent: if set, why it is correct though it looks like a mistake.
        harmless: if set, why a model that does so is correct, although its numbers differ.
    """

    id: str
    stages: tuple[str, ...]
    wrong: Make | None = None
    description: str = ""
    breaks: Callable[..., Any] | None = None
    fix: str = ""
    detected_by: str = "any batch"
    mode: Mode = Mode.EVALUATE
    seen: str = ""
    together: bool = False
    reorders: bool = False
    everywhere: bool = False
    layers: slice | None = None
    fewest_layers: int = 1
    values: tuple[float, ...] = ()
    around: Around | None = None
    replaces: tuple[tuple[Callable[..., Any], Callable[..., Any]], ...] = ()
    equivalent: str = ""
    harmless: str = ""

    @property
    def is_random(self) -> bool:
        """Whether a model that makes it computes something else in each evaluation."""
        return self.mode is Mode.EVALUATE and self.around is not None

    @property
    def touched(self) -> set[object]:
        """Which functions of scratch_bert, outside of the model, it replaces."""
        return {right for right, _ in self.replaces}

    def places(self, names: Sequence[str], layers: int) -> list[tuple[str, ...]]:
        """Return where a model can have it; each place is one mistake.

        Args:
            names: the model's stages.
            layers: how many it has.
        """
        numbers = range(layers if layers >= self.fewest_layers else 0)[self.layers or slice(None)]
        found: list[tuple[str, ...]] = []
        for i in numbers:
            stages = tuple(stage.format(i=i) for stage in self.stages)
            stages = tuple(dict.fromkeys(stage for stage in stages if stage in names))
            found += [stages] if self.together else [(stage,) for stage in stages]
        found = [sum(found, ())] if self.everywhere else found
        return list(dict.fromkeys(place for place in found if place))


class StageMistakes:
    """Decorates functions that make mistakes of the model at some stages.

    Args:
        mistakes: the list that each mistake is added to.
        breaks: the function of scratch_bert that they break.
        stages: where the mistakes can be made.
        defaults: of `Mistake`'s fields.
    """

    def __init__(
        self, mistakes: list[Mistake], breaks: Callable[..., Any], *stages: str, **defaults: Any
    ) -> None:
        self._mistakes, self._defaults = mistakes, {"breaks": breaks, "stages": stages, **defaults}

    def __call__(
        self, name: str, fix: str, detected_by: str = "", **fields: Any
    ) -> Callable[[Make], Mistake]:
        """Decorate a function that makes a stage's wrong tensor.

        Its docstring says what was done.

        Args:
            name: the mistake's id.
            fix: what to do instead.
            detected_by: what reveals it, where it is not the default.
            fields: further ones of `Mistake`.
        """
        return lambda wrong: self._add(wrong, name, fix, detected_by, wrong=wrong, **fields)

    def around(
        self, name: str, fix: str, detected_by: str = "", **fields: Any
    ) -> Callable[[Around], Mistake]:
        """Decorate a function that changes the model while it runs; arguments are those above."""
        return lambda around: self._add(around, name, fix, detected_by, around=around, **fields)

    def _add(
        self, function: Callable[..., Any], name: str, fix: str, detected_by: str, **fields: Any
    ) -> Mistake:
        detected = {"detected_by": detected_by} if detected_by else {}
        known = {**self._defaults, "description": described(function), **detected, **fields}
        self._mistakes.append(mistake := Mistake(name, fix=fix, **known))
        return mistake


def described(wrong: Callable[..., Any]) -> str:
    """Return a function's docstring as a part of a sentence: what was done."""
    text = " ".join((wrong.__doc__ or "").split()).removesuffix(".")
    first = text.partition(" ")[0]
    is_name = first.startswith(("Adam", "Python")) or not (first == "A" or first[1:].islower())
    return text if is_name else text[0].lower() + text[1:]


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
