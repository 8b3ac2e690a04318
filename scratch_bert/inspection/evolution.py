"""[CLS] on its way through the layers, and what the head of masked words would say on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text
from torch import Tensor

from scratch_bert.inference.tasks.hidden_states import HiddenStates
from scratch_bert.inspection.loading import Bert, exact, load, word_head_of
from scratch_bert.inspection.result import Inspection, Printed, TextOrPair, title_of
from scratch_bert.inspection.views.tables import heading, table_of
from scratch_bert.model.heads import BertLMPredictionHead
from scratch_bert.terminal import visible
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.weights.builtin import MINILM

_NO_HEAD = "The checkpoint has no head for masked words, so no layer can be read as words."


class Guess(NamedTuple):
    """A word of the vocabulary, and its probability."""

    word: str
    probability: float


class Lens(NamedTuple):
    """What the head of masked words reads in a token, layer by layer (the logit lens).

    Attributes:
        place: of the token: the first [MASK], or [CLS] where there is none.
        token: what stands there.
        guesses: for the embeddings and each layer the most probable words, the best first.
    """

    place: int
    token: str
    guesses: list[list[Guess]]


@dataclass(frozen=True, eq=False)
class ClsEvolution(Inspection):
    """[CLS] of some texts, in the embeddings and after each layer.

    Attributes:
        title: of what.
        texts: as they were given.
        states: the vectors.
        lenses: one for each text; None where the checkpoint has no head for words.
    """

    explanation: ClassVar[str] = (
        "[CLS] begins as the same vector in every text, and takes up what a text is about layer by "
        "layer; 0 are the embeddings. Each layer is compared with the next and with the last by "
        "the cosine."
    )

    title: str
    texts: list[TextOrPair]
    states: Float[Tensor, "texts states hidden"]
    lenses: list[Lens] | None

    @property
    def to_next(self) -> Float[Tensor, "texts layers"]:
        """The cosine of each layer, but for the last, to the next."""
        return F.cosine_similarity(self.states[:, :-1], self.states[:, 1:], dim=-1)

    @property
    def to_last(self) -> Float[Tensor, "texts states"]:
        """The cosine of each layer to the last."""
        return F.cosine_similarity(self.states, self.states[:, -1:], dim=-1)

    @cached_property
    def _projected(self) -> tuple[Tensor, list[float]]:
        from sklearn.decomposition import PCA

        pca = PCA(n_components=2, svd_solver="full")
        points = pca.fit_transform(self.states.flatten(0, 1).double().numpy())
        shares = pca.explained_variance_ratio_.tolist()
        return torch.from_numpy(points).view(*self.states.shape[:2], 2), shares

    @property
    def path(self) -> Float[Tensor, "texts states 2"]:
        """The first two principal components of all vectors. Needs scikit-learn."""
        return self._projected[0]

    @property
    def explained(self) -> list[float]:
        """How much of the variance each of the two has."""
        return self._projected[1]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with all vectors."""
        return {
            "texts": self.texts,
            "to_next": self.to_next.tolist(),
            "to_last": self.to_last.tolist(),
            "path": self.path.tolist(),
            "explained_variance": self.explained,
            "logit_lens": self.lenses
            and [
                {
                    "place": lens.place,
                    "token": lens.token,
                    "layers": [[guess._asdict() for guess in some] for some in lens.guesses],
                }
                for lens in self.lenses
            ],
            "states": self.states.tolist(),
        }

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed:
        yield from heading(self)
        for place, text in enumerate(self.texts):
            if len(self.texts) > 1:
                yield Text(visible(title_of(f"text {place + 1}", text)), "bold")
            yield _cosines(self, place)
            yield ""
            if self.lenses is not None:
                yield from _words(self.lenses[place])
                yield ""
        if self.lenses is None:
            yield Text(_NO_HEAD, "dim")


def _cosines(evolution: ClsEvolution, place: int) -> RenderableType:
    norms = evolution.states[place].norm(dim=-1).tolist()
    to_next = [f"{cosine:.3f}" for cosine in evolution.to_next[place].tolist()]
    rows = [
        (str(layer), f"{norm:.2f}", following, f"{last:.3f}")
        for layer, (norm, following, last) in enumerate(
            zip(norms, [*to_next, ""], evolution.to_last[place].tolist(), strict=True)
        )
    ]
    return table_of(("layer", "norm", "cosine to next", "to last"), rows, left=0)


def _words(lens: Lens) -> Iterator[RenderableType]:
    where = f"at {lens.token} ({lens.place})"
    yield Text(f"What the head of masked words reads {where}, layer by layer:")
    rows = [
        (str(layer), "  ".join(f"{word} {share:.1%}" for word, share in some))
        for layer, some in enumerate(lens.guesses)
    ]
    yield table_of(("layer", "words"), rows)


def cls_evolution(
    texts: TextOrPair | Sequence[TextOrPair], checkpoint: Bert = MINILM, *, top_k: int = 5
) -> ClsEvolution:
    """Follow [CLS] of texts, or of pairs, through the layers.

    Args:
        texts: one, or several in a list.
        checkpoint: its name, or a model and its tokenizer.
        top_k: words for each layer.

    Raises:
        CheckpointError: it cannot be loaded.
        TextError: a text is too long for it.
        ValueError: there are no texts.
    """
    some: list[TextOrPair] = [texts] if isinstance(texts, (str, tuple)) else list(texts)
    if not some:
        raise ValueError("there are no texts")
    loaded = load(checkpoint)
    found = exact(HiddenStates, loaded)(some)
    head = word_head_of(loaded)
    _, tokenizer = loaded
    return ClsEvolution(
        title_of("[CLS]", *some),
        some,
        torch.stack([each.states[:, 0] for each in found]),
        None if head is None else [_lens(head, tokenizer, *each, top_k) for each in found],
    )


@torch.inference_mode()
def _lens(
    head: BertLMPredictionHead,
    tokenizer: BertTokenizer,
    tokens: list[str],
    states: Float[Tensor, "states seq hidden"],
    top_k: int,
) -> Lens:
    mask = tokenizer.mask_token
    place = tokens.index(mask) if mask in tokens else 0
    device = next(head.parameters()).device
    scores = head(states[:, place].to(device)).softmax(-1).float().cpu()  # (layers + 1, vocab)
    best, ids = scores.topk(min(top_k, scores.size(-1)))
    words = [tokenizer.convert_ids_to_tokens(each) for each in ids.tolist()]
    guesses = [
        [Guess(str(word), share) for word, share in zip(row, shares, strict=True)]
        for row, shares in zip(words, best.tolist(), strict=True)
    ]
    return Lens(place, tokens[place], guesses)
