"""How a model is fine-tuned: epochs in place of steps, and what is special to it."""

from dataclasses import dataclass

from scratch_bert.training.run.settings import Settings
from scratch_bert.training.shuffle import steps_of_epoch


@dataclass(frozen=True)
class Recipe:
    """How a model is fine-tuned; what is named as in `Settings` is that.

    Attributes:
        epochs: how often all examples are seen (HF `num_train_epochs`).
        warmup: the share of the steps until the learning rate is at its top.
        balanced: whether a class weighs more where it is rare.
        patience: evaluations without a better one that end it; None takes all steps, and the last
            model.
        attention: "eager", "sdpa" or "packed".
    """

    epochs: int = 5
    batch_size: int = 8
    accumulation: int = 1
    learning_rate: float = 5e-5
    warmup: float = 0.1
    weight_decay: float = 0.0
    layer_decay: float = 1.0
    frozen_layers: int | None = None
    bf16: bool = False
    seed: int = 42
    balanced: bool = False
    patience: int | None = None
    attention: str = "packed"

    def steps_of_epoch(self, examples: int) -> int:
        """Count an epoch's optimiser steps."""
        return steps_of_epoch(examples, self.batch_size, self.accumulation)

    def settings(self, examples: int) -> Settings:
        """Return the same for so many examples."""
        steps = self.epochs * self.steps_of_epoch(examples)
        return Settings(
            steps=steps,
            batch_size=self.batch_size,
            accumulation=self.accumulation,
            learning_rate=self.learning_rate,
            warmup=round(self.warmup * steps),
            weight_decay=self.weight_decay,
            layer_decay=self.layer_decay,
            frozen_layers=self.frozen_layers,
            bf16=self.bf16,
            seed=self.seed,
        )
