"""Training steps, as they go wrong."""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from parity.core.mistake import Mistake
from parity.pretraining.right import Settings, hf_rate
from parity.suite.mistake import instead
from scratch_bert.training.optimizer import OriginalAdamW
from scratch_bert.training.schedule import original_schedule

Groups = Iterable[dict[str, Any]]


def _l2(groups: Groups) -> Optimizer:
    return Adam(groups, 0.0)


def _uncorrected(groups: Groups) -> Optimizer:
    return OriginalAdamW(groups, 0.0, eps=1e-8)


def _original(groups: Groups) -> Optimizer:
    return OriginalAdamW(groups, 0.0)


def _eps(groups: Groups) -> Optimizer:
    return AdamW(groups, 0.0, eps=1e-6)


def _betas(groups: Groups) -> Optimizer:
    return AdamW(groups, 0.0, betas=(0.9, 0.98))


def _clip_each(parameters: Sequence[nn.Parameter], longest: float) -> None:
    for parameter in parameters:
        nn.utils.clip_grad_norm_(parameter, longest)


def _no_warmup(step: int, settings: Settings) -> float:
    return max(0.0, 1 - step / settings["steps"])


def _stays_high(step: int, settings: Settings) -> float:
    return min(1.0, step / settings["warmup"])


_STEPS = "twenty steps in double precision, each of two batches"
_GROUPS = 'two groups: no decay for names with "bias" or "LayerNorm"'
_ADAMW = "torch.optim.AdamW(groups, lr), with its own betas of 0.9 and 0.999 and eps of 1e-8"
_CLIP = "torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm), once for all"
_RATE = "get_linear_schedule_with_warmup, stepped after the optimiser: the first step's rate is 0"
_STEP = "divide each batch's sum by the number of the whole step's labels"

STEPS: tuple[Mistake, ...] = (
    instead(
        "steps",
        "steps-decay-of-all",
        "biases and LayerNorms decay, too",
        _GROUPS,
        detected_by=_STEPS,
        decays=lambda _name, _: True,
    ),
    instead(
        "steps",
        "steps-decay-of-norms",
        "LayerNorms decay, too; biases alone do not",
        _GROUPS,
        detected_by=_STEPS,
        decays=lambda name, _: not name.endswith("bias"),
    ),
    instead(
        "steps",
        "steps-no-decay",
        "nothing decays",
        _GROUPS,
        detected_by=_STEPS,
        decays=lambda _name, _: False,
    ),
    instead(
        "steps",
        "steps-decay-of-matrices",
        "what has two dimensions decays, whatever its name",
        "",
        detected_by=_STEPS,
        equivalent="BERT's biases and LayerNorms are all that has one dimension",
        decays=lambda _, parameter: parameter.dim() > 1,
    ),
    instead(
        "steps",
        "steps-l2",
        "decay is added to the gradient, where Adam scales it (L2)",
        "AdamW, whose decay is decoupled: p -= lr * weight_decay * p",
        detected_by=_STEPS,
        seen="torch.optim.Adam(weight_decay=…)",
        optimizer=_l2,
    ),
    instead(
        "steps",
        "steps-bias-uncorrected",
        "Adam's means are not corrected for having begun at zero",
        _ADAMW,
        detected_by=_STEPS,
        optimizer=_uncorrected,
    ),
    instead(
        "steps",
        "steps-original-adam",
        "Adam is the original's: no correction of means, and an eps of 1e-6",
        _ADAMW,
        detected_by=_STEPS,
        seen="google-research/bert",
        optimizer=_original,
    ),
    instead(
        "steps",
        "steps-eps",
        "Adam's eps is 1e-6",
        _ADAMW,
        detected_by=_STEPS,
        seen="the paper's appendix, and RoBERTa",
        optimizer=_eps,
    ),
    instead(
        "steps",
        "steps-betas",
        "Adam's second beta is 0.98",
        _ADAMW,
        detected_by=_STEPS,
        seen="RoBERTa",
        optimizer=_betas,
    ),
    instead(
        "steps",
        "steps-clip-each",
        "each parameter's gradient is clipped by its own norm",
        _CLIP,
        detected_by=_STEPS,
        clip=_clip_each,
    ),
    instead(
        "steps",
        "steps-not-clipped",
        "gradients are not clipped",
        _CLIP,
        detected_by=_STEPS,
        clip=lambda _parameters, _: None,
    ),
    instead(
        "steps",
        "steps-mean-of-means",
        "a step's loss is the mean of its batches' means",
        _STEP,
        detected_by=_STEPS,
        seen="transformers#34191",
        weigh=lambda own, _, batches: max(1, own) * batches,
    ),
    instead(
        "steps",
        "steps-sum-of-means",
        "the means of a step's batches are summed and not divided",
        _STEP,
        detected_by=_STEPS,
        seen="transformers#47688: HuggingFace's Trainer with BERT's heads",
        weigh=lambda own, _step, _: max(1, own),
    ),
    instead(
        "steps",
        "steps-warmup-early",
        "the learning rate is a step ahead",
        _RATE,
        detected_by=_STEPS,
        seen="scheduler.step() before the first optimizer.step()",
        rate=lambda step, settings: hf_rate(step + 1, settings),
    ),
    instead(
        "steps",
        "steps-original-rate",
        "the learning rate falls from step 0 on, beside the warm-up",
        _RATE,
        detected_by=_STEPS,
        seen="google-research/bert",
        rate=lambda step, given: original_schedule(step, given["warmup"], given["steps"]),
    ),
    instead(
        "steps",
        "steps-no-warmup",
        "there is no warm-up",
        _RATE,
        detected_by=_STEPS,
        rate=_no_warmup,
    ),
    instead(
        "steps",
        "steps-rate-stays",
        "the learning rate stays high after the warm-up",
        _RATE,
        detected_by=_STEPS,
        rate=_stays_high,
    ),
    instead(
        "steps",
        "steps-gradients-stay",
        "gradients of earlier steps are still there",
        "optimizer.zero_grad() in each step",
        detected_by=_STEPS,
        zeroes=False,
    ),
)

DROPOUT = instead(
    "dropout",
    "dropout-left-off",
    "nothing is dropped in training",
    "model.train() before the first step; from_pretrained returns a model in evaluation mode",
    detected_by="steps with dropout, beside those without",
    dropout=False,
)
