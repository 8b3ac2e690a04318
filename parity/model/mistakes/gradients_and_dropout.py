"""Dropout and gradient mistakes, which evaluation does not show."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from parity.core.mistake import Around, Mistake
from parity.core.probes import Mode

_LAYER = "encoder.layer.{i}"
_ATTENTION, _OUTPUT = f"{_LAYER}.attention.output", f"{_LAYER}.output"
_DROPPED = ("embeddings", f"{_LAYER}.attention.self", f"{_ATTENTION}.sum", f"{_OUTPUT}.sum")
_WORDS = "embeddings.word_embeddings.weight"


def _at(model: nn.Module, path: str) -> Any:
    return getattr(model, "bert", model).get_submodule(path)


def _dropout(model: nn.Module, stage: str) -> Any:
    return _at(model, f"{stage.removesuffix('.sum')}.dropout")


@contextmanager
def _set(thing: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(thing, name)
    setattr(thing, name, value)
    try:
        yield
    finally:
        setattr(thing, name, before)


def _rate(model: nn.Module, stage: str, p: float) -> AbstractContextManager[None]:
    return _set(_dropout(model, stage), "p", p)


def _missing(model: nn.Module, stage: str, _: float) -> AbstractContextManager[None]:
    return _rate(model, stage, 0.0)


@contextmanager
def _always(model: nn.Module, stage: str, _: float) -> Iterator[None]:
    module = _dropout(model, stage)
    if stage.endswith("attention.self"):
        module = _at(model, stage)  # which asks itself whether it is trained
    with _set(module, "training", True):
        yield


@contextmanager
def _moved(model: nn.Module, stage: str, before: bool) -> Iterator[None]:
    """Drop what the LayerNorm is given, or what it makes, in place of what is dropped else."""
    parent = stage.rpartition(".")[0]
    dropout, norm = _at(model, f"{parent}.dropout"), _at(model, f"{parent}.LayerNorm")
    p, training = dropout.p, dropout.training

    def given(_module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (F.dropout(args[0], p, training),)

    def made(_module: nn.Module, _args: Any, output: Tensor) -> Tensor:
        return F.dropout(output, p, training)

    hook = (
        norm.register_forward_pre_hook(given, prepend=True)
        if before
        else norm.register_forward_hook(made, prepend=True)
    )
    try:
        with _set(dropout, "p", 0.0):
            yield
    finally:
        hook.remove()


def _first(around: Around) -> Around:
    """Do something once for a mistake that concerns several stages."""

    @contextmanager
    def once(model: nn.Module, stage: str, value: float) -> Iterator[None]:
        if stage.endswith("sum"):
            with around(model, stage, value):
                yield
        else:
            yield

    return once


@contextmanager
def _pad_learns(model: nn.Module, _stage: str, _value: float) -> Iterator[None]:
    with _set(_at(model, "embeddings.word_embeddings"), "padding_idx", None):
        yield


_TRAIN = "training mode, with the same masks on both sides"

MISTAKES = (
    Mistake(
        "dropout-missing",
        _DROPPED,
        description="nothing is dropped here in training",
        fix="dropout after the embeddings' LayerNorm, on the probabilities, and on what both "
        "halves of a layer add",
        detected_by=_TRAIN,
        mode=Mode.TRAIN,
        around=_missing,
    ),
    Mistake(
        "dropout-rate",
        _DROPPED,
        description="a share of {value} is dropped in training",
        fix="hidden_dropout_prob, and attention_probs_dropout_prob for the probabilities",
        detected_by=_TRAIN,
        mode=Mode.TRAIN,
        values=(0.2, 0.5, 0.3, 0.05, 0.15, 0.25, 0.4),
        around=_rate,
    ),
    Mistake(
        "dropout-in-evaluation",
        _DROPPED,
        description="dropout drops in evaluation, too",
        fix="F.dropout(x, p, self.training); nn.Dropout knows by itself, after model.eval()",
        detected_by="two runs that differ",
        seen="F.dropout(x, p), whose training is True by default",
        around=_always,
    ),
    Mistake(
        "dropout-before-norm",
        ("embeddings.sum", "embeddings"),
        description="the embeddings are dropped before their LayerNorm",
        fix="dropout(LayerNorm(sum))",
        detected_by=_TRAIN,
        mode=Mode.TRAIN,
        together=True,
        around=_first(lambda model, stage, _: _moved(model, stage, before=True)),
    ),
    Mistake(
        "dropout-after-attention-norm",
        (f"{_ATTENTION}.sum", f"{_ATTENTION}.LayerNorm"),
        description="dropout follows attention's LayerNorm",
        fix="LayerNorm(dropout(dense(context)) + hidden_states)",
        detected_by=_TRAIN,
        mode=Mode.TRAIN,
        together=True,
        around=_first(lambda model, stage, _: _moved(model, stage, before=False)),
    ),
    Mistake(
        "dropout-after-norm",
        (f"{_OUTPUT}.sum", f"{_OUTPUT}.LayerNorm"),
        description="dropout follows the layer's last LayerNorm",
        fix="LayerNorm(dropout(dense(intermediate)) + attention_output)",
        detected_by=_TRAIN,
        mode=Mode.TRAIN,
        together=True,
        around=_first(lambda model, stage, _: _moved(model, stage, before=False)),
    ),
    Mistake(
        "detached",
        ("embeddings", _LAYER, "pooler"),
        lambda s: s.right.detach(),
        description="no gradient goes back from here",
        fix="no .detach(), .data or torch.no_grad() on the way, and no new tensor made of values",
        detected_by="a backward pass",
        mode=Mode.BACKWARD,
    ),
    Mistake(
        "pad-row-learns",
        (_WORDS,),
        description="the embedding of [PAD] has a gradient",
        fix="nn.Embedding(..., padding_idx=config.pad_token_id)",
        detected_by="a backward pass of a padded batch",
        mode=Mode.BACKWARD,
        around=_pad_learns,
    ),
)
