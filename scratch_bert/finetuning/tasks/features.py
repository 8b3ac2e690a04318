"""Tokenised examples: what training takes its batches from."""

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
    """Rows of a batch, before padding.

    Attributes:
        rows: of each example, `INPUTS` and its labels. With choices, a list of rows each.
        pad: id of [PAD].
        about: of each row, what its task needs to read the outputs.
    """

    rows: Sequence[Any]
    pad: int
    about: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, numbers: Sequence[int], epoch: int) -> dict[str, Tensor]:
        """Put examples together, padded to the longest; they are the same in each epoch."""
        rows = [self.rows[number] for number in numbers]
        if isinstance(rows[0], dict):
            return padded(rows, self.pad)
        choices = [choice for row in rows for choice in row]  # of which the first has the label
        inputs = padded([{n: choice[n] for n in INPUTS} for choice in choices], self.pad)
        batch = {n: t.view(len(rows), -1, t.size(1)) for n, t in inputs.items()}
        return {**batch, "labels": torch.stack([row[0]["labels"] for row in rows])}


def encoded(
    tokenizer: BertTokenizer, *texts: Any, **options: Any
) -> tuple[BatchEncoding, list[Any]]:
    """Tokenise texts or pairs; returns the encoding, and a row of `INPUTS` for each."""
    encoding = tokenizer(*texts, return_attention_mask=True, return_token_type_ids=True, **options)
    rows = [
        {name: torch.tensor(encoding[name][number]) for name in INPUTS}
        for number in range(len(encoding["input_ids"]))
    ]
    return encoding, rows
