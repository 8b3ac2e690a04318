"""Masked language modeling: some tokens are hidden, and the model learns to fill them in.

Paper: section 3.1, task 1. 15% of the tokens are chosen. Of these 80% become [MASK], 10% become
a random token, and 10% stay. The draws are those of HF's `DataCollatorForLanguageModeling`, in its
order, so that the same seed gives the same masks.

    ids      [CLS] the  cat   sleeps [SEP]
    chosen          -    x      x
    read     [CLS] the [MASK] sleeps [SEP]    sleeps stays, but must be predicted
    labels   -100 -100  cat   sleeps -100

Why not always [MASK]? Fine-tuning has no [MASK]. A model that predicts at [MASK] alone need not
represent the other tokens well: its vectors, as fixed features for entities, reach an F1 of 94.0,
and 94.9 with 80/10/10 (paper: appendix C.2). As any token may be a random one, the model must check
each by its context; as some stay, a word that fits there is still the best guess.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Integer
from torch import Tensor

from scratch_bert.training.run.batches import IGNORED  # -100

MASK, RANDOM = 0.8, 0.1  # shares of the chosen tokens; the rest stays

Flags = Bool[Tensor, "batch seq"]
Ids = Integer[Tensor, "batch seq"]


class Draws(NamedTuple):
    """The draws for each token of a batch.

    Attributes:
        chosen: the model must predict it.
        to_mask: it becomes [MASK], if chosen.
        to_random: it becomes a random token, if chosen and not [MASK].
        random_ids: of the random tokens.
    """

    chosen: Flags
    to_mask: Flags
    to_random: Flags
    random_ids: Ids


def generator_draws(
    special: Flags,
    vocab: int,
    generator: torch.Generator | None = None,
    masked_lm_prob: float = 0.15,
) -> Draws:
    """Draw for each place of a batch, padding too, so other padding shifts the draws.

    Args:
        special: True for special tokens and padding.
        vocab: vocabulary size; random tokens come from all of it, as in HF.
        generator: source of the draws; None is torch's own.
        masked_lm_prob: probability that a token is chosen.
    """

    def happens(probability: Tensor) -> Tensor:
        return torch.bernoulli(probability, generator=generator).bool()

    # Special tokens are never chosen: they say nothing about the text, and padding is no text.
    # They get probability 0, but still a draw, as in HF: otherwise later tokens would get others.
    chosen = happens(torch.full(special.shape, masked_lm_prob).masked_fill(special, 0.0))
    to_mask = happens(torch.full(special.shape, MASK))
    # 10% of the chosen are half of the 20% that do not become [MASK]: 0.1 here would give 2%.
    to_random = happens(torch.full(special.shape, RANDOM / (1 - MASK)))
    random_ids = torch.randint(vocab, special.shape, generator=generator)
    return Draws(chosen, to_mask, to_random, random_ids)


def hide(input_ids: Ids, draws: Draws, mask: int) -> tuple[Ids, Ids]:
    """Return what the model reads and the labels; `input_ids` are not changed.

    >>> flags = lambda *row: torch.tensor([row]).bool()
    >>> random_ids = torch.tensor([[50, 51, 52, 53, 54]])
    >>> draws = Draws(flags(0, 1, 1, 1, 0), flags(0, 1, 0, 0, 0), flags(0, 0, 1, 0, 0), random_ids)
    >>> hide(torch.tensor([[101, 7, 8, 9, 102]]), draws, mask=103)
    (tensor([[101, 103,  52,   9, 102]]), tensor([[-100,    7,    8,    9, -100]]))
    """
    # The loss ignores -100. A token that was not chosen can be copied from the input, so predicting
    # it would teach little about context. Of the chosen tokens that show a word, half are random:
    # only the context tells which.
    labels = input_ids.masked_fill(~draws.chosen, IGNORED)
    to_mask = draws.chosen & draws.to_mask
    to_random = draws.chosen & draws.to_random & ~to_mask
    return torch.where(to_random, draws.random_ids, input_ids.masked_fill(to_mask, mask)), labels
