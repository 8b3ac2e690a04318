"""Training steps, as they go wrong."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from parity.mistakes.instead import Instead, instead
from parity.plain_training import IGNORED, PAIRS, WORDS, Settings, Task, hf_rate, lost_on_words
from parity.training_candidate import Batch
from scratch_bert.training.optimizer import OriginalAdamW
from scratch_bert.training.schedule import original_schedule

Groups = Iterable[dict[str, Any]]


def _every_label(batch: Batch) -> Tensor:
    return batch["labels"].where(batch["labels"] != IGNORED, batch["input_ids"])


def _inverted(scores: Tensor, batch: Batch) -> Tensor:
    return F.cross_entropy(scores, 1 - batch["next_sentence_label"], reduction="sum")


def _without_zero(scores: Tensor, batch: Batch) -> Tensor:
    labels = batch["next_sentence_label"]
    return F.cross_entropy(scores, labels, ignore_index=0, reduction="sum")


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


_COUNTED = "sum over the labels that are not -100, divided by how many those are"
_LABELS = "batches with different numbers of labels"
_STEPS = "twenty steps in double precision, each of two batches"
_GROUPS = 'two groups: no decay for names with "bias" or "LayerNorm"'
_ADAMW = "torch.optim.AdamW(groups, lr), with its own betas of 0.9 and 0.999 and eps of 1e-8"
_CLIP = "torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm), once for all"
_RATE = "get_linear_schedule_with_warmup, stepped after the optimiser: the first step's rate is 0"
_STEP = "divide each batch's sum by the number of the whole step's labels"

LOSSES: tuple[Instead, ...] = (
    instead(
        "loss",
        "loss-ignored-counted",
        "the loss of hidden words is divided by all tokens, hidden or not",
        _COUNTED,
        shows=_LABELS,
        words=Task(lambda batch: batch["labels"].numel(), WORDS.lost),
    ),
    instead(
        "loss",
        "loss-of-every-token",
        "the loss is over every token, hidden or not",
        _COUNTED,
        shows=_LABELS,
        words=Task(
            lambda batch: batch["labels"].numel(),
            lambda scores, batch: lost_on_words(scores, _every_label(batch)),
        ),
    ),
    instead(
        "loss",
        "loss-pairs-ignore-0",
        "a next-sentence label of 0 is ignored",
        "ignore_index is -100 for both losses",
        shows="pairs of both labels",
        seen="ignore_index=0, once for padding, used for both losses",
        pairs=Task(lambda batch: int((batch["next_sentence_label"] != 0).sum()), _without_zero),
    ),
    instead(
        "loss",
        "loss-pairs-inverted",
        "the first score of a pair means random, and the second that it follows",
        "score 0 is of a pair that follows, score 1 of a random one",
        shows="pairs of both labels",
        pairs=Task(PAIRS.count, _inverted),
    ),
    instead(
        "loss",
        "loss-pairs-missing",
        "the loss of next sentences is missing",
        "add both losses",
        shows="any batch with labels of both tasks",
        pairs=None,
    ),
    instead(
        "loss",
        "loss-summed",
        "the loss of hidden words is summed",
        _COUNTED,
        shows=_LABELS,
        words=Task(lambda _: 1, WORDS.lost),
    ),
)

STEPS: tuple[Instead, ...] = (
    instead(
        "steps",
        "steps-decay-of-all",
        "biases and LayerNorms decay, too",
        _GROUPS,
        shows=_STEPS,
        decays=lambda _name, _: True,
    ),
    instead(
        "steps",
        "steps-decay-of-norms",
        "LayerNorms decay, too; biases alone do not",
        _GROUPS,
        shows=_STEPS,
        decays=lambda name, _: not name.endswith("bias"),
    ),
    instead(
        "steps",
        "steps-no-decay",
        "nothing decays",
        _GROUPS,
        shows=_STEPS,
        decays=lambda _name, _: False,
    ),
    instead(
        "steps",
        "steps-decay-of-matrices",
        "what has two dimensions decays, whatever its name",
        "",
        shows=_STEPS,
        equivalent="BERT's biases and LayerNorms are all that has one dimension",
        decays=lambda _, parameter: parameter.dim() > 1,
    ),
    instead(
        "steps",
        "steps-l2",
        "decay is added to the gradient, where Adam scales it (L2)",
        "AdamW, whose decay is decoupled: p -= lr * weight_decay * p",
        shows=_STEPS,
        seen="torch.optim.Adam(weight_decay=…)",
        optimizer=_l2,
    ),
    instead(
        "steps",
        "steps-bias-uncorrected",
        "Adam's means are not corrected for having begun at zero",
        _ADAMW,
        shows=_STEPS,
        optimizer=_uncorrected,
    ),
    instead(
        "steps",
        "steps-original-adam",
        "Adam is the original's: no correction of means, and an eps of 1e-6",
        _ADAMW,
        shows=_STEPS,
        seen="google-research/bert",
        optimizer=_original,
    ),
    instead(
        "steps",
        "steps-eps",
        "Adam's eps is 1e-6",
        _ADAMW,
        shows=_STEPS,
        seen="the paper's appendix, and RoBERTa",
        optimizer=_eps,
    ),
    instead(
        "steps",
        "steps-betas",
        "Adam's second beta is 0.98",
        _ADAMW,
        shows=_STEPS,
        seen="RoBERTa",
        optimizer=_betas,
    ),
    instead(
        "steps",
        "steps-clip-each",
        "each parameter's gradient is clipped by its own norm",
        _CLIP,
        shows=_STEPS,
        clip=_clip_each,
    ),
    instead(
        "steps",
        "steps-not-clipped",
        "gradients are not clipped",
        _CLIP,
        shows=_STEPS,
        clip=lambda _parameters, _: None,
    ),
    instead(
        "steps",
        "steps-mean-of-means",
        "a step's loss is the mean of its batches' means",
        _STEP,
        shows=_STEPS,
        seen="transformers#34191",
        weigh=lambda own, _, batches: max(1, own) * batches,
    ),
    instead(
        "steps",
        "steps-sum-of-means",
        "the means of a step's batches are summed and not divided",
        _STEP,
        shows=_STEPS,
        seen="transformers#47688: HuggingFace's Trainer with BERT's heads",
        weigh=lambda own, _step, _: max(1, own),
    ),
    instead(
        "steps",
        "steps-warmup-early",
        "the learning rate is a step ahead",
        _RATE,
        shows=_STEPS,
        seen="scheduler.step() before the first optimizer.step()",
        rate=lambda step, settings: hf_rate(step + 1, settings),
    ),
    instead(
        "steps",
        "steps-original-rate",
        "the learning rate falls from step 0 on, beside the warm-up",
        _RATE,
        shows=_STEPS,
        seen="google-research/bert",
        rate=lambda step, given: original_schedule(step, given["warmup"], given["steps"]),
    ),
    instead(
        "steps",
        "steps-no-warmup",
        "there is no warm-up",
        _RATE,
        shows=_STEPS,
        rate=_no_warmup,
    ),
    instead(
        "steps",
        "steps-rate-stays",
        "the learning rate stays high after the warm-up",
        _RATE,
        shows=_STEPS,
        rate=_stays_high,
    ),
    instead(
        "steps",
        "steps-gradients-stay",
        "gradients of earlier steps are still there",
        "optimizer.zero_grad() in each step",
        shows=_STEPS,
        zeroes=False,
    ),
)

DROPOUT = instead(
    "dropout",
    "dropout-left-off",
    "nothing is dropped in training",
    "model.train() before the first step; from_pretrained returns a model in evaluation mode",
    shows="steps with dropout, beside those without",
    dropout=False,
)

RESUMED: tuple[Instead, ...] = tuple(
    instead(
        "resume",
        f"resume-without-{what}",
        says,
        "keep model, optimiser, step and torch.get_rng_state(), and put all of them back",
        shows="a training that is stopped after seven steps, and goes on",
        forgets=forgotten,
    )
    for what, forgotten, says in (
        ("model", "model", "the weights are those it is built with when it goes on"),
        ("optimizer", "optimizer", "Adam's means begin at zero when it goes on"),
        ("rate", "rate", "the learning rate begins anew, warm-up and all, when it goes on"),
        ("data", "data", "the first batches are seen again when it goes on"),
        ("step", "step", "all steps are taken again when it goes on"),
        ("random", "random", "dropout's draws begin anew when it goes on"),
    )
)

_SUM = "add the processes' gradients, each divided by the number of the whole step's labels"
_TWO = "two processes, beside one that accumulates two batches"


def _all(batches: Sequence[Batch], _rank: int, _world: int) -> Sequence[Batch]:
    return batches


PROCESSES: tuple[Instead, ...] = (
    instead(
        "processes",
        "processes-mean-of-means",
        "each process takes the mean over its own labels, and gradients are averaged",
        _SUM,
        shows=_TWO,
        seen="DistributedDataParallel and a mean loss",
        weigh=lambda own, _, batches: max(1, own) * batches,
    ),
    instead(
        "processes",
        "processes-averaged",
        "gradients are averaged though each is divided by the number of all labels already",
        _SUM,
        shows=_TWO,
        seen="DistributedDataParallel, which divides by the number of processes",
        weigh=lambda _, step, batches: step * batches,
    ),
    instead(
        "processes",
        "processes-sum-of-means",
        "each process takes the mean over its own labels, and gradients are added",
        _SUM,
        shows=_TWO,
        weigh=lambda own, _step, _: max(1, own),
    ),
    instead(
        "processes",
        "processes-all-batches",
        "each process computes all batches, and gradients are added",
        "deal the batches out: rank::world",
        shows=_TWO,
        mine=_all,
    ),
    instead(
        "processes",
        "processes-apart",
        "each process trains on its own batches alone",
        "torch.distributed.all_reduce of the gradients before they are clipped",
        shows=_TWO,
        reduces=False,
    ),
)
