"""Words are hidden, and are what the model learns to fill in: masked language modeling.

Paper: section 3.1, task 1. Of the chosen 15%, 80% become [MASK], 10% a random word, and 10%
stay, since in fine-tuning there is no [MASK]. The draws are the original's (google-research/bert,
create_pretraining_data.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, Self


@dataclass(frozen=True)
class Words:
    """What masking must know of a vocabulary.

    Attributes:
        cls, sep, mask: ids of [CLS], [SEP] and [MASK].
        every: ids that a random word is drawn from, in the vocabulary's order.
        continuing: ids of pieces that go on with a word.
    """

    cls: int
    sep: int
    mask: int
    every: tuple[int, ...]
    continuing: frozenset[int]

    @classmethod
    def of(cls, vocabulary: Mapping[str, int]) -> Self:
        """Find them.

        Raises:
            ValueError: a special token is not there.
        """
        special = ("[CLS]", "[SEP]", "[MASK]")
        if lacks := [token for token in special if token not in vocabulary]:
            raise ValueError(f"the vocabulary lacks {' and '.join(lacks)}")
        sep, start, mask = vocabulary["[SEP]"], vocabulary["[CLS]"], vocabulary["[MASK]"]
        continuing = frozenset(i for piece, i in vocabulary.items() if piece.startswith("##"))
        return cls(start, sep, mask, tuple(vocabulary.values()), continuing)


@dataclass(frozen=True)
class Masking:
    """How many words are hidden, and which; by default as google-research/bert does.

    Attributes:
        masked_lm_prob: the share of a sequence's tokens, with the special ones.
        max_predictions: no more than so many (`max_predictions_per_seq`).
        whole_word: all pieces of a word or none (`do_whole_word_mask`). A word of more pieces than
            are left to hide is passed over.
    """

    masked_lm_prob: float = 0.15
    max_predictions: int = 20
    whole_word: bool = False


class Masked(NamedTuple):
    """A sequence with words hidden.

    Attributes:
        input_ids: what the model reads.
        positions: of what was chosen, ascending.
        labels: what stood there.
    """

    input_ids: list[int]
    positions: list[int]
    labels: list[int]


def mask_words(ids: Sequence[int], words: Words, masking: Masking, rng: Random) -> Masked:
    """Hide a share of [CLS] first [SEP] second [SEP]; the special tokens are never chosen."""
    candidates: list[list[int]] = []
    for position, token in enumerate(ids):
        if token in (words.cls, words.sep):
            continue
        if masking.whole_word and candidates and token in words.continuing:
            candidates[-1].append(position)
        else:
            candidates.append([position])
    rng.shuffle(candidates)
    number = min(masking.max_predictions, max(1, round(len(ids) * masking.masked_lm_prob)))
    hidden, chosen = list(ids), list[int]()
    for positions in candidates:
        if len(chosen) + len(positions) > number:
            continue
        for position in positions:
            hidden[position] = _in_its_place(ids[position], words, rng)
        chosen += positions
    chosen.sort()
    return Masked(hidden, chosen, [ids[position] for position in chosen])


def _in_its_place(token: int, words: Words, rng: Random) -> int:
    if rng.random() < 0.8:
        return words.mask
    if rng.random() < 0.5:
        return token
    return words.every[rng.randint(0, len(words.every) - 1)]
