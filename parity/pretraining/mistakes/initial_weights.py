"""Mistakes of initial weights."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from parity.suite.mistake import KnownMistakes
from scratch_bert.model.interface.pretrained import BertPreTrainedModel
from scratch_bert.weights.initialization import init_weights

MISTAKES = KnownMistakes("initial", "fresh weights, counted")

_RIGHT = "normal_(0, initializer_range) for each Linear and Embedding, after torch's own defaults"

Init = Callable[..., None]


@torch.no_grad()
def _redraw(module: nn.Module, kind: type[nn.Module], draw: Callable[[Any], object]) -> None:
    """Draw the parameters of some modules again; the row of [PAD] stays zero."""
    for part in module.modules():
        if isinstance(part, kind):
            draw(part)
        if isinstance(part, nn.Embedding) and part.padding_idx is not None:
            part.weight[part.padding_idx] = 0.0


def _bound(weight: Tensor) -> float:
    """Torch's default of a Linear: one over the root of its inputs."""
    return weight.shape[1] ** -0.5


@MISTAKES("initial-embeddings-of-one", init_weights, _RIGHT)
def embeddings_have_deviation_1(right: Init, module: nn.Module, *given: Any) -> None:
    """Embeddings have a standard deviation of 1, torch's default."""
    right(module, *given)
    _redraw(module, nn.Embedding, lambda part: part.weight.normal_())


@MISTAKES("initial-linear-uniform", init_weights, _RIGHT)
def linear_is_uniform(right: Init, module: nn.Module, *given: Any) -> None:
    """A Linear's weight is uniform, torch's default."""
    right(module, *given)
    _redraw(module, nn.Linear, lambda part: _uniform(part.weight, _bound(part.weight)))


def _uniform(tensor: Tensor, bound: float) -> None:
    tensor.uniform_(-bound, bound)


@MISTAKES("initial-of-torch", init_weights, "self.apply(init_weights)")
def nothing_is_drawn(_: Init, *_given: Any) -> None:
    """Nothing is drawn after torch's defaults."""
    return


@MISTAKES("initial-glorot", init_weights, _RIGHT, seen="the original Transformer's code")
def linear_is_glorot(right: Init, module: nn.Module, *given: Any) -> None:
    """A Linear's standard deviation depends on its sizes (Xavier, Glorot)."""
    right(module, *given)
    _redraw(module, nn.Linear, lambda part: nn.init.xavier_normal_(part.weight))


@MISTAKES("initial-biases", init_weights, "bias.zero_() of each Linear")
def biases_are_uniform(right: Init, module: nn.Module, *given: Any) -> None:
    """Biases are uniform, torch's default."""
    right(module, *given)
    _redraw(module, nn.Linear, lambda part: _uniform(part.bias, _bound(part.weight)))


@MISTAKES(
    "initial-pad-row",
    init_weights,
    "weight[padding_idx].zero_() after the draw; the original's is not, HuggingFace's is",
)
@torch.no_grad()
def pad_has_an_embedding(right: Init, module: nn.Module, std: float, *given: Any) -> None:
    """The embedding of [PAD] is not zero."""
    right(module, std, *given)
    for part in module.modules():
        if isinstance(part, nn.Embedding) and part.padding_idx is not None:
            part.weight[part.padding_idx].normal_(0.0, std)


@MISTAKES(
    "initial-untied",
    BertPreTrainedModel.tie_weights,
    "decoder.weight = word_embeddings.weight, one parameter",
)
def decoder_has_its_own_matrix(_: Callable[..., None], _model: nn.Module) -> None:
    """The decoder has a matrix of its own."""
    return


@MISTAKES(
    "initial-truncated",
    init_weights,
    "",
    seen="google-research/bert",
    equivalent="the original does so, and HuggingFace does not",
)
def normal_is_truncated(right: Init, module: nn.Module, std: float, *given: Any) -> None:
    """The normal distribution is truncated at two standard deviations."""
    right(module, std, *given)

    def draw(part: Any) -> None:
        nn.init.trunc_normal_(part.weight, 0.0, std, -2 * std, 2 * std)

    _redraw(module, nn.Linear, draw)
    _redraw(module, nn.Embedding, draw)
