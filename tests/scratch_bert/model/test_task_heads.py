"""What the tasks' losses count; their numbers are checked against the reference's."""

import torch

import scratch_bert
from scratch_bert import BertConfig
from tests.models import TINY

IDS = torch.arange(10).view(2, 5)


def test_a_problem_type_is_told_anew_for_each_call():
    model = scratch_bert.BertForSequenceClassification(BertConfig(**TINY)).eval()
    model(IDS, labels=torch.tensor([0, 1]))
    assert model.config.problem_type is None
    several = model(IDS, labels=torch.ones(2, 2))
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        several.logits, torch.ones(2, 2)
    )
    assert torch.equal(several.loss, expected)


def test_positions_outside_the_text_are_ignored():
    model = scratch_bert.BertForQuestionAnswering(BertConfig(**TINY)).eval()
    inside = model(IDS[:1], start_positions=torch.tensor([1]), end_positions=torch.tensor([2]))
    outside = model(IDS, start_positions=torch.tensor([1, 5]), end_positions=torch.tensor([2, 99]))
    assert torch.allclose(inside.loss, outside.loss)
