"""Which numbers of a stage belong to tokens, and which to padding."""

from dataclasses import dataclass

import torch
from torch import Tensor

_ATTENDED_KEYS = ("scores", "scores.grad", "probabilities.grad")


@dataclass(frozen=True)
class Attended:
    """Two parts of a stage's tensor, as masks of its shape; some numbers are in neither."""

    tokens: Tensor
    padding: Tensor


def attended(name: str, tensor: Tensor, mask: Tensor) -> Attended | None:
    """Say which numbers of a stage belong to tokens.

    Of scores only those of keys that are attended count: what stands for "not attended" is each
    implementation's own business. So is the gradient of a probability that is 0: it depends on what
    is made of padding.

    Args:
        name: the stage; its gradient's ends with `.grad`.
        tensor: the reference's.
        mask: (batch, seq), 1 for tokens.

    Returns:
        None where the tensor has no rows of the batch.
    """
    rows = mask.bool()
    batch, seq = rows.shape
    if tensor.shape[0] != batch:
        return None
    if tensor.shape[1:2] == (seq,) and tensor.dim() == 3:
        tokens, padding = rows[:, :, None], ~rows[:, :, None]
    elif tensor.dim() == 4 and tensor.shape[2:] == (seq, seq):
        queries, keys = rows[:, None, :, None], rows[:, None, None, :]
        keys = keys if name.endswith(_ATTENDED_KEYS) else torch.ones_like(keys)
        tokens, padding = queries & keys, ~queries & keys
    else:
        first = rows[:, 0].reshape(batch, *[1] * (tensor.dim() - 1))
        tokens, padding = first, ~first
    return Attended(tokens.expand_as(tensor), padding.expand_as(tensor))
