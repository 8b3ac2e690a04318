"""Twenty optimizer steps with dropout end with the reference's parameters, bit for bit."""

from functools import partial

import pytest
import torch
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_linear_schedule_with_warmup
from transformers.pytorch_utils import ALL_LAYERNORM_LAYERS
from transformers.trainer_pt_utils import get_parameter_names

from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.training.optimizer import parameter_groups
from scratch_bert.training.schedule import huggingface_schedule
from scratch_bert.training.step import training_step
from tests.reference.sides import pair

STEPS, WARMUP = 20, 4


def batches(number, rows=4, seq=11):
    generator = torch.Generator().manual_seed(0)
    for _ in range(number):
        ids = torch.randint(5, 90, (rows, seq), generator=generator)
        lengths = torch.randint(4, seq + 1, (rows, 1), generator=generator)
        mask = (torch.arange(seq) < lengths).long()
        chosen = (torch.rand(rows, seq, generator=generator) < 0.3) & mask.bool()
        chosen[:, 1] = True
        yield {
            "input_ids": ids * mask,
            "attention_mask": mask,
            "token_type_ids": torch.randint(0, 2, (rows, seq), generator=generator),
            "labels": ids.masked_fill(~chosen, -100),
            "next_sentence_label": torch.randint(0, 2, (rows,), generator=generator),
        }


def their_steps(model, attention, bf16):
    decaying = get_parameter_names(model, ALL_LAYERNORM_LAYERS, ["bias", "LayerNorm"])
    named = dict(model.named_parameters())
    groups = [
        {"params": [named[n] for n in named if n in decaying], "weight_decay": 0.01},
        {"params": [named[n] for n in named if n not in decaying], "weight_decay": 0.0},
    ]
    optimizer = AdamW(groups, lr=1e-3)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    for batch in batches(STEPS):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = model(**batch).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        yield loss.detach(), norm


def our_steps(model, attention, bf16):
    optimizer = AdamW(parameter_groups(model, 0.01), lr=1e-3)
    schedule = LambdaLR(optimizer, partial(huggingface_schedule, warmup=WARMUP, total=STEPS))
    for batch in batches(STEPS):
        yield training_step(model, [batch], optimizer, Pretraining(attention), bf16=bf16)
        schedule.step()


@pytest.mark.sample(1)
@pytest.mark.parametrize("bf16", [False, True], ids=["float32", "bf16"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_twenty_steps(attention, bf16):
    ours, theirs = pair("BertForPreTraining", attention)
    found = []
    for model, steps in ((ours, our_steps), (theirs, their_steps)):
        model.train()
        torch.manual_seed(7)
        found.append([*steps(model, attention, bf16)])
    for step, (mine, yours) in enumerate(zip(*found, strict=True)):
        assert torch.equal(mine[0], yours[0]), f"loss of step {step}"
        assert torch.equal(mine[1], yours[1]), f"norm of step {step}"
    parameters = dict(theirs.named_parameters())
    differ = [n for n, p in ours.named_parameters() if not torch.equal(p, parameters[n])]
    assert differ == []
