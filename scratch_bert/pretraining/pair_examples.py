"""Pairs of a corpus as batches: other words are hidden in each epoch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from scratch_bert.pretraining.dynamic_masking import IGNORED, counter_draws, hide
from scratch_bert.pretraining.masking import Words
from scratch_bert.pretraining.shards import Pairs


class PairExamples:
    """What a `Training` learns from.

    Args:
        pairs: of token ids.
        words: ids of [CLS], [SEP] and [MASK], and of what continues a word.
        pad: id of [PAD].
        seed: what is hidden depends on this, the epoch and the pair's number alone.
        whole_word: hide all pieces of a word or none.
    """

    def __init__(
        self, pairs: Pairs, words: Words, pad: int, seed: int, *, whole_word: bool = False
    ) -> None:
        self._pairs, self._words, self._pad = pairs, words, pad
        self._seed, self._whole_word = seed, whole_word

    def __len__(self) -> int:
        return len(self._pairs)

    def batch(self, numbers: Sequence[int], epoch: int) -> dict[str, Tensor]:
        """Put pairs together, padded to the longest."""
        rows = [self._row(number, epoch) for number in numbers]
        fillers = {"input_ids": self._pad, "labels": IGNORED}
        batch = {
            name: torch.nn.utils.rnn.pad_sequence(
                [row[name] for row in rows], True, fillers.get(name, 0)
            )
            for name in rows[0]
        }
        labels = [self._pairs[number].is_random_next for number in numbers]
        return {**batch, "next_sentence_label": torch.tensor(labels).long()}

    def _row(self, number: int, epoch: int) -> dict[str, Tensor]:
        words, (first, second, _) = self._words, self._pairs[number]
        ids = torch.tensor([words.cls, *first, words.sep, *second, words.sep])
        special = torch.zeros(len(ids), dtype=torch.bool)
        special[[0, len(first) + 1, -1]] = True
        continuing = None
        if self._whole_word:
            continuing = torch.tensor([i in words.continuing for i in ids.tolist()])
        draws = counter_draws(
            special, len(words.every), self._seed, epoch, number, continuing=continuing
        )
        hidden, labels = hide(ids[None], draws, words.mask)
        segments = torch.zeros_like(ids)
        segments[len(first) + 2 :] = 1
        return {
            "input_ids": hidden[0],
            "attention_mask": torch.ones_like(ids),
            "token_type_ids": segments,
            "labels": labels[0],
        }
