"""Which parts are tried at a stage."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from torch import Tensor

from parity.core.mistake import Injection, Mistake
from parity.core.scene import Scene
from parity.diagnosis.measured.attention import context, gives, mixtures, probabilities, softmaxes
from parity.diagnosis.measured.lookups import lookups
from parity.diagnosis.measured.norms import guessed_norms, norms
from parity.diagnosis.measured.parts import Found, Measured
from parity.diagnosis.measured.scores import products, scores
from parity.diagnosis.measured.tensors import linears, sums

_LAST: dict[str, tuple[Callable[[Measured], Found], ...]] = {
    "scores": (scores,),
    "probabilities": (probabilities,),
    "self": (context, sums),
    "sum": (sums,),
    "LayerNorm": (norms, sums),
    "query": (linears,),
    "key": (linears,),
    "value": (linears,),
    "dense": (linears, sums),
    "predictions": (linears,),
    "seq_relationship": (linears,),
    "transform": (norms,),
    "word_embeddings": (lookups,),
    "position_embeddings": (lookups,),
    "token_type_embeddings": (lookups,),
    "embeddings": (sums,),
}


def measured(stage: Measured) -> Iterator[Mistake]:
    """Yield mistakes made of parts that give the candidate's numbers at a stage that it shows."""
    last = stage.scene.stage.rpartition(".")[2]
    for family in _LAST.get("sum" if last.isdigit() else last, ()):
        yield from family(stage)


def guessed(hidden: Iterable[str], shown: Measured | None) -> Iterator[Mistake]:
    """Yield mistakes made of parts at stages that the candidate does not show, each once.

    Args:
        hidden: the stages.
        shown: the stage behind them that differs; what cannot give its numbers is left out.
    """
    kinds = {name.rpartition(".")[2] for name in hidden}
    made = chain(
        products() if "scores" in kinds else (),
        softmaxes() if "probabilities" in kinds else (),
        mixtures() if "self" in kinds else (),
    )
    yield from (each for each in made if shown is None or gives(each, shown))
    if "LayerNorm" in kinds:
        yield from guessed_norms()


class Spy:
    """Keeps the scene in which a stage is made, and changes nothing.

    Args:
        stage: which.

    Attributes:
        injection: to be made in a run.
        scene: what was there; its weights are constants.
    """

    scene: Scene

    def __init__(self, stage: str) -> None:
        self.injection = Injection(Mistake("", (stage,), self._keep), (stage,))

    def _keep(self, scene: Scene) -> Tensor:
        parameters = {name: each.detach() for name, each in scene.parameters.items()}
        self.scene = replace(scene, made={**scene.made}, parameters=parameters)
        return scene.right
