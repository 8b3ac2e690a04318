"""Refuse inputs that do not fit, in words that name the tensor and what it should be."""

import torch
from jaxtyping import Bool, Integer
from torch import Tensor, nn


def check_ids(name: str, ids: Integer[Tensor, "*shape"], table: nn.Embedding) -> None:
    """Refuse ids the table has no row for; on a GPU such an id leaves the process unusable."""
    if ids.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"{name} is {ids.dtype}, expected torch.int64")
    if torch.compiler.is_compiling() or ids.numel() == 0:
        return
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= table.num_embeddings:
        bad = low if low < 0 else high
        raise ValueError(f"{name} contains {bad}, expected 0 to {table.num_embeddings - 1}")


def check_shape(name: str, tensor: Tensor, *allowed: tuple[int, ...]) -> None:
    """Refuse a tensor of another shape, and say which one it should have."""
    if tuple(tensor.shape) not in allowed:
        expected = " or ".join(str(shape) for shape in allowed)
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}, expected {expected}")


def check_mask(name: str, mask: Tensor, shape: tuple[int, int]) -> Bool[Tensor, "batch _"]:
    """Refuse a mask of another kind or shape; return it as booleans."""
    check_shape(name, mask, shape)
    if mask.is_floating_point():
        raise ValueError(
            f"{name} is {mask.dtype}, expected integers or booleans: "
            "1 where a token may be looked at, 0 for padding"
        )
    return mask.to(torch.bool)
