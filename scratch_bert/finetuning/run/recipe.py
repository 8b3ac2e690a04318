"""How a model is fine-tuned: epochs in place of steps, and what is special to it."""

from dataclasses import asdict, dataclass

from scratch_bert.training.run.settings import Settings, filled


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

    epochs: int = 8
    batch_size: int = 8
    accumulation: int = 1
    learning_rate: float = 1e-4
    warmup: float = 0.1
    weight_decay: float = 0.0
    layer_decay: float = 1.0
    frozen_layers: int | None = None
    bf16: bool = False
    seed: int = 0
    balanced: bool = False
    patience: int | None = None
    attention: str = "packed"

    def steps_of_epoch(self, examples: int) -> int:
        """Count an epoch's optimizer steps."""
        from scratch_bert.training.shuffle import steps_of_epoch  # brings torch

        return steps_of_epoch(examples, self.batch_size, self.accumulation)

    def settings(self, examples: int) -> Settings:
        """Return the same for so many examples."""
        steps = self.epochs * self.steps_of_epoch(examples)
        counted = {"steps": steps, "warmup": round(self.warmup * steps)}
        return filled(Settings, {**asdict(self), **counted})
