"""A training of a few steps, with dropout; and processes to do it in."""

import os
import signal
import traceback

import torch
import torch._dynamo  # optimizers do, which takes each forked process seconds

from scratch_bert import BertConfig, BertForPreTraining
from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.training.loop import Training
from scratch_bert.training.run.settings import Settings
from tests.batches import batch_of
from tests.models import TINY

STEPS = 12


class Examples:
    def __init__(self, seq=12):
        self.rows = batch_of([4 + number % 9 for number in range(11)], seq)

    def __len__(self):
        return 11

    def batch(self, numbers, epoch):
        return {name: rows[numbers] for name, rows in self.rows.items()}


def training(seed=3, later=(), device="cpu", **options):
    torch.manual_seed(seed)
    model = BertForPreTraining(BertConfig(**TINY))
    options = {"steps": STEPS, "batch_size": 3, "learning_rate": 1e-3, "warmup": 2, **options}
    return Training(model.to(device), Examples(), Pretraining("sdpa"), Settings(**options), later)


def differences(ours, theirs):
    other = dict(theirs.model.named_parameters())
    return [n for n, p in ours.model.named_parameters() if not torch.equal(p, other[n])]


def in_a_fork(do, **environment):
    """Do something in another process; returns its number. One thread, as in all that were forked.

    Args:
        do: what; where it fails, the process ends with 1.
        environment: variables that it has besides.
    """
    child = os.fork()
    if child:
        return child
    try:
        signal.alarm(100)  # who hangs ends
        os.environ.update(environment)
        torch._C.set_num_threads(1)
        do()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)
