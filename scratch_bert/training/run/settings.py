"""How a model is trained: numbers and whose habits."""

from dataclasses import dataclass

import torch
from torch import nn

from scratch_bert.training.distributed.parallel import Parallel
from scratch_bert.training.optimizer import OriginalAdamW, parameter_groups
from scratch_bert.training.schedule import Preset, huggingface_schedule, original_schedule


@dataclass(frozen=True)
class Settings:
    """How a model is trained; names and defaults are HF's `TrainingArguments`, where it has them.

    Attributes:
        steps: optimiser steps in all.
        batch_size: examples that are computed together.
        accumulation: batches of a step.
        learning_rate: at its highest.
        warmup: steps until it is reached.
        weight_decay: of all parameters but biases and LayerNorms.
        layer_decay: what a layer's learning rate is to that of the one above it.
        frozen_layers: they and the embeddings stay as they are; None lets all learn.
        max_grad_norm: longer gradients are shortened to it.
        bf16: compute matrix products in bfloat16.
        fused: AdamW in one pass over memory, as the `Trainer` does; last bits differ.
        preset: whose optimiser and schedule.
        seed: of the order of examples.
        seed_each_batch: draw a batch's dropout from the seed, the step and the batch's place in it,
            however many processes there are; else go on drawing, as the `Trainer` does.
        parallel: what each of several processes keeps.
    """

    steps: int
    batch_size: int = 8
    accumulation: int = 1
    learning_rate: float = 5e-5
    warmup: int = 0
    weight_decay: float = 0.0
    layer_decay: float = 1.0
    frozen_layers: int | None = None
    max_grad_norm: float = 1.0
    bf16: bool = False
    fused: bool = True
    preset: Preset = Preset.HUGGINGFACE
    seed: int = 42
    seed_each_batch: bool = False
    parallel: Parallel = Parallel.DDP

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        """Make the optimiser of those parameters of a model that learn."""
        groups = parameter_groups(model, self.weight_decay, self.layer_decay)
        if self.preset is Preset.ORIGINAL:
            return OriginalAdamW(groups, self.learning_rate)
        return torch.optim.AdamW(groups, self.learning_rate, fused=self.fused)

    def rate(self, step: int) -> float:
        """Return the learning rate of a step; the first is 0."""
        original = self.preset is Preset.ORIGINAL
        schedule = original_schedule if original else huggingface_schedule
        return self.learning_rate * schedule(step, self.warmup, self.steps)
