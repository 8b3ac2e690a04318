"""What a step leaves: gradients of all batches, clipped, one change, and no gradients."""

import pytest
import torch

from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.training.step import training_step
from tests.batches import CANCELING, ROUNDING, batch_of, gradients, made


def test_what_a_step_leaves():
    model, batches = made(), [batch_of([12, 5]), batch_of([4, 7])]
    loss, expected = gradients(model, batches, "packed")
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    step = training_step(model, batches, optimizer, Pretraining(), max_grad_norm=0.5)
    assert step.loss == pytest.approx(loss.item(), rel=1e-12)
    norm = torch.stack([gradient.norm() for gradient in expected]).norm()
    assert step.gradient_norm == pytest.approx(norm.item(), rel=1e-12)
    assert norm > 1
    for old, new, gradient in zip(before, model.parameters(), expected, strict=True):
        assert new.grad is None
        torch.testing.assert_close(
            old - new, gradient * 0.5 / (norm + 1e-6), rtol=CANCELING, atol=ROUNDING
        )
