"""Tokenized examples, from which training takes its batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.interface.batch_encoding import BatchEncoding
from scratch_bert.training.run.batches import padded

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True)
class Features:
    """Rows of tokens, before padding.

    Attributes:
        rows: for each example `INPUTS` and labels; for multiple choice a list of such rows.
        pad: id of [PAD].
        alignments: for each row, which words or characters its tokens are from, if the task needs
            that to read predictions.
    """

    rows: Sequence[Any]
    pad: int
    alignments: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, indices: Sequence[int], epoch: int) -> dict[str, Tensor]:
        """Pad some examples to the longest of them; they are the same in every epoch."""
        rows = [self.rows[index] for index in indices]
        if isinstance(rows[0], dict):
            return padded(rows, self.pad)
        choices = [choice for row in rows for choice in row]  # the first of a row has the label
        inputs = padded([{n: choice[n] for n in INPUTS} for choice in choices], self.pad)
        batch = {n: t.view(len(rows), -1, t.size(1)) for n, t in inputs.items()}
        return {**batch, "labels": torch.stack([row[0]["labels"] for row in rows])}


def tokenize(
    tokenizer: BertTokenizer, *texts: Any, **options: Any
) -> tuple[BatchEncoding, list[Any]]:
    """Tokenize texts or pairs; return the encoding, and `INPUTS` of each row as tensors."""
    encoding = tokenizer(*texts, return_attention_mask=True, return_token_type_ids=True, **options)
    rows = [
        {name: torch.tensor(encoding[name][number]) for name in INPUTS}
        for number in range(len(encoding["input_ids"]))
    ]
    return encoding, rows
