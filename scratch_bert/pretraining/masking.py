"""Masked language modeling: tokens are hidden, and the model learns to fill them in.

Paper: section 3.1, task 1. 15 % of the tokens are chosen. Of these 80 % become [MASK], 10 % a
random token, and 10 % stay, since there is no [MASK] in fine-tuning. The draws are those of HF's
`DataCollatorForLanguageModeling`, in its order, so that the same seed gives the same masks.

    ids      [CLS] the  cat   sleeps [SEP]
    chosen          -    x      x
    read     [CLS] the [MASK] sleeps [SEP]    sleeps stays, but must be predicted
    labels   -100 -100  cat   sleeps -100
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Integer
from torch import Tensor

from scratch_bert.training.run.batches import IGNORED

MASK, RANDOM = 0.8, 0.1  # of what is chosen; the rest stays

Flags = Bool[Tensor, "batch seq"]
Ids = Integer[Tensor, "batch seq"]


class Draws(NamedTuple):
    """What becomes of every token.

    Attributes:
        chosen: the model must say what stood there.
        to_mask: becomes [MASK], where chosen.
        to_random: becomes a random word, where chosen and not [MASK].
        words: the random words' ids.
    """

    chosen: Flags
    to_mask: Flags
    to_random: Flags
    words: Ids


def generator_draws(
    special: Flags,
    vocab: int,
    generator: torch.Generator | None = None,
    masked_lm_prob: float = 0.15,
) -> Draws:
    """Draw for a padded batch; the same seed gives other draws with other padding.

    Args:
        special: never chosen: special tokens and padding.
        vocab: random words are drawn from so many ids, special ones among them.
        generator: None is torch's own.
        masked_lm_prob: how likely a token is chosen.
    """

    def happens(likely: Tensor) -> Tensor:
        return torch.bernoulli(likely, generator=generator).bool()

    # Special tokens are spared before the draw, not after it: each token has one draw in any case.
    chosen = happens(torch.full(special.shape, masked_lm_prob).masked_fill(special, 0.0))
    to_mask = happens(torch.full(special.shape, MASK))
    # A tenth of the chosen is half of those that do not become [MASK].
    to_random = happens(torch.full(special.shape, RANDOM / (1 - MASK)))
    words = torch.randint(vocab, special.shape, generator=generator)
    return Draws(chosen, to_mask, to_random, words)


def hide(input_ids: Ids, draws: Draws, mask: int) -> tuple[Ids, Ids]:
    """Return what the model reads, and its labels, `IGNORED` where nothing was chosen."""
    labels = input_ids.masked_fill(~draws.chosen, IGNORED)
    to_mask = draws.chosen & draws.to_mask
    to_random = draws.chosen & draws.to_random & ~to_mask
    return input_ids.masked_fill(to_mask, mask).where(~to_random, draws.words), labels
