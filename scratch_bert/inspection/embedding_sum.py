"""The vectors that BERT begins with: of what they are the sum, and what LayerNorm makes of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from jaxtyping import Float
from rich.console import Console, ConsoleOptions
from rich.table import Table
from torch import Tensor, nn

from scratch_bert.inspection.loading import Bert, runner_of
from scratch_bert.inspection.result import Inspection, Printed, TextOrPair, title_of
from scratch_bert.inspection.views.tables import heading, table_of
from scratch_bert.model.embeddings import BertEmbeddings
from scratch_bert.weights.builtin import MINILM

Vectors = Float[Tensor, "seq hidden"]
PARTS = {
    "word": "looked up by the token's id",
    "position": "looked up by its place, from 0",
    "segment": "looked up by its segment, 0 or 1",
    "sum": "word + segment + position",
    "normalized": "LayerNorm of the sum",
}


@dataclass(frozen=True, eq=False)
class EmbeddingParts(Inspection):
    """The embeddings of a text's tokens; each part is (seq, hidden).

    Attributes:
        title: of what.
        tokens: [CLS], pieces, [SEP].
        word: rows of the table of words.
        position: rows of the table of positions.
        segment: rows of the table of segments.
        sum: of the three.
        normalized: after LayerNorm; what the first layer reads.
    """

    explanation: ClassVar[str] = (
        "A token's first vector is the sum of three, which are looked up: one for its piece, one "
        "for its place, one for its segment. LayerNorm brings the sum to one scale."
    )

    title: str
    tokens: list[str]
    word: Vectors
    position: Vectors
    segment: Vectors
    sum: Vectors
    normalized: Vectors

    @property
    def parts(self) -> dict[str, Vectors]:
        """The five by their names."""
        return {name: getattr(self, name) for name in PARTS}

    @property
    def norms(self) -> dict[str, Float[Tensor, " seq"]]:
        """The length of each token's vector, part by part."""
        return {name: vectors.norm(dim=-1) for name, vectors in self.parts.items()}

    @property
    def details(self) -> Mapping[str, str]:
        """What each part is."""
        return PARTS

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with all vectors."""
        return {
            "tokens": self.tokens,
            "shape": list(self.sum.shape),
            "norms": {name: norms.tolist() for name, norms in self.norms.items()},
            "vectors": {name: vectors.tolist() for name, vectors in self.parts.items()},
        }

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed:
        yield from heading(self)
        yield _shapes(self)
        yield ""
        norms = zip(*(each.tolist() for each in self.norms.values()), strict=True)
        rows = [
            (str(place), token, *(f"{norm:.3f}" for norm in some))
            for place, (token, some) in enumerate(zip(self.tokens, norms, strict=True))
        ]
        yield table_of(("", "token", *(f"|{name}|" for name in PARTS)), rows)


def _shapes(parts: EmbeddingParts) -> Table:
    seq, hidden = parts.sum.shape
    rows = [(name, f"({seq}, {hidden})", what) for name, what in PARTS.items()]
    return table_of(("part", "(tokens, hidden)", "what it is"), rows, left=3)


def embedding_parts(text: TextOrPair, checkpoint: Bert = MINILM) -> EmbeddingParts:
    """Take the embeddings of a text, or of a pair, apart.

    Args:
        text: the text, or two in a tuple.
        checkpoint: its name, or a model and its tokenizer.

    Raises:
        CheckpointError: it cannot be loaded.
        TextError: the text is too long for it.
    """
    runner = runner_of(checkpoint)
    (row,) = rows = runner.encode([text])

    def compute(batch: dict[str, Tensor]) -> list[dict[str, Tensor]]:
        embeddings = runner.model.embeddings
        assert isinstance(embeddings, BertEmbeddings)
        with _watched(embeddings) as seen:
            embeddings(batch["input_ids"], batch.get("token_type_ids"))
        return [{name: tensor[0].cpu() for name, tensor in seen.items()}]

    (parts,) = runner.run(rows, compute)
    return EmbeddingParts(title_of("embeddings", text), row.tokens, **parts)


@contextmanager
def _watched(embeddings: BertEmbeddings) -> Iterator[dict[str, Tensor]]:
    """Keep what goes in and out of the parts of the embeddings."""
    seen: dict[str, Tensor] = {}

    def keep(name: str, module: nn.Module, given: str | None = None) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
            if given:
                seen[given] = inputs[0]
            seen[name] = output

        return module.register_forward_hook(hook)

    hooks = [
        keep("word", embeddings.word_embeddings),
        keep("segment", embeddings.token_type_embeddings),
        keep("position", embeddings.position_embeddings),
        keep("normalized", embeddings.LayerNorm, given="sum"),
    ]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
