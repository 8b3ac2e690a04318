"""From one seed, construction draws the reference's weights and leaves the generator as it does."""

import pytest
import torch

import scratch_bert
from parity import reference
from scratch_bert.config import BertConfig
from tests.reference.assertions import assert_same
from tests.reference.sides import HEADS, TINY

VARIANTS = [
    {},
    {"pad_token_id": None},
    {"initializer_range": 0.5},
    {"tie_word_embeddings": False},
    {"is_decoder": True, "add_cross_attention": True},
    {"num_labels": 5},
]


@pytest.mark.sample(18)
@pytest.mark.parametrize("config", VARIANTS, ids=str)
@pytest.mark.parametrize("head", HEADS)
def test_seeded_construction(head, config):
    if head != "BertLMHeadModel" and "is_decoder" in config:
        head = "BertModel"
    if head == "BertForQuestionAnswering":
        config = {**config, "num_labels": 2}  # theirs cannot run with another number; ours has two
    torch.manual_seed(3)
    ours = getattr(scratch_bert, head)(BertConfig(**TINY, **config))
    ours_state = torch.get_rng_state()
    torch.manual_seed(3)
    theirs = reference.build(head, {**TINY, **config})
    assert_same(ours.state_dict(), theirs.state_dict())
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert torch.equal(ours_state, torch.get_rng_state())
    assert ours.training


@pytest.mark.parametrize("head", ["BertForMaskedLM", "BertForPreTraining", "BertLMHeadModel"])
def test_tied_parameters_are_one_object(head):
    ours = getattr(scratch_bert, head)(BertConfig(**TINY))
    predictions = ours.cls["predictions"]
    assert predictions.decoder.weight is ours.bert.embeddings.word_embeddings.weight
    assert predictions.decoder.bias is predictions.bias
