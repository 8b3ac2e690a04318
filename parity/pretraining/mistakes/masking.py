"""Hiding words, as it goes wrong."""

from collections.abc import Callable

import torch
from torch import Tensor

from parity.suite.mistake import instead

IGNORED, PAD = -100, 0
Draw = torch.Generator


def _special(_: Tensor, special: Tensor) -> Tensor:
    return special


def _any_word(ids: Tensor, vocab: int, draw: Draw) -> Tensor:
    return torch.randint(vocab, ids.shape, generator=draw)


def _originals(ids: Tensor, _: Tensor, chosen: Tensor) -> Tensor:
    return ids.masked_fill(~chosen, IGNORED)


def hide_words(
    input_ids: Tensor,
    special_tokens_mask: Tensor,
    vocab_size: int,
    mask_token_id: int,
    seed: int,
    *,
    spared: Callable[[Tensor, Tensor], Tensor] = _special,
    to_mask: float = 0.8,
    of_the_rest: float = 0.5,
    words: Callable[[Tensor, int, Draw], Tensor] = _any_word,
    labels: Callable[[Tensor, Tensor, Tensor], Tensor] = _originals,
    in_place: bool = False,
    seeded: bool = True,
) -> dict[str, Tensor]:
    """Hide words as HF's DataCollatorForLanguageModeling does, in plain code.

    Args:
        input_ids: (batch, seq).
        special_tokens_mask: (batch, seq), 1 for special tokens and padding.
        vocab_size: random words are drawn from so many.
        mask_token_id: of [MASK].
        seed: of the draws.
        spared: is never chosen.
        to_mask: how much of what is chosen becomes [MASK].
        of_the_rest: how much of the rest becomes a random word.
        words: draws the random words.
        labels: makes them of the ids, what is read, and what was chosen.
        in_place: whether the ids that were given change.
        seeded: whether the seed matters.
    """
    draw = torch.Generator().manual_seed(seed if seeded else 0)

    def happens(likely: float) -> Tensor:
        return torch.rand(input_ids.shape, generator=draw) < likely

    chosen = happens(0.15) & ~spared(input_ids, special_tokens_mask.bool())
    masked = chosen & happens(to_mask)
    other = chosen & ~masked & happens(of_the_rest)
    original = input_ids.clone()
    read = input_ids if in_place else original.clone()
    read.masked_fill_(masked, mask_token_id)
    read[other] = words(original, vocab_size, draw)[other]
    return {"input_ids": read, "labels": labels(original, read, chosen)}


def _of_the_batch(ids: Tensor, _: int, draw: Draw) -> Tensor:
    return ids.flatten()[torch.randint(ids.numel(), ids.shape, generator=draw)]


_COUNTS = "hundreds of thousands of tokens, counted"
_RIGHT = "labels = ids.masked_fill(~chosen, -100), of the ids as they were"

MISTAKES = (
    instead(
        "masks",
        "masks-always",
        "every word that is chosen becomes [MASK]",
        "80 % become [MASK], 10 % a random word, 10 % stay",
        detected_by=_COUNTS,
        to_mask=1.0,
    ),
    instead(
        "masks",
        "masks-a-tenth-of-the-rest",
        "a tenth of what does not become [MASK] becomes a random word, and 18 % stay",
        "half of the rest: 0.1 / (1 - 0.8)",
        detected_by=_COUNTS,
        seen="transformers#32329",
        of_the_rest=0.1,
    ),
    instead(
        "masks",
        "masks-no-word-stays",
        "what does not become [MASK] becomes a random word; none stays",
        "half of the rest stays",
        detected_by=_COUNTS,
        of_the_rest=1.0,
    ),
    instead(
        "masks",
        "masks-special-tokens",
        "special tokens and padding are chosen, too",
        "masked_fill(special_tokens_mask, 0) on the probabilities, before they are drawn from",
        detected_by=_COUNTS,
        spared=lambda _, special: torch.zeros_like(special),
    ),
    instead(
        "masks",
        "masks-padding",
        "padding is chosen, too",
        "spare [PAD] as well as [CLS] and [SEP]",
        detected_by="a padded batch, counted",
        spared=lambda ids, special: special & (ids != PAD),
    ),
    instead(
        "masks",
        "masks-in-place",
        "the ids that were given are changed, so the next epoch begins with hidden words",
        "ids.clone() first",
        detected_by="the ids, looked at afterwards",
        in_place=True,
    ),
    instead(
        "masks",
        "masks-labels-everywhere",
        "every token has a label, so the loss is over all of them",
        _RIGHT,
        detected_by=_COUNTS,
        labels=lambda ids, _read, _chosen: ids,
    ),
    instead(
        "masks",
        "masks-labels-of-hidden",
        "labels are what the model reads, [MASK] itself where a word is hidden",
        _RIGHT,
        detected_by="the labels beside the ids",
        labels=lambda _, read, chosen: read.masked_fill(~chosen, IGNORED),
    ),
    instead(
        "masks",
        "masks-labels-of-changed",
        "a chosen word that stays has no label",
        "labels where chosen, not where changed",
        detected_by=_COUNTS,
        labels=lambda ids, read, _: ids.masked_fill(read == ids, IGNORED),
    ),
    instead(
        "masks",
        "masks-words-of-the-batch",
        "random words are words of the batch, frequent ones more often",
        "torch.randint(vocab_size, ids.shape): each word of the vocabulary alike",
        detected_by="the random words, counted by their ids",
        words=_of_the_batch,
    ),
    instead(
        "masks",
        "masks-words-of-half",
        "random words come from the first half of the vocabulary alone",
        "torch.randint(vocab_size, ids.shape): each word of the vocabulary alike",
        detected_by="the random words, counted by their ids",
        words=lambda ids, vocab, draw: _any_word(ids, vocab // 2, draw),
    ),
    instead(
        "masks",
        "masks-always-the-same",
        "the same places are hidden whatever the seed",
        "draw from a generator that is seeded with what was given",
        detected_by="two seeds",
        seeded=False,
    ),
)
