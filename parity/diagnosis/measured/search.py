"""Which parts are tried at a stage."""

from collections.abc import Callable, Iterator

from parity.core.mistake import Mistake
from parity.diagnosis.measured.attention import (
    context,
    mixtures,
    probabilities,
    products,
    scores,
    softmaxes,
)
from parity.diagnosis.measured.lookups import lookups
from parity.diagnosis.measured.norms import guessed_norms, norms
from parity.diagnosis.measured.parts import Found, Measured
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


def guessed(stage: str) -> Iterator[Mistake]:
    """Yield mistakes made of parts at a stage that the candidate does not show."""
    last = stage.rpartition(".")[2]
    if last == "scores":
        yield from products()
    elif last == "probabilities":
        yield from softmaxes()
    elif last == "self":
        yield from mixtures()
    elif last == "LayerNorm":
        yield from guessed_norms(stage)
