"""Mistakes of training steps."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from parity.suite.mistake import KnownMistakes
from parity.suite.training_runs import Batch
from scratch_bert.training.optimizer import OriginalAdamW, decays, parameter_groups
from scratch_bert.training.run.settings import Settings
from scratch_bert.training.schedule import huggingface_schedule, original_schedule
from scratch_bert.training.step import Objective, Step, clip, divisors, training_step

STEPS = KnownMistakes("steps", "twenty steps in double precision, each of two batches")

_GROUPS = 'two groups: no decay for names with "bias" or "LayerNorm"'
_ADAMW = "torch.optim.AdamW(groups, lr), with its own betas of 0.9 and 0.999 and eps of 1e-8"
_CLIP = "torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm), once for all"
_RATE = "get_linear_schedule_with_warmup, stepped after the optimizer: the first step's rate is 0"
_STEP = "divide each batch's sum by the number of the whole step's labels"

Decays = Callable[[str, nn.Parameter], bool]
Divisors = Callable[..., list[Sequence[int]]]
Schedule = Callable[[int, int, int], float]


@STEPS("steps-decay-of-all", decays, _GROUPS)
def all_parameters_decay(_: Decays, _name: str, _parameter: nn.Parameter) -> bool:
    """Biases and LayerNorms decay, too."""
    return True


@STEPS("steps-decay-of-norms", decays, _GROUPS)
def norms_decay(_: Decays, name: str, _parameter: nn.Parameter) -> bool:
    """LayerNorms decay, too; biases alone do not."""
    return not name.endswith("bias")


@STEPS("steps-no-decay", decays, _GROUPS)
def nothing_decays(_: Decays, _name: str, _parameter: nn.Parameter) -> bool:
    """Nothing decays."""
    return False


@STEPS(
    "steps-decay-of-matrices",
    decays,
    "",
    equivalent="BERT's biases and LayerNorms are all that has one dimension",
)
def matrices_decay(_: Decays, _name: str, parameter: nn.Parameter) -> bool:
    """What has two dimensions decays, whatever its name."""
    return parameter.dim() > 1


def _groups(settings: Settings, model: nn.Module) -> list[dict[str, Any]]:
    return parameter_groups(model, settings.weight_decay, settings.layer_decay)


@STEPS(
    "steps-l2",
    Settings.optimizer,
    "AdamW, whose decay is decoupled: p -= lr * weight_decay * p",
    seen="torch.optim.Adam(weight_decay=…)",
)
def decay_is_added_to_the_gradient(_: Any, settings: Settings, model: nn.Module) -> Optimizer:
    """Decay is added to the gradient, where Adam scales it (L2)."""
    return Adam(_groups(settings, model), settings.learning_rate)


@STEPS("steps-bias-uncorrected", Settings.optimizer, _ADAMW)
def means_are_not_corrected(_: Any, settings: Settings, model: nn.Module) -> Optimizer:
    """Adam's means are not corrected for having begun at zero."""
    return OriginalAdamW(_groups(settings, model), settings.learning_rate, eps=1e-8)


@STEPS("steps-original-adam", Settings.optimizer, _ADAMW, seen="google-research/bert")
def adam_is_the_original(_: Any, settings: Settings, model: nn.Module) -> Optimizer:
    """Adam is the original's: no correction of means, and an eps of 1e-6."""
    return OriginalAdamW(_groups(settings, model), settings.learning_rate)


@STEPS("steps-eps", Settings.optimizer, _ADAMW, seen="the paper's appendix, and RoBERTa")
def adam_has_eps_1e_6(_: Any, settings: Settings, model: nn.Module) -> Optimizer:
    """Adam's eps is 1e-6."""
    return AdamW(_groups(settings, model), settings.learning_rate, eps=1e-6)


@STEPS("steps-betas", Settings.optimizer, _ADAMW, seen="RoBERTa")
def adam_has_beta_098(_: Any, settings: Settings, model: nn.Module) -> Optimizer:
    """Adam's second beta is 0.98."""
    return AdamW(_groups(settings, model), settings.learning_rate, betas=(0.9, 0.98))


@STEPS("steps-clip-each", clip, _CLIP)
def each_gradient_is_clipped(_: Any, model: nn.Module, longest: float) -> Tensor:
    """Each parameter's gradient is clipped by its own norm."""
    norms = [nn.utils.clip_grad_norm_(each, longest) for each in model.parameters()]
    return torch.stack(norms).norm()


@STEPS("steps-not-clipped", clip, _CLIP)
def gradients_are_not_clipped(right: Any, model: nn.Module, _: float) -> Tensor:
    """Gradients are not clipped."""
    return right(model, float("inf"))


@STEPS("steps-mean-of-means", divisors, _STEP, seen="transformers#34191")
def step_is_the_mean_of_means(
    _: Divisors, objective: Objective, batches: Sequence[Batch]
) -> list[Sequence[int]]:
    """A step's loss is the mean of its batches' means."""
    each = [objective.count([batch]) for batch in batches]
    return [[number * len(batches) for number in own] for own in each]


@STEPS(
    "steps-sum-of-means",
    divisors,
    _STEP,
    seen="transformers#47688: HuggingFace's Trainer with BERT's heads",
)
def step_is_the_sum_of_means(
    _: Divisors, objective: Objective, batches: Sequence[Batch]
) -> list[Sequence[int]]:
    """The means of a step's batches are summed and not divided."""
    return [objective.count([batch]) for batch in batches]


@STEPS(
    "steps-warmup-early",
    huggingface_schedule,
    _RATE,
    seen="scheduler.step() before the first optimizer.step()",
)
def rate_is_a_step_ahead(right: Schedule, step: int, warmup: int, total: int) -> float:
    """The learning rate is a step ahead."""
    return right(step + 1, warmup, total)


@STEPS("steps-original-rate", huggingface_schedule, _RATE, seen="google-research/bert")
def rate_falls_from_step_0(_: Schedule, step: int, warmup: int, total: int) -> float:
    """The learning rate falls from step 0 on, beside the warm-up."""
    return original_schedule(step, warmup, total)


@STEPS("steps-no-warmup", huggingface_schedule, _RATE)
def there_is_no_warmup(_: Schedule, step: int, _warmup: int, total: int) -> float:
    """There is no warm-up."""
    return max(0.0, 1 - step / total)


@STEPS("steps-rate-stays", huggingface_schedule, _RATE)
def rate_stays_high(_: Schedule, step: int, warmup: int, _total: int) -> float:
    """The learning rate stays high after the warm-up."""
    return min(1.0, step / warmup)


@STEPS("steps-gradients-stay", training_step, "optimizer.zero_grad() in each step")
def gradients_are_never_zeroed(
    right: Callable[..., Step],
    model: nn.Module,
    batches: Sequence[Batch],
    optimizer: Optimizer,
    *given: Any,
    **named: Any,
) -> Step:
    """Gradients of earlier steps are still there."""
    optimizer.zero_grad = lambda *_: None  # type: ignore[method-assign]
    return right(model, batches, optimizer, *given, **named)


OFF = KnownMistakes("dropout", "steps with dropout, beside those without")


@OFF(
    "dropout-left-off",
    training_step,
    "model.train() before the first step; from_pretrained returns a model in evaluation mode",
)
def nothing_is_dropped(
    right: Callable[..., Step], model: nn.Module, *given: Any, **named: Any
) -> Step:
    """Nothing is dropped in training."""
    return right(model.eval(), *given, **named)


DROPOUT = nothing_is_dropped
