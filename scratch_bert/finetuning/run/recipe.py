"""Settings of a fine-tuning, with epochs instead of steps."""

from dataclasses import asdict, dataclass

from scratch_bert.training.run.settings import Settings, filled


@dataclass(frozen=True)
class Recipe:
    """Settings of a fine-tuning; `Settings` describes those that are not described here.

    Attributes:
        epochs: passes over the training data (HF `num_train_epochs`).
        warmup: share of the steps until the learning rate reaches its peak.
        balanced: give rare classes a higher weight in the loss.
        patience: evaluations without improvement before training stops; None trains for all epochs
            and keeps the last model.
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
        """Return the number of optimizer steps in an epoch."""
        from scratch_bert.training.shuffle import steps_of_epoch  # brings torch

        return steps_of_epoch(examples, self.batch_size, self.accumulation)

    def settings(self, examples: int) -> Settings:
        """Return the settings of `Training` for a number of examples."""
        steps = self.epochs * self.steps_of_epoch(examples)
        return filled(
            Settings, asdict(self) | {"steps": steps, "warmup": round(self.warmup * steps)}
        )
