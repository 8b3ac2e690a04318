"""Norms and similarities are of the model's hidden states."""

import pytest
import torch

from scratch_bert.errors import TextError
from scratch_bert.inspection import layer_states


def test_the_states_are_the_models(bert):
    found = layer_states("a cat", bert)
    model, tokenizer = bert
    with torch.inference_mode():
        inputs = tokenizer(["a cat"], return_tensors="pt")
        output = model(**inputs, output_hidden_states=True, attention="eager")
    assert torch.equal(found.states, torch.cat(output.hidden_states))
    assert found.tokens == ["[CLS]", "a", "cat", "[SEP]"]


def test_similarity(bert):
    found = layer_states("a cat", bert)
    first, second = found.states[2, 1], found.states[5, 1]
    cosines = [torch.cosine_similarity(found.states[2, i], found.states[5, i], 0) for i in range(4)]
    torch.testing.assert_close(found.layer_similarity[2, 5], torch.stack(cosines).mean())
    torch.testing.assert_close(found.layer_similarity.diagonal(), torch.ones(7))
    expected = torch.cosine_similarity(first, found.states[2, 3], 0)
    torch.testing.assert_close(found.token_similarity(2)[1, 3], expected)
    torch.testing.assert_close(found.norms[5, 1], second.norm())


def test_a_text_is_too_long(bert):
    with pytest.raises(TextError, match="has 513 tokens, and the model takes 512"):
        layer_states("the " * 511, bert)
