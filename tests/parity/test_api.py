"""The reference's attention is scratch_bert's, bit for bit; of a pair with both segments too."""

import torch

from parity.api import reference_attentions
from scratch_bert.inspection import attention_maps


def test_both_are_equal(folder):
    maps = attention_maps(("An unaffable cat", "sat."), folder)
    theirs = reference_attentions(folder, maps.batch)
    assert theirs.shape == (3, 4, 10, 10)
    assert torch.equal(maps.ours, theirs)


def test_segments_are_read(folder):
    maps = attention_maps(("An unaffable cat", "sat."), folder)
    without = {**maps.batch, "token_type_ids": torch.zeros_like(maps.batch["token_type_ids"])}
    assert not torch.equal(maps.ours, reference_attentions(folder, without))
