"""Batches without padding: all sequences of a batch in one row, one behind the other.

    [CLS] a b [SEP] [PAD]
    [CLS] c [SEP] [PAD] [PAD]   →   [CLS] c [SEP] [CLS] a b [SEP]

Padding is computed like any token and then thrown away; often that is half of the work. Layers
that treat each token by itself, which is all but attention, take the packed row as it is: it is a
batch of one. Attention on a processor goes through blocks of sequences of one length, mostly
without a mask.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor


@dataclass(frozen=True)
class Block:
    """Sequences of the same length, one behind the other in the packed row.

    Attributes:
        sequences: how many.
        length: tokens of each.
        unseen: how many at each one's beginning nobody may look at, 0 or 1.
    """

    sequences: int
    length: int
    unseen: int

    @property
    def tokens(self) -> int:
        """Of all its sequences."""
        return self.sequences * self.length


@dataclass(frozen=True)
class Packing:
    """Where the tokens of a padded batch are in the packed one.

    Attributes:
        batch: sequences of the padded batch.
        seq: their length, padding included.
        places: of the tokens in the padded batch, whose rows are counted through; in packed order.
        seen: which of them may be looked at.
        blocks: of the packed row, short sequences first.
    """

    batch: int
    seq: int
    places: Integer[Tensor, " tokens"]
    seen: Bool[Tensor, " tokens"]
    blocks: tuple[Block, ...]

    @property
    def is_full(self) -> bool:
        """Whether there is no padding, and all is in the padded batch's order."""
        tokens = [block.tokens for block in self.blocks]
        return tokens == [self.batch * self.seq]

    def chosen(
        self, wanted: Bool[Tensor, "#batch #seq"], keep_first: bool
    ) -> tuple[Integer[Tensor, " chosen"], "Packing"]:
        """Choose some of the tokens, and each row's first where that is asked for.

        Returns:
            Their places in the packed row, and where they are in the padded batch.
        """
        wanted = wanted.to(self.places.device).expand(self.batch, self.seq).clone()
        if keep_first:
            wanted[:, 0] = True
        among = wanted.flatten()[self.places].nonzero().flatten()
        return among, Packing(self.batch, self.seq, self.places[among], self.seen[among], ())

    def pack(self, padded: Float[Tensor, "batch seq width"]) -> Float[Tensor, "1 tokens width"]:
        """Leave the padding out."""
        rows = padded.flatten(0, 1)
        return (rows if self.is_full else rows.index_select(0, self.places))[None]

    def unpack(
        self, packed: Float[Tensor, "1 tokens width"], padding: float = 0.0
    ) -> Float[Tensor, "batch seq width"]:
        """Put every token where it was, and a number where there is padding."""
        rows = packed[0]
        if not self.is_full:
            rows = packed.new_full((self.batch * self.seq, packed.size(2)), padding)
            rows.index_copy_(0, self.places, packed[0])
        return rows.view(self.batch, self.seq, packed.size(2))

    @cached_property
    def attended(self) -> Bool[Tensor, "batch seq"]:
        """Which tokens of the padded batch may be looked at."""
        seen = self.seen.new_zeros(self.batch * self.seq)
        return seen.index_copy(0, self.places, self.seen).view(self.batch, self.seq)

    @cached_property
    def starts(self) -> tuple[Integer[Tensor, " bounds"], Integer[Tensor, " bounds"]]:
        """Where each sequence begins in the packed row, and where the last one ends.

        The second counts only tokens that may be looked at.
        """
        device = self.places.device
        lengths, seen = [0], [0]
        for block in self.blocks:
            lengths += [block.length] * block.sequences
            seen += [block.length - block.unseen] * block.sequences
        queries, keys = (
            torch.tensor([*accumulate(each)], dtype=torch.int32, device=device)
            for each in (lengths, seen)
        )
        return queries, keys


def packing_for(attended: Bool[Tensor, "batch seq"], keep_first: bool) -> Packing:
    """Find the tokens of a batch.

    Args:
        attended: where a token may be looked at; elsewhere is padding, wherever in its row.
        keep_first: keep each row's first token even where it is padding, for a pooler reads it.
    """
    batch, seq = attended.shape
    kept = attended.clone()
    if keep_first:
        kept[:, :1] = True
    unseen = (kept & ~attended).sum(1)
    kinds, order = (2 * kept.sum(1) + unseen).sort(stable=True)  # by length
    places = torch.arange(batch * seq, device=attended.device).view(batch, seq)
    found, counts = torch.unique_consecutive(kinds, return_counts=True)
    blocks = tuple(
        Block(count, kind // 2, kind % 2)
        for kind, count in zip(found.tolist(), counts.tolist(), strict=True)
        if kind > 0
    )
    places = places[order][kept[order]]
    return Packing(batch, seq, places, attended.flatten()[places], blocks)
