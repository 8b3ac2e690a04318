"""A training loop in plain code, of parts that can each be got wrong.

The model is HuggingFace's, to see whether a mistake explains what a candidate computed, or
scratch_bert's, to see whether the judge finds it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from parity.suite.training_runs import Batch
from scratch_bert.training.schedule import huggingface_schedule

IGNORED = -100
KEPT = "last.pt"
Settings = Mapping[str, Any]


class Task(NamedTuple):
    """One of the two that BERT is pretrained on.

    Attributes:
        count: how much a batch has to predict.
        lost: what is lost on it, in sum, given the scores.
    """

    count: Callable[[Batch], int]
    lost: Callable[[Tensor, Batch], Tensor]


def lost_on_words(scores: Tensor, labels: Tensor) -> Tensor:
    """Sum over the labels that are not -100; scores are (batch, seq, vocab)."""
    return F.cross_entropy(scores.flatten(0, 1), labels.flatten(), reduction="sum")


WORDS = Task(
    lambda batch: int((batch["labels"] != IGNORED).sum()),
    lambda scores, batch: lost_on_words(scores, batch["labels"]),
)
PAIRS = Task(
    lambda batch: batch["next_sentence_label"].numel(),
    lambda scores, batch: F.cross_entropy(scores, batch["next_sentence_label"], reduction="sum"),
)


def of_the_step(_own: int, step: int, _batches: int) -> float:
    """Divide by all that the step has to predict, however it is dealt out."""
    return max(1, step)


def dealt(batches: Sequence[Batch], rank: int, world: int) -> Sequence[Batch]:
    """Return a process's batches of a step."""
    return batches[rank::world]


def is_matrix_of_words_or_layers(name: str, _: nn.Parameter) -> bool:
    """All decay but biases and LayerNorms."""
    return "bias" not in name and "LayerNorm" not in name


def clip_together(parameters: Sequence[nn.Parameter], longest: float) -> None:
    """Shorten all gradients as one."""
    nn.utils.clip_grad_norm_(parameters, longest)


def hf_rate(step: int, settings: Settings) -> float:
    """Return the share of the learning rate at a step, which is counted from 0."""
    return huggingface_schedule(step, settings["warmup"], settings["steps"])


def adamw(groups: Iterable[dict[str, Any]]) -> Optimizer:
    """Make torch's AdamW with HF's betas and eps; the rate is set in each step."""
    return AdamW(groups, 0.0)


def loss_of(model: nn.Module, batch: Batch, recipe: "Recipe", step: Sequence[Batch] = ()) -> Tensor:
    """Return a batch's share of its step's loss; alone, it is the step."""
    step = step or [batch]
    output = model(**{name: tensor for name, tensor in batch.items() if "label" not in name})

    def mean(task: Task, scores: Tensor) -> Tensor:
        own, whole = task.count(batch), sum(task.count(each) for each in step)
        return task.lost(scores, batch) / recipe.weigh(own, whole, len(step))

    loss = mean(recipe.words, output.prediction_logits)
    return loss + mean(recipe.pairs, output.seq_relationship_logits) if recipe.pairs else loss


@dataclass(frozen=True)
class Recipe:
    """How to train, by default as is right.

    Attributes:
        words: the loss of hidden words.
        pairs: that of next sentences; None leaves it out.
        weigh: what a batch's sum is divided by, given its own number, its step's, and how many
            batches the step has.
        decays: whether a parameter does.
        optimizer: made of parameter groups.
        clip: shortens gradients.
        rate: of a step.
        dropout: whether training mode is switched on.
        zeroes: whether gradients begin at zero.
        mine: which of a step's batches a process computes, given its rank and how many there are.
        reduces: whether processes add up their gradients.
        forgets: what is not there again when a training goes on.
        loss: a batch's share of its step's.
        learns: a parameter's share of the learning rate; with 0 it has no gradient.
    """

    words: Task = WORDS
    pairs: Task | None = PAIRS
    weigh: Callable[[int, int, int], float] = of_the_step
    decays: Callable[[str, nn.Parameter], bool] = is_matrix_of_words_or_layers
    optimizer: Callable[[Iterable[dict[str, Any]]], Optimizer] = adamw
    clip: Callable[[Sequence[nn.Parameter], float], None] = clip_together
    rate: Callable[[int, Settings], float] = hf_rate
    dropout: bool = True
    zeroes: bool = True
    mine: Callable[[Sequence[Batch], int, int], Sequence[Batch]] = dealt
    reduces: bool = True
    forgets: str = ""
    loss: Callable[[nn.Module, Batch, "Recipe", Sequence[Batch]], Tensor] = loss_of
    learns: Callable[[str], float] = lambda _: 1.0


RIGHT = Recipe()


def train(
    model: nn.Module,
    steps: Sequence[Sequence[Batch]],
    settings: Settings,
    recipe: Recipe = RIGHT,
    folder: Path | None = None,
) -> Iterator[int]:
    """Train, in one process or several; yields after each step.

    Args:
        model: with HF's names and outputs.
        steps: the batches of each.
        settings: as a candidate gets them.
        recipe: how.
        folder: is written to after each step, and gone on from.
    """
    torch.manual_seed(settings["seed"])
    model.train(recipe.dropout)
    named = dict(model.named_parameters())
    for name, parameter in named.items():
        parameter.requires_grad_(recipe.learns(name) > 0)
    parameters = [*named.values()]
    optimizer = recipe.optimizer(_groups(named, settings["weight_decay"], recipe))
    taken = {"rate": 0, "data": 0}
    if folder is not None and (folder / KEPT).exists():
        taken |= _restore(folder, model, optimizer, recipe.forgets)
    for offset, batches in enumerate(steps[taken["data"] :][: settings["steps"] - taken["rate"]]):
        for group in optimizer.param_groups:
            rate = settings["learning_rate"] * recipe.rate(taken["rate"] + offset, settings)
            group["lr"] = rate * group["share"]
        for batch in recipe.mine(batches, *_place()):
            recipe.loss(model, batch, recipe, batches).backward()  # type: ignore[no-untyped-call]
        if recipe.reduces and torch.distributed.is_initialized():
            for parameter in parameters:
                torch.distributed.all_reduce(parameter.grad)
        recipe.clip(parameters, settings["max_grad_norm"])
        optimizer.step()
        if recipe.zeroes:
            optimizer.zero_grad()
        if folder is not None:
            _keep(folder, model, optimizer, taken["rate"] + offset + 1)
        yield taken["rate"] + offset + 1


def _groups(
    named: Mapping[str, nn.Parameter], decay: float, recipe: Recipe
) -> list[dict[str, Any]]:
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in named.items():
        weighs = decay if recipe.decays(name, parameter) else 0.0
        groups.setdefault((weighs, recipe.learns(name)), []).append(parameter)
    return [
        {"params": each, "weight_decay": weighs, "share": share}
        for (weighs, share), each in groups.items()
    ]


def _place() -> tuple[int, int]:
    """Number this process, and say how many there are."""
    if not torch.distributed.is_initialized():
        return 0, 1
    return torch.distributed.get_rank(), torch.distributed.get_world_size()


def _keep(folder: Path, model: nn.Module, optimizer: Optimizer, step: int) -> None:
    tensors = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**tensors, "random": torch.get_rng_state(), "step": step}, folder / KEPT)


def _restore(folder: Path, model: nn.Module, optimizer: Optimizer, forgets: str) -> dict[str, int]:
    """Put back all but what is forgotten; return how far rate and data have come."""
    kept = torch.load(folder / KEPT, weights_only=True)
    if forgets != "model":
        model.load_state_dict(kept["model"])
    if forgets != "optimizer":
        optimizer.load_state_dict(kept["optimizer"])
    if forgets != "random":
        torch.set_rng_state(kept["random"])
    names = ("rate", "data")
    return {name: 0 if forgets in (name, "step") else kept["step"] for name in names}
