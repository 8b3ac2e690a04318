"""Attention in a packed batch: each token looks at those of its own sequence."""

from importlib.util import find_spec

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from scratch_bert.model.packed.packing import Block, Packing

HAS_KERNEL = find_spec("torch.nn.attention.varlen") is not None  # torch 2.10; for any lengths
SHORT = 32  # tokens, with padding; measured on two cores, batches of 8 to 64
Row = Float[Tensor, "1 heads tokens head_dim"]
Split = Float[Tensor, "sequences heads length head_dim"]


def packed_attention(
    query: Row, key: Row, value: Row, packing: Packing, dropout: float, causal: bool
) -> Row:
    """Let every sequence attend to itself; sdpa's mathematics, in the way the device likes best.

    A processor goes block by block, which is 2 to 7 times as fast as with padding. So many small
    calls take longer than what they save where texts are short and dropped from (padded, attention
    takes half to all of the time), and on a GPU always: there torch's kernel for any lengths takes
    the whole row, in half precision and without dropout; else it is padded for the attention alone,
    which takes a fifteenth to three quarters of the blocks' time.
    """
    if not packing.blocks:
        return query  # of no tokens
    too_small = query.is_cuda or (dropout > 0 and packing.seq <= SHORT)
    if len(packing.blocks) == 1 or not too_small:
        return _block_by_block(query, key, value, packing, dropout, causal)
    if query.is_cuda and HAS_KERNEL and query.element_size() == 2 and dropout == 0 and not causal:
        return _all_at_once(query, key, value, packing)
    return _padded(query, key, value, packing, dropout, causal)


def _block_by_block(
    query: Row, key: Row, value: Row, packing: Packing, dropout: float, causal: bool
) -> Row:
    """Sequences of one length together, without a mask.

    A processor adds as many numbers at once as its registers hold (8 or 16 floats). So a context
    has the bits of the padded one where its sequence's length is a multiple of that; elsewhere the
    padded sum is split otherwise, and last bits differ. Linear layers give each token the same.
    """
    sizes = [block.tokens for block in packing.blocks]
    rows = zip(*(torch.split(row, sizes, dim=2) for row in (query, key, value)), strict=True)
    contexts = []
    for block, row in zip(packing.blocks, rows, strict=True):
        q, k, v = (_sequences(each, block) for each in row)
        k, v = k[:, :, block.unseen :], v[:, :, block.unseen :]
        context = F.scaled_dot_product_attention(
            q, k, v, None, dropout, causal, scale=q.size(-1) ** -0.5
        )
        contexts.append(context.transpose(1, 2).flatten(0, 1))  # (tokens, heads, head_dim)
    return torch.cat(contexts)[None].transpose(1, 2)


def _sequences(row: Row, block: Block) -> Split:
    """Cut a block's part of the row into its sequences; a view."""
    heads, head_dim = row.size(1), row.size(3)
    split = heads, block.sequences, block.length, head_dim
    return row.squeeze(0).view(split).transpose(0, 1)  # row[0] has a slower way back


def _all_at_once(query: Row, key: Row, value: Row, packing: Packing) -> Row:
    """One call for the whole row, whatever the lengths."""
    from torch.nn.attention.varlen import varlen_attn  # takes seconds: it brings torch's compiler

    query, key, value = (row[0].transpose(0, 1) for row in (query, key, value))
    if any(block.unseen for block in packing.blocks):
        key, value = key[packing.seen], value[packing.seen]
    longest = packing.blocks[-1].length
    context = varlen_attn(query, key, value, *packing.starts, longest, longest)
    assert isinstance(context, Tensor)
    return context.transpose(0, 1)[None]  # (1, heads, tokens, head_dim)


def _padded(
    query: Row, key: Row, value: Row, packing: Packing, dropout: float, causal: bool
) -> Row:
    """As in a padded batch, with a mask."""
    heads, head_dim = query.size(1), query.size(3)
    shape = packing.batch, packing.seq, heads, head_dim
    q, k, v = (
        packing.unpack(row.transpose(1, 2).flatten(2)).view(shape).transpose(1, 2)
        for row in (query, key, value)
    )
    seen = packing.attended[:, None, None]
    if causal:
        seen = seen & torch.ones(packing.seq, packing.seq, device=seen.device).tril().bool()
    context = F.scaled_dot_product_attention(q, k, v, seen, dropout, scale=head_dim**-0.5)
    packed = packing.pack(context.transpose(1, 2).flatten(2))
    return packed.view(1, -1, heads, head_dim).transpose(1, 2)
