"""Rows of unlike lengths as one batch."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

IGNORED = -100  # a label that no loss is computed of (HF; torch's cross_entropy)


def padded(rows: Sequence[Mapping[str, Tensor]], pad: int) -> dict[str, Tensor]:
    """Fill rows up to the longest (HF `DataCollatorWithPadding`); numbers become a vector.

    Args:
        rows: name → one row's tensor, of one or no dimension.
        pad: id of [PAD], for `input_ids`; `labels` get `IGNORED`, other columns 0.
    """
    fillers = {"input_ids": pad, "labels": IGNORED}
    return {
        name: pad_sequence([row[name] for row in rows], True, fillers.get(name, 0))
        if rows[0][name].dim()
        else torch.stack([row[name] for row in rows])
        for name in rows[0]
    }
