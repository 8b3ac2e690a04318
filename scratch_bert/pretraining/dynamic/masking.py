"""Other words hidden every time a batch is seen (dynamic masking, as RoBERTa and HF do).

Each token is chosen by a draw of its own, so the share varies from row to row, unlike in
`pretraining/masking.py`. Two sources of draws: a torch generator, read in the order of HF's
`DataCollatorForLanguageModeling`; and a counter, where an example's draws depend on nothing but
the seed, the epoch and the example, whatever the batch, the workers and the processes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Integer
from numpy.typing import NDArray
from torch import Tensor

from scratch_bert.training.run.batches import IGNORED

_MASK, _RANDOM = 0.8, 0.1  # of what is chosen; the rest stays

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


def hide(input_ids: Ids, draws: Draws, mask: int) -> tuple[Ids, Ids]:
    """Return what the model reads, and its labels, `IGNORED` where nothing was chosen."""
    labels = input_ids.masked_fill(~draws.chosen, IGNORED)
    to_mask = draws.chosen & draws.to_mask
    to_random = draws.chosen & draws.to_random & ~to_mask
    return input_ids.masked_fill(to_mask, mask).where(~to_random, draws.words), labels


def generator_draws(
    special: Flags,
    vocab: int,
    generator: torch.Generator | None = None,
    masked_lm_prob: float = 0.15,
    continuing: Flags | None = None,
) -> Draws:
    """Draw for a padded batch; the same seed gives other draws with other padding.

    Args:
        special: never chosen: special tokens and padding.
        vocab: random words are drawn from so many ids, special ones among them.
        generator: None is torch's own.
        masked_lm_prob: how likely a token is chosen.
        continuing: pieces that go on with a word (`continuing_pieces`); then words are chosen
            whole, and all of them become [MASK].
    """
    never = special if continuing is None else special | continuing
    likely = torch.full(special.shape, masked_lm_prob).masked_fill(never, 0.0)
    chosen = torch.bernoulli(likely, generator=generator).bool()
    to_mask = torch.full(special.shape, 1.0 if continuing is not None else _MASK)
    to_mask = torch.bernoulli(to_mask, generator=generator).bool()
    if continuing is not None:
        return Draws(_whole(chosen, special, continuing), to_mask, ~to_mask, special.long())
    to_random = torch.full(special.shape, _RANDOM / (1 - _MASK))
    to_random = torch.bernoulli(to_random, generator=generator).bool()
    words = torch.randint(vocab, special.shape, generator=generator)
    return Draws(chosen, to_mask, to_random, words)


def counter_draws(
    special: Flags,
    vocab: int,
    seed: int,
    epoch: int,
    examples: Sequence[int],
    masked_lm_prob: float = 0.15,
    continuing: Flags | None = None,
) -> Draws:
    """Draw for examples of these numbers, each as if it were alone; else as `generator_draws`.

    Three uniform numbers for each token, from a counter that begins at the epoch and the example
    (Philox): nothing has to be drawn in any order. Of words chosen whole, eight of ten pieces
    become [MASK], as in the original, not all; and as there, at least one is chosen.
    """
    numbers = [_uniform(seed, epoch, example, special.size(1)) for example in examples]
    choice, fate, word = torch.from_numpy(np.stack(numbers)).unbind(2)
    never = special if continuing is None else special | continuing
    choice = choice.masked_fill(never, 1.0)
    chosen = (choice < masked_lm_prob) | (choice == choice.amin(1, keepdim=True)) & ~never
    if continuing is not None:
        chosen = _whole(chosen, special, continuing)
    return Draws(chosen, fate < _MASK, fate < _MASK + _RANDOM, (word * vocab).long())


def _uniform(seed: int, epoch: int, example: int, tokens: int) -> NDArray[np.float64]:
    counter = np.random.Philox(key=seed, counter=[0, 0, example, epoch])
    return np.random.Generator(counter).random((tokens, 3))


def continuing_pieces(offsets: Integer[Tensor, "batch seq 2"], special: Flags) -> Flags:
    """Find the pieces that go on with a word: those that begin where the one before ends.

    So "well-known." is one word, as in HF. In the original it is what begins with ##.
    """
    begins, ends = offsets[:, 1:, 0], offsets[:, :-1, 1]
    found = (begins == ends) & ~special[:, 1:] & ~special[:, :-1]
    return torch.cat((torch.zeros_like(special[:, :1]), found), dim=1)


def _whole(chosen: Flags, special: Flags, continuing: Flags) -> Flags:
    """Let every piece share what its word's first one got."""
    word = (~special & ~continuing).cumsum(1)  # counted from 1; special tokens get the last one's
    by_word = torch.zeros(chosen.size(0), chosen.size(1) + 1, dtype=torch.bool)
    by_word.scatter_(1, word.masked_fill(~chosen, 0), chosen)
    return by_word.gather(1, word) & ~special
