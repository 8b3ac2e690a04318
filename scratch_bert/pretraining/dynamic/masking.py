"""Draws of masks for whole words, and draws that depend on the example alone.

`generator_draws` of the book reads a generator in the order of a batch. Here a counter is read:
what is drawn for an example depends on nothing but the seed, the epoch and the example, whatever
the batch, the workers and the processes.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Integer
from numpy.typing import NDArray
from torch import Tensor

from scratch_bert.pretraining.masking import MASK, RANDOM, Draws, Flags


def whole_word_draws(
    special: Flags,
    continuing: Flags,
    generator: torch.Generator | None = None,
    masked_lm_prob: float = 0.15,
) -> Draws:
    """Draw as HF's collator does for whole words, all of which become [MASK].

    Args:
        special: never chosen: special tokens and padding.
        continuing: pieces that go on with a word (`continuing_pieces`).
        generator: None is torch's own.
        masked_lm_prob: how likely a word is chosen.
    """
    likely = torch.full(special.shape, masked_lm_prob).masked_fill(special | continuing, 0.0)
    chosen = torch.bernoulli(likely, generator=generator).bool()
    to_mask = torch.bernoulli(torch.ones(special.shape), generator=generator).bool()
    return Draws(_whole(chosen, special, continuing), to_mask, ~to_mask, special.long())


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
    return Draws(chosen, fate < MASK, fate < MASK + RANDOM, (word * vocab).long())


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
