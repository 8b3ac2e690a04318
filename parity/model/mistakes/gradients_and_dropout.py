"""Dropout and gradient mistakes, which evaluation does not show."""

from collections.abc import Iterator
from contextlib import AbstractContextManager as Context
from contextlib import contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from parity.core.mistake import Mistake, StageMistakes
from parity.core.probes import Mode
from parity.core.scene import Scene
from scratch_bert.model.embeddings import BertEmbeddings
from scratch_bert.model.feed_forward import BertOutput

_LAYER = "encoder.layer.{i}"
_ATTENTION, _OUTPUT = f"{_LAYER}.attention.output", f"{_LAYER}.output"
_DROPPED = ("embeddings", f"{_LAYER}.attention.self", f"{_ATTENTION}.sum", f"{_OUTPUT}.sum")
_TRAIN = "training mode, with the same masks on both sides"
_TRAINING: dict[str, Any] = {"detected_by": _TRAIN, "mode": Mode.TRAIN}
_MOVED: dict[str, Any] = {**_TRAINING, "together": True}

_LAYERS = (
    f"{_ATTENTION}.dense",
    f"{_ATTENTION}.LayerNorm",
    f"{_LAYER}.intermediate.dense",
    f"{_LAYER}.intermediate",
    f"{_OUTPUT}.dense",
    "pooler.dense",
    "pooler",
)
_RATES = (0.1, 0.2, 0.5, 0.3, 0.05)
_PLACES = (
    "dropout after the embeddings' LayerNorm, on the probabilities, and on what both halves of a "
    "layer add; nowhere else"
)

MISTAKES: list[Mistake] = []
DROPPED = StageMistakes(MISTAKES, BertEmbeddings.forward, *_DROPPED)
TWICE = StageMistakes(
    MISTAKES,
    BertEmbeddings.forward,
    *(each for each in _DROPPED if "self" not in each),
    **_TRAINING,
)
INPUT = StageMistakes(
    MISTAKES, BertOutput.forward, *(each for each in _LAYERS if each.endswith("dense")), **_TRAINING
)
MORE = StageMistakes(MISTAKES, BertOutput.forward, *_LAYERS, **_TRAINING)
EMBEDDINGS = StageMistakes(
    MISTAKES, BertEmbeddings.forward, "embeddings.sum", "embeddings", **_MOVED
)
FIRST_HALF = StageMistakes(
    MISTAKES, BertOutput.forward, f"{_ATTENTION}.sum", f"{_ATTENTION}.LayerNorm", **_MOVED
)
SECOND_HALF = StageMistakes(
    MISTAKES, BertOutput.forward, f"{_OUTPUT}.sum", f"{_OUTPUT}.LayerNorm", **_MOVED
)
GRADIENTS = StageMistakes(
    MISTAKES, BertEmbeddings.forward, "embeddings", _LAYER, "pooler", mode=Mode.BACKWARD
)
WORDS = StageMistakes(
    MISTAKES, BertEmbeddings.forward, "embeddings.word_embeddings.weight", mode=Mode.BACKWARD
)


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


@contextmanager
def _moved(model: nn.Module, stage: str, *, before: bool) -> Iterator[None]:
    """Move dropout to the input of the LayerNorm, or to its output."""
    if not stage.endswith("sum"):  # of the mistake's two stages, one is enough
        yield
        return
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
    with hook, _set(dropout, "p", 0.0):
        yield


@DROPPED.around(
    "dropout-missing",
    "dropout after the embeddings' LayerNorm, on the probabilities, and on what both halves of a "
    "layer add",
    **_TRAINING,
)
def dropout_is_missing(model: nn.Module, stage: str, _value: float) -> Context[None]:
    """Dropout is missing here in training."""
    return _set(_dropout(model, stage), "p", 0.0)


@DROPPED.around(
    "dropout-rate",
    "hidden_dropout_prob, and attention_probs_dropout_prob for the probabilities",
    values=(0.2, 0.5, 0.3, 0.05, 0.15, 0.25, 0.4),
    **_TRAINING,
)
def dropout_has_another_rate(model: nn.Module, stage: str, value: float) -> Context[None]:
    """The dropout rate in training is {value}."""
    return _set(_dropout(model, stage), "p", value)


@TWICE.around("dropout-twice", "dropout once in each place", values=_RATES)
def dropout_is_applied_twice(model: nn.Module, stage: str, value: float) -> Context[None]:
    """There is a second dropout, of {value}, right behind the first."""
    return _dropout(model, stage).register_forward_hook(
        lambda module, _, output: F.dropout(output, value, module.training)
    )


@MORE.around("dropout-added", _PLACES, values=_RATES)
def output_is_dropped(model: nn.Module, stage: str, value: float) -> Context[None]:
    """There is one more dropout, of {value}, on what this layer makes."""
    return _at(model, stage).register_forward_hook(
        lambda module, _, output: F.dropout(output, value, module.training), prepend=True
    )


@INPUT.around("dropout-of-input", _PLACES, values=_RATES)
def input_is_dropped(model: nn.Module, stage: str, value: float) -> Context[None]:
    """There is one more dropout, of {value}, on what this layer is given."""
    return _at(model, stage).register_forward_pre_hook(
        lambda module, args: (F.dropout(args[0], value, module.training), *args[1:]), prepend=True
    )


@DROPPED.around(
    "dropout-in-evaluation",
    "F.dropout(x, p, self.training); nn.Dropout knows by itself, after model.eval()",
    "two runs that differ",
    seen="F.dropout(x, p), whose training is True by default",
)
def dropout_is_always_on(model: nn.Module, stage: str, _value: float) -> Context[None]:
    """Dropout is active in evaluation, too."""
    asks_itself = stage.endswith("attention.self")  # whether it is trained, not its dropout
    module = _at(model, stage) if asks_itself else _dropout(model, stage)
    return _set(module, "training", True)


@EMBEDDINGS.around("dropout-before-norm", "dropout(LayerNorm(sum))")
def dropout_comes_before_norm(model: nn.Module, stage: str, _value: float) -> Context[None]:
    """Dropout comes before the LayerNorm of the embeddings."""
    return _moved(model, stage, before=True)


@FIRST_HALF.around(
    "dropout-after-attention-norm", "LayerNorm(dropout(dense(context)) + hidden_states)"
)
def dropout_follows_first_norm(model: nn.Module, stage: str, _value: float) -> Context[None]:
    """Dropout follows attention's LayerNorm."""
    return _moved(model, stage, before=False)


@SECOND_HALF.around(
    "dropout-after-norm", "LayerNorm(dropout(dense(intermediate)) + attention_output)"
)
def dropout_follows_second_norm(model: nn.Module, stage: str, _value: float) -> Context[None]:
    """Dropout follows the layer's last LayerNorm."""
    return _moved(model, stage, before=False)


@GRADIENTS(
    "detached",
    "no .detach(), .data or torch.no_grad() on the way, and no new tensor made of values",
    "a backward pass",
)
def gradient_is_detached(scene: Scene) -> Tensor:
    """No gradient flows back from here."""
    return scene.right.detach()


@WORDS.around(
    "pad-row-learns",
    "nn.Embedding(..., padding_idx=config.pad_token_id)",
    "a backward pass of a padded batch",
    harmless="padding is masked; attended [PAD] tokens are in no text, and BERT's own code trains "
    "that row, too",
)
def pad_row_learns(model: nn.Module, _stage: str, _value: float) -> Context[None]:
    """The embedding of [PAD] has a gradient."""
    return _set(_at(model, "embeddings.word_embeddings"), "padding_idx", None)
