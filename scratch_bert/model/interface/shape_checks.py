"""Refuse inputs that do not fit, in words that name the tensor and what it should be."""

from typing import Any

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


def completed_inputs(
    tables: Any,
    input_ids: Tensor | None,
    token_type_ids: Tensor | None,
    position_ids: Tensor | None,
    inputs_embeds: Tensor | None,
    past_length: int,
) -> tuple[Integer[Tensor, "batch seq"], Integer[Tensor, "#batch seq"]]:
    """Refuse what the tables of `BertEmbeddings` have no place for.

    Returns:
        the segments, all 0 if None was given, and the positions, counted from `past_length`.

    Raises:
        ValueError: see `BertEmbeddings.forward`.
    """
    if (input_ids is None) == (inputs_embeds is None):
        raise ValueError("give exactly one of input_ids and inputs_embeds")
    hidden = tables.word_embeddings.embedding_dim
    if input_ids is not None:
        if input_ids.dim() != 2:
            shape = tuple(input_ids.shape)
            raise ValueError(f"input_ids has shape {shape}, expected (batch, seq)")
        check_ids("input_ids", input_ids, tables.word_embeddings)
        given = input_ids
    elif inputs_embeds is not None:
        if inputs_embeds.dim() != 3 or inputs_embeds.size(2) != hidden:
            shape = tuple(inputs_embeds.shape)
            raise ValueError(f"inputs_embeds has shape {shape}, expected (batch, seq, {hidden})")
        given = inputs_embeds
    batch, seq = given.shape[:2]
    if position_ids is None:
        positions = tables.position_embeddings.num_embeddings
        if past_length + seq > positions:
            raise ValueError(
                f"input_ids: the sequence has {past_length + seq} tokens, "
                f"but max_position_embeddings is {positions}; shorten it"
            )
        position_ids = torch.arange(past_length, past_length + seq, device=given.device)[None]
    else:
        check_shape("position_ids", position_ids, (batch, seq), (1, seq))
        check_ids("position_ids", position_ids, tables.position_embeddings)
    if token_type_ids is None:
        token_type_ids = torch.zeros(batch, seq, dtype=torch.long, device=given.device)
    else:
        check_shape("token_type_ids", token_type_ids, (batch, seq))
        check_ids("token_type_ids", token_type_ids, tables.token_type_embeddings)
    return token_type_ids, position_ids
