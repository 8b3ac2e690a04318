"""How a model is trained: numbers and whose habits."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from scratch_bert.training.distributed.parallel import Parallel
from scratch_bert.training.schedule import huggingface_schedule, original_schedule

if TYPE_CHECKING:
    import torch
    from torch import nn

D = TypeVar("D")


def filled(kind: type[D], values: Mapping[str, Any]) -> D:
    """Make a dataclass of those values that have the names of its fields.

    >>> filled(Settings, {"steps": 7, "color": "red"}).steps
    7
    """
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names})


class Preset(StrEnum):
    """The optimizer and schedule to imitate.

    HUGGINGFACE is the `Trainer`'s: AdamW, eps 1e-8, decay of the learning rate after the warm-up.
    ORIGINAL is google-research/bert's: AdamW without bias correction, eps 1e-6, decay from step 0.
    """

    HUGGINGFACE = "huggingface"
    ORIGINAL = "original"


@dataclass(frozen=True)
class Settings:
    """How a model is trained; the defaults are those of `scratch-bert pretrain`.

    Attributes:
        steps: optimizer steps in all.
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
        preset: whose optimizer and schedule.
        seed: of the order of examples.
        seed_each_batch: draw a batch's dropout from the seed, the step and the batch's place in it,
            however many processes there are; else go on drawing, as the `Trainer` does.
        parallel: what each of several processes keeps.
    """

    steps: int = 3000
    batch_size: int = 32
    accumulation: int = 1
    learning_rate: float = 2e-3
    warmup: int = 200
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    frozen_layers: int | None = None
    max_grad_norm: float = 1.0
    bf16: bool = False
    fused: bool = True
    preset: Preset = Preset.HUGGINGFACE
    seed: int = 0
    seed_each_batch: bool = False
    parallel: Parallel = Parallel.DDP

    def optimizer(self, model: "nn.Module") -> "torch.optim.Optimizer":
        """Make the optimizer of those parameters of a model that learn."""
        import torch  # which takes seconds, and a command line reads the defaults without it

        from scratch_bert.training.optimizer import OriginalAdamW, parameter_groups

        groups = parameter_groups(model, self.weight_decay, self.layer_decay)
        if self.preset is Preset.ORIGINAL:
            return OriginalAdamW(groups, self.learning_rate)
        return torch.optim.AdamW(groups, self.learning_rate, fused=self.fused)

    def rate(self, step: int) -> float:
        """Return the learning rate of a step; the first is 0."""
        original = self.preset is Preset.ORIGINAL
        schedule = original_schedule if original else huggingface_schedule
        return self.learning_rate * schedule(step, self.warmup, self.steps)
