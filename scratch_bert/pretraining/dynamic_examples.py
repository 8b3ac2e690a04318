"""Stretches of a corpus as batches: cut otherwise, and other words hidden, in each epoch."""

from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from scratch_bert.pretraining.dynamic_masking import counter_draws, hide
from scratch_bert.pretraining.dynamic_pairs import (
    Documents,
    Rows,
    Stretch,
    dynamic_pair,
    full_sentences,
)
from scratch_bert.pretraining.masking import Words
from scratch_bert.training.batches import padded


class DynamicExamples:
    """What a `Training` learns from.

    Args:
        documents: the text, as token ids.
        stretches: of it, an example each.
        seq_length: tokens of an example at most, special ones included.
        words: ids of [CLS], [SEP] and [MASK], and of what continues a word.
        pad: id of [PAD].
        seed: what is drawn depends on this, the epoch and the example's number alone.
        whole_word: hide all pieces of a word or none.
        next_sentence: examples are pairs, [CLS] first [SEP] second [SEP]; else [CLS] stretch [SEP],
            without `next_sentence_label`.
    """

    def __init__(
        self,
        documents: Documents,
        stretches: Rows[Stretch],
        seq_length: int,
        words: Words,
        pad: int,
        seed: int,
        *,
        whole_word: bool = False,
        next_sentence: bool = True,
    ) -> None:
        self._documents, self._stretches, self._seq_length = documents, stretches, seq_length
        self._words, self._pad, self._seed = words, pad, seed
        self._whole_word, self._next_sentence = whole_word, next_sentence

    def __len__(self) -> int:
        return len(self._stretches)

    def batch(self, numbers: Sequence[int], epoch: int) -> dict[str, Tensor]:
        """Put examples together, padded to the longest."""
        return padded([self._row(number, epoch) for number in numbers], self._pad)

    def _row(self, number: int, epoch: int) -> dict[str, Tensor]:
        words, stretch = self._words, self._stretches[number]
        rng = Random(f"{self._seed} {epoch} {number}")  # noqa: S311
        if self._next_sentence:
            pair = dynamic_pair(self._documents, stretch, self._seq_length - 3, rng)
            parts = [pair.first, pair.second]
        else:
            parts = [full_sentences(self._documents, stretch, self._seq_length - 2, rng)]
        ids = torch.tensor([words.cls, *(i for part in parts for i in (*part, words.sep))])
        ends = torch.tensor([len(part) + 1 for part in parts]).cumsum(0)
        special = torch.zeros(len(ids), dtype=torch.bool)
        special[0] = special[ends] = True
        continuing = None
        if self._whole_word:
            continuing = torch.tensor([i in words.continuing for i in ids.tolist()])
        draws = counter_draws(
            special, len(words.every), self._seed, epoch, number, continuing=continuing
        )
        hidden, labels = hide(ids[None], draws, words.mask)
        segments = torch.zeros_like(ids)
        segments[ends[0] + 1 :] = 1
        row = {
            "input_ids": hidden[0],
            "attention_mask": torch.ones_like(ids),
            "token_type_ids": segments,
            "labels": labels[0],
        }
        if self._next_sentence:
            row["next_sentence_label"] = torch.tensor(int(pair.is_random_next))
        return row
