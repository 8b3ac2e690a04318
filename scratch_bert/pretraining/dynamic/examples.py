"""Stretches of a corpus as batches: cut otherwise, and other words hidden, in each epoch."""

from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from scratch_bert.pretraining.dynamic.masking import counter_draws
from scratch_bert.pretraining.dynamic.pairs import (
    Documents,
    Rows,
    Segment,
    dynamic_pair,
    full_sentences,
)
from scratch_bert.pretraining.masking import hide
from scratch_bert.pretraining.static.masking import Words


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
        stretches: Rows[Segment],
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
        self._continuing = torch.zeros(max(words.every) + 1, dtype=torch.bool)
        self._continuing[[*words.continuing]] = True

    def __len__(self) -> int:
        return len(self._stretches)

    def batch(self, indices: Sequence[int], epoch: int) -> dict[str, Tensor]:
        """Put examples together, padded to the longest."""
        words = self._words
        rows = [self._parts(index, epoch) for index in indices]
        ids = torch.nn.utils.rnn.pad_sequence(
            [
                torch.tensor([words.cls, *(i for part in parts for i in (*part, words.sep))])
                for parts, _ in rows
            ],
            True,
            self._pad,
        )
        place = torch.arange(ids.size(1))
        first_sep = torch.tensor([[len(parts[0]) + 1] for parts, _ in rows])
        length = torch.tensor([[1 + sum(len(part) + 1 for part in parts)] for parts, _ in rows])
        special = (place == 0) | (place == first_sep) | (place >= length - 1)
        draws = counter_draws(
            special,
            len(words.every),
            self._seed,
            epoch,
            indices,
            continuing=self._continuing[ids] if self._whole_word else None,
        )
        hidden, labels = hide(ids, draws, words.mask)
        batch = {
            "input_ids": hidden,
            "attention_mask": (place < length).long(),
            "token_type_ids": ((place > first_sep) & (place < length)).long(),
            "labels": labels,
        }
        if self._next_sentence:
            batch["next_sentence_label"] = torch.tensor([int(random) for _, random in rows])
        return batch

    def _parts(self, number: int, epoch: int) -> tuple[list[list[int]], bool]:
        """What is between [CLS] and [SEP], and whether the second is a random one."""
        stretch, rng = self._stretches[number], Random(f"{self._seed} {epoch} {number}")  # noqa: S311
        if not self._next_sentence:
            return [full_sentences(self._documents, stretch, self._seq_length - 2, rng)], False
        pair = dynamic_pair(self._documents, stretch, self._seq_length - 3, rng)
        return [pair.first, pair.second], pair.is_random_next
