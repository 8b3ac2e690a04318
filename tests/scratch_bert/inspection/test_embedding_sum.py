"""The parts of the embeddings are the model's own."""

import torch

from scratch_bert.inspection import embedding_parts, layer_states


def test_they_add_up_to_what_the_first_layer_reads(bert):
    given = ("An unaffable cat", "sat.")
    parts = embedding_parts(given, bert)
    assert torch.equal(parts.word + parts.segment + parts.position, parts.sum)
    assert torch.equal(parts.normalized, layer_states(given, bert).states[0])
    second = parts.tokens.index("sat")
    assert torch.equal(parts.segment[0], parts.segment[1])
    assert not torch.equal(parts.segment[0], parts.segment[second])
    model, _ = bert
    table = model.embeddings.position_embeddings.weight
    assert torch.equal(parts.position, table[: len(parts.tokens)])


def test_norms(bert):
    parts = embedding_parts("a cat", bert)
    assert parts.norms["word"].shape == (4,)
    torch.testing.assert_close(parts.norms["sum"][1], (parts.sum[1] ** 2).sum().sqrt())


def test_nothing_stays_in_the_model(bert):
    embedding_parts("a cat", bert)
    model, _ = bert
    assert not any(module._forward_hooks for module in model.modules())
