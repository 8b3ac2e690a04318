"""What each layer makes of each token: how long its vector is, and what it is like."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from rich.console import Console, ConsoleOptions
from torch import Tensor

from scratch_bert.inference.tasks.hidden_states import HiddenStates
from scratch_bert.inspection.loading import Bert, exact
from scratch_bert.inspection.result import Inspection, Printed, TextOrPair, title_of
from scratch_bert.inspection.views.tables import heading, table_of
from scratch_bert.weights.builtin import MINILM


@dataclass(frozen=True, eq=False)
class LayerStates(Inspection):
    """The hidden states of a text.

    Attributes:
        title: of what.
        tokens: [CLS], pieces, [SEP].
        states: (layers + 1, seq, hidden), the embeddings first and the last layer last.
    """

    explanation: ClassVar[str] = (
        "Each layer makes a new vector of each token; 0 are the embeddings. Similarity is the "
        "cosine of the angle between two vectors: 1 the same direction, 0 none in common, -1 "
        "opposite."
    )

    title: str
    tokens: list[str]
    states: Float[Tensor, "states seq hidden"]

    @property
    def norms(self) -> Float[Tensor, "states seq"]:
        """The length of each vector."""
        return self.states.norm(dim=-1)

    @property
    def layer_similarity(self) -> Float[Tensor, "states states"]:
        """How alike a token is in two layers, in the mean of all tokens."""
        directions = F.normalize(self.states.float(), dim=-1)
        return torch.einsum("ith,jth->ij", directions, directions) / len(self.tokens)

    def token_similarity(self, layer: int = -1) -> Float[Tensor, "seq seq"]:
        """How alike two tokens are in a layer."""
        directions = F.normalize(self.states[layer].float(), dim=-1)
        return directions @ directions.T

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with all vectors."""
        return {
            "tokens": self.tokens,
            "shape": list(self.states.shape),
            "norms": self.norms.tolist(),
            "layer_similarity": self.layer_similarity.tolist(),
            "token_similarity": self.token_similarity().tolist(),
            "hidden_states": self.states.tolist(),
        }

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed:
        yield from heading(self)
        states, seq, hidden = self.states.shape
        yield f"{states} times (tokens, hidden) = ({seq}, {hidden})"
        yield ""
        alike, norms = self.layer_similarity, self.norms
        rows = [
            (
                str(layer),
                f"{norms[layer].mean():.2f}",
                f"{norms[layer].min():.2f}",
                f"{norms[layer].max():.2f}",
                f"{alike[layer, layer - 1]:.3f}" if layer else "",
                f"{alike[layer, 0]:.3f}",
                f"{alike[layer, -1]:.3f}",
            )
            for layer in range(states)
        ]
        columns = ("layer", "mean norm", "least", "most", "cosine to before", "to 0", "to last")
        yield table_of(columns, rows, left=0)
        yield ""
        yield table_of(("", "token", "norm, last layer", "most like it", "cosine"), self._nearest())

    def _nearest(self) -> list[tuple[str, ...]]:
        alike = self.token_similarity().clone().fill_diagonal_(-torch.inf)
        found, places = alike.max(1)
        return [
            (
                str(place),
                token,
                f"{self.norms[-1, place]:.2f}",
                f"{self.tokens[int(other)]} {int(other)}",
                f"{similarity:.3f}",
            )
            for place, (token, similarity, other) in enumerate(
                zip(self.tokens, found.tolist(), places, strict=True)
            )
        ]


def layer_states(text: TextOrPair, checkpoint: Bert = MINILM) -> LayerStates:
    """Compute what each layer makes of a text, or of a pair.

    Args:
        text: the text, or two in a tuple.
        checkpoint: its name, or a model and its tokenizer.

    Raises:
        CheckpointError: it cannot be loaded.
        TextError: the text is too long for it.
    """
    ((tokens, states),) = exact(HiddenStates, checkpoint)([text])
    return LayerStates(title_of("hidden states", text), tokens, states)
