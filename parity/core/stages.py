"""The places in a BERT where a tensor can be looked at, under the reference's names.

A stage is named after the module whose output it is, without `bert.` in front, or with a last
word for what is no module's output: `sum` (what goes into a LayerNorm), `scores` and
`probabilities` (before and after the attention's softmax).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Side = Literal["in", "out", "scores", "probabilities"]


@dataclass(frozen=True)
class Stage:
    """Where a model makes a stage's tensor.

    >>> Stage.parse("blocks.0.norm:in")
    Stage(module='blocks.0.norm', side='in', take=None, put=None)

    Attributes:
        module: a module's path.
        side: the module's output, its input, or what goes into or comes out of the softmax that
            is computed inside it.
        take: which part of that tensor, or in which shape; where it is a view, the judge can also
            put the reference's numbers there.
        put: does that where it is none: writes numbers in the stage's shape into the tensor.
    """

    module: str
    side: Side = "out"
    take: "Callable[[Tensor], Tensor] | None" = None
    put: "Callable[[Tensor, Tensor], object] | None" = None

    @classmethod
    def parse(cls, text: str) -> "Stage":
        """Read a path with a side behind it, `:in`, `:scores` or `:probabilities`, or none."""
        module, _, side = text.partition(":")
        if side not in ("", "in", "out", "scores", "probabilities"):
            expected = "expected in, out, scores or probabilities"
            raise ValueError(f"{text!r}: the side is {side!r}, {expected}")
        return cls(module, side or "out")  # type: ignore[arg-type]

    def of(self, tensor: "Tensor") -> "Tensor":
        """Take this stage's part of what the module made."""
        return tensor if self.take is None else self.take(tensor)


_EMBEDDINGS = (
    "embeddings.word_embeddings",
    "embeddings.token_type_embeddings",
    "embeddings.position_embeddings",
    "embeddings.sum",
    "embeddings.LayerNorm",
    "embeddings",
)
_ATTENTION = (
    "self.query",
    "self.key",
    "self.value",
    "self.scores",
    "self.probabilities",
    "self",
    "output.dense",
    "output.sum",
    "output.LayerNorm",
)
_FEED_FORWARD = (
    "intermediate.dense",
    "intermediate",
    "output.dense",
    "output.sum",
    "output.LayerNorm",
)
_TOP = (
    "pooler.dense",
    "pooler",
    "cls.predictions.transform",
    "cls.predictions",
    "cls.seq_relationship",
    "classifier",
    "qa_outputs",
)


# What a model may return besides what its modules make; the names are HF's but for the last.
OUTPUTS = (
    "last_hidden_state",
    "pooler_output",
    "logits",
    "prediction_logits",
    "seq_relationship_logits",
    "start_logits",
    "end_logits",
    "log_probabilities",  # of the masked words, for models that return no logits
)


def stage_names(layers: Iterable[int | str]) -> list[str]:
    """Return the names of all stages, in the order of computation.

    Args:
        layers: their numbers, or what stands for one in an adapter.
    """
    names = list(_EMBEDDINGS)
    for layer in layers:
        here = f"encoder.layer.{layer}"
        for attention in ("attention", "crossattention"):
            names += [f"{here}.{attention}.{stage}" for stage in _ATTENTION]
        names += [f"{here}.{stage}" for stage in _FEED_FORWARD]
        names.append(here)
    return [*names, *_TOP]


def in_order(names: Iterable[str]) -> list[str]:
    """Put what a model returns where it is computed; the rest keeps its order.

    >>> in_order(["encoder.layer.1", "pooler", "cls.predictions", "last_hidden_state"])
    ['encoder.layer.1', 'last_hidden_state', 'pooler', 'cls.predictions']
    """
    encoded, heads = {"last_hidden_state"}, ("cls.", "classifier", "qa_outputs")

    def place(name: str) -> int:
        if name.endswith((".grad", ".weight", ".bias")):
            return 3
        if name.startswith("pooler"):
            return 1
        return 2 if name.startswith(heads) or name in {*OUTPUTS} - encoded else 0

    return sorted(names, key=place)


def grouped(names: Iterable[str]) -> list[str]:
    """Write the stages of several layers as one.

    >>> grouped(["embeddings", "encoder.layer.0.output", "encoder.layer.1.output"])
    ['embeddings', 'encoder.layer.{0-1}.output']
    """
    layers: dict[str, list[int]] = {}
    for name in names:
        prefix, place, rest = name.partition("encoder.layer.")
        number, dot, last = rest.partition(".")
        if place and number.isdigit():
            layers.setdefault(f"{prefix}{place}{{}}{dot}{last}", []).append(int(number))
        else:
            layers.setdefault(name.replace("{", "{{").replace("}", "}}"), [])
    return [name.format(_spans(numbers)) for name, numbers in layers.items()]


def _spans(numbers: Iterable[int]) -> str:
    """Write numbers as spans.

    >>> _spans([0, 1, 2, 4]), _spans([3])
    ('{0-2,4}', '3')
    """
    spans: list[list[int]] = []
    for number in sorted({*numbers}):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    texts = [f"{first}" if first == last else f"{first}-{last}" for first, last in spans]
    return texts[0] if len(texts) == 1 and "-" not in texts[0] else f"{{{','.join(texts)}}}"


def reference_points(modules: Iterable[str]) -> dict[str, Stage]:
    """Return where each stage is, for a model in HF's layout, from the paths of its modules.

    Only the stages it has are returned: without a pooler there is no `pooler`.
    """
    paths = set(modules)
    prefix = "bert." if "bert.embeddings" in paths else ""
    layers = 0
    while f"{prefix}encoder.layer.{layers}" in paths:
        layers += 1
    points = {}
    for name in stage_names(range(layers)):
        path = name if name.startswith(("cls.", "classifier", "qa_")) else prefix + name
        parent, _, last = path.rpartition(".")
        if last == "sum":
            stage = Stage(f"{parent}.LayerNorm", "in")
        elif last in ("scores", "probabilities"):
            stage = Stage.parse(f"{parent}:{last}")
        else:
            stage = Stage(path)
        if stage.module in paths:
            points[name] = stage
    return points
