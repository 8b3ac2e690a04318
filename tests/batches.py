"""Batches with hidden words, a model for them, and its gradients."""

import torch

from scratch_bert import BertConfig, BertForPreTraining
from scratch_bert.pretraining.objective import Pretraining, count_labels
from scratch_bert.training.run.batches import IGNORED
from tests.models import TINY, adversarial_

ROUNDING = 1e-13  # of the loss or the largest gradient; 3e-15 was the most in 40 pairs of batches
CANCELING = 1e-8  # of a change that is seen as a difference of two parameters


def made(kind=BertForPreTraining):
    torch.manual_seed(0)
    return adversarial_(kind(BertConfig(**TINY))).double().eval()  # so that nothing is dropped


def batch_of(lengths, seq=12, hide=0.3):
    generator = torch.Generator().manual_seed(sum(lengths))
    mask = (torch.arange(seq) < torch.tensor(lengths)[:, None]).long()
    ids = torch.randint(5, 90, mask.shape, generator=generator) * mask
    hidden = (torch.rand(mask.shape, generator=generator) < hide) & mask.bool()
    hidden[:, 1] = True
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": torch.randint(0, 2, mask.shape, generator=generator),
        "labels": ids.masked_fill(~hidden, IGNORED),
        "next_sentence_label": torch.randint(0, 2, mask.shape[:1], generator=generator),
    }


def gradients(model, batches, attention):
    counts = count_labels(batches)
    losses = [Pretraining(attention).loss(model, batch, counts) for batch in batches]
    return sum(losses), torch.autograd.grad(sum(losses), [*model.parameters()])
