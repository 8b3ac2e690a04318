"""What BERT is pretrained on: pairs with hidden words, all made before training (static)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from scratch_bert.pretraining.corpus.documents import Document
from scratch_bert.pretraining.pairs import sentence_pairs
from scratch_bert.pretraining.static.masking import Masking, Words, mask_words


@dataclass(frozen=True)
class ExampleRecipe:
    """How examples are made; by default as google-research/bert does.

    Attributes:
        seq_length: tokens of an example at most, [CLS] and two [SEP] included; at least 5.
        dupe_factor: how often the corpus is gone through, with other draws each time.
        short_seq_prob: how often examples are made shorter than need be.
        masking: how many words are hidden, and which.
    """

    seq_length: int = 128
    dupe_factor: int = 10
    short_seq_prob: float = 0.1
    masking: Masking = field(default_factory=Masking)


class Example(NamedTuple):
    """One input with its labels.

    Attributes:
        input_ids: [CLS] first [SEP] second [SEP], words hidden.
        segment_ids: 0 up to the first [SEP], then 1 (HF `token_type_ids`).
        masked_positions: where words were chosen, ascending.
        masked_label_ids: what stood there.
        is_random_next: 1 where the second stretch is from anywhere, else 0 (HF
            `next_sentence_label`).
    """

    input_ids: list[int]
    segment_ids: list[int]
    masked_positions: list[int]
    masked_label_ids: list[int]
    is_random_next: int


def build_examples(
    documents: Sequence[Document], words: Words, recipe: ExampleRecipe, rng: Random
) -> list[Example]:
    """Make examples of a corpus, in random order (`create_training_instances`)."""
    documents = list(documents)
    rng.shuffle(documents)
    room = recipe.seq_length - 3
    examples = []
    for _ in range(recipe.dupe_factor):
        for place in range(len(documents)):
            pairs = sentence_pairs(documents, place, room, recipe.short_seq_prob, rng)
            for first, second, is_random_next in pairs:  # words are hidden between two pairs' draws
                ids = [words.cls, *first, words.sep, *second, words.sep]
                segments = [0] * (len(first) + 2) + [1] * (len(second) + 1)
                hidden, positions, labels = mask_words(ids, words, recipe.masking, rng)
                examples.append(Example(hidden, segments, positions, labels, int(is_random_next)))
    rng.shuffle(examples)
    return examples
