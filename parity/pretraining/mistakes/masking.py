"""Masking mistakes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from parity.suite.mistake import KnownMistakes
from parity.suite.training_runs import IGNORED
from scratch_bert.pretraining.masking import Draws, generator_draws, hide

PAD = 0

MISTAKES = KnownMistakes("masks", "hundreds of thousands of tokens, counted")

_RIGHT = "labels = ids.masked_fill(~chosen, -100), of the ids as they were"
_WORDS = "torch.randint(vocab_size, ids.shape): each word of the vocabulary alike"

Draw = Callable[..., Draws]
Hide = Callable[[Tensor, Draws, int], tuple[Tensor, Tensor]]


@MISTAKES("masks-always", generator_draws, "80% become [MASK], 10% a random word, 10% stay")
def every_word_is_masked(draw: Draw, *given: Any) -> Draws:
    """Every word that is chosen becomes [MASK]."""
    draws = draw(*given)
    return draws._replace(to_mask=torch.ones_like(draws.to_mask))


@MISTAKES(
    "masks-a-tenth-of-the-rest",
    generator_draws,
    "half of the rest: 0.1 / (1 - 0.8)",
    seen="transformers#32329",
)
def random_words_are_a_tenth_of_the_rest(
    draw: Draw, special: Tensor, vocab: int, generator: torch.Generator
) -> Draws:
    """A tenth of what does not become [MASK] becomes a random word, and 18% stay."""
    draws = draw(special, vocab, generator)
    return draws._replace(to_random=torch.rand(special.shape, generator=generator) < 0.1)


@MISTAKES("masks-no-word-stays", generator_draws, "half of the rest stays")
def no_word_stays(draw: Draw, *given: Any) -> Draws:
    """What does not become [MASK] becomes a random word; none stays."""
    draws = draw(*given)
    return draws._replace(to_random=torch.ones_like(draws.to_random))


@MISTAKES(
    "masks-special-tokens",
    generator_draws,
    "masked_fill(special_tokens_mask, 0) on the probabilities, before they are drawn from",
)
def special_tokens_are_chosen(draw: Draw, special: Tensor, *given: Any) -> Draws:
    """Special tokens and padding are chosen, too."""
    return draw(torch.zeros_like(special), *given)


@MISTAKES(
    "masks-padding", hide, "spare [PAD] as well as [CLS] and [SEP]", "a padded batch, counted"
)
def padding_is_chosen(right: Hide, ids: Tensor, draws: Draws, mask: int) -> tuple[Tensor, Tensor]:
    """Padding is chosen, too."""
    generator = torch.Generator().manual_seed(int(draws.random_ids.sum()))
    likely = torch.rand(ids.shape, generator=generator) < 0.15
    return right(ids, draws._replace(chosen=draws.chosen | (likely & (ids == PAD))), mask)


@MISTAKES("masks-in-place", hide, "ids.clone() first", "the ids, looked at afterwards")
def ids_are_changed_in_place(
    right: Hide, ids: Tensor, draws: Draws, mask: int
) -> tuple[Tensor, Tensor]:
    """The ids that were given are changed, so the next epoch begins with hidden words."""
    read, labels = right(ids, draws, mask)
    return ids.copy_(read), labels


@MISTAKES("masks-labels-everywhere", hide, _RIGHT)
def every_token_has_a_label(
    right: Hide, ids: Tensor, draws: Draws, mask: int
) -> tuple[Tensor, Tensor]:
    """Every token has a label, so the loss is over all of them."""
    return right(ids, draws, mask)[0], ids.clone()


@MISTAKES("masks-labels-of-hidden", hide, _RIGHT, "the labels beside the ids")
def labels_are_what_is_read(
    right: Hide, ids: Tensor, draws: Draws, mask: int
) -> tuple[Tensor, Tensor]:
    """Labels are what the model reads, [MASK] itself where a word is hidden."""
    read, _ = right(ids, draws, mask)
    return read, read.masked_fill(~draws.chosen, IGNORED)


@MISTAKES("masks-labels-of-changed", hide, "labels where chosen, not where changed")
def only_changed_words_have_labels(
    right: Hide, ids: Tensor, draws: Draws, mask: int
) -> tuple[Tensor, Tensor]:
    """A chosen word that stays has no label."""
    read, _ = right(ids, draws, mask)
    return read, ids.masked_fill(read == ids, IGNORED)


@MISTAKES("masks-words-of-the-batch", hide, _WORDS, "the random words, counted by their ids")
def random_words_are_of_the_batch(
    right: Hide, ids: Tensor, draws: Draws, mask: int
) -> tuple[Tensor, Tensor]:
    """Random words are words of the batch, frequent ones more often."""
    generator = torch.Generator().manual_seed(int(draws.random_ids.sum()))
    places = torch.randint(ids.numel(), ids.shape, generator=generator)
    return right(ids, draws._replace(random_ids=ids.flatten()[places]), mask)


@MISTAKES("masks-words-of-half", generator_draws, _WORDS, "the random words, counted by their ids")
def random_words_are_of_half_the_vocabulary(
    draw: Draw, special: Tensor, vocab: int, *given: Any
) -> Draws:
    """Random words come from the first half of the vocabulary alone."""
    return draw(special, vocab // 2, *given)


@MISTAKES(
    "masks-always-the-same",
    generator_draws,
    "draw from a generator that is seeded with what was given",
    "two seeds",
)
def seed_does_not_matter(draw: Draw, special: Tensor, vocab: int, *_: Any) -> Draws:
    """The same places are hidden whatever the seed."""
    return draw(special, vocab, torch.Generator().manual_seed(0))
