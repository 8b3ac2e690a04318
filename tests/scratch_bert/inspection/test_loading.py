"""What is looked into: a checkpoint by its name, or a model somebody has."""

import pytest
import torch

from scratch_bert import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertModel
from scratch_bert.inspection import attention_maps, load
from scratch_bert.inspection.loading import word_head_of
from tests.models import saved


def test_a_head_that_is_there(tmp_path, recwarn):
    model, tokenizer = load(saved(BertForMaskedLM, tmp_path))
    assert isinstance(model, BertForMaskedLM)
    assert word_head_of((model, tokenizer)) is model.cls["predictions"]
    assert not recwarn


@pytest.mark.parametrize("kind", [BertModel, BertForSequenceClassification])
def test_a_head_that_is_not(kind, tmp_path, recwarn):
    model, tokenizer = load(saved(kind, tmp_path))
    assert type(model) is BertModel
    assert word_head_of((model, tokenizer)) is None
    assert not recwarn


def test_a_model_in_training(bert):
    _, tokenizer = bert
    config = BertConfig(
        hidden_size=24, num_attention_heads=3, num_hidden_layers=2, intermediate_size=40
    )
    model = BertForSequenceClassification(config).train()
    once, twice = (attention_maps("a cat", (model, tokenizer)).ours for _ in range(2))
    assert torch.equal(once, twice)
    assert once.shape == (2, 3, 4, 4)
