"""Pretraining's losses; their numbers are checked against the reference's."""

import pytest
import torch

import scratch_bert
from scratch_bert import BertConfig
from tests.models import TINY

IDS = torch.arange(10).view(2, 5)


def test_pretraining_losses_add_up():
    model = scratch_bert.BertForPreTraining(BertConfig(**TINY)).eval()
    both = {"labels": IDS, "next_sentence_label": torch.tensor([0, 1])}
    words = model(IDS, labels=both["labels"]).loss
    sentences = model(IDS, next_sentence_label=both["next_sentence_label"]).loss
    assert torch.equal(model(IDS, **both).loss, words + sentences)
    assert model(IDS).loss is None


@pytest.mark.usefixtures("unchecked_shapes")
def test_labels_of_another_shape_are_named():
    model = scratch_bert.BertForMaskedLM(BertConfig(**TINY))
    with pytest.raises(ValueError, match=r"labels has shape \(5, 2\), expected \(2, 5\)"):
        model(IDS, labels=IDS.T)
