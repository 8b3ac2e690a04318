"""The first numbers, as they go wrong."""

from collections.abc import Callable

import torch
from torch import Tensor

from parity.suite.mistake import instead

Weights = dict[str, Tensor]
Draw = torch.Generator
WORDS = "bert.embeddings.word_embeddings.weight"
DECODER = "cls.predictions.decoder.weight"


def kind(name: str) -> str:
    """Tell what a weight of HF's name is: "norm", "bias", "embedding" or "linear"."""
    if "LayerNorm" in name:
        return "norm"
    if name.endswith("bias"):
        return "bias"
    return "embedding" if "embeddings" in name else "linear"


def _redrawn(kinds: str, make: Callable[[Tensor, Draw], Tensor]) -> Callable[..., Weights]:
    """Draw the weights of some kinds again; what is tied stays so, and [PAD] zero."""

    def wrong(weights: Weights, _: float, draw: Draw) -> Weights:
        made = {n: make(w, draw) if kind(n) in kinds else w for n, w in weights.items()}
        made[WORDS] = made[WORDS].clone()
        if "embedding" in kinds or "linear" in kinds:
            made[WORDS][0] = 0.0
        made[DECODER] = made[WORDS]
        made["cls.predictions.decoder.bias"] = made["cls.predictions.bias"]
        return made

    return wrong


def _normal(std: float) -> Callable[[Tensor, Draw], Tensor]:
    return lambda w, draw: torch.randn(w.shape, generator=draw) * std


def _uniform(w: Tensor, draw: Draw) -> Tensor:
    """Torch's default of a Linear: between -1 and 1 over the root of its inputs."""
    bound = w.shape[-1] ** -0.5
    return (2 * torch.rand(w.shape, generator=draw) - 1) * bound


def _glorot(w: Tensor, draw: Draw) -> Tensor:
    return torch.randn(w.shape, generator=draw) * (2 / sum(w.shape)) ** 0.5


def _truncated(w: Tensor, draw: Draw) -> Tensor:
    return torch.nn.init.trunc_normal_(torch.empty(w.shape), 0.0, 0.02, -0.04, 0.04, generator=draw)


def _pad_row(weights: Weights, std: float, draw: Draw) -> Weights:
    words = weights[WORDS].clone()
    words[0] = torch.randn(words[0].shape, generator=draw) * std
    return {**weights, WORDS: words, DECODER: words}


def _untied(weights: Weights, std: float, draw: Draw) -> Weights:
    return {**weights, DECODER: torch.randn(weights[DECODER].shape, generator=draw) * std}


_FRESH = "fresh weights, counted"
_RIGHT = "normal_(0, initializer_range) for each Linear and Embedding, after torch's own defaults"

MISTAKES = (
    instead(
        "initial",
        "initial-embeddings-of-one",
        "embeddings have a standard deviation of 1, torch's default",
        _RIGHT,
        detected_by=_FRESH,
        make=_redrawn("embedding", _normal(1.0)),
    ),
    instead(
        "initial",
        "initial-linear-uniform",
        "a Linear's weight is uniform, torch's default",
        _RIGHT,
        detected_by=_FRESH,
        make=_redrawn("linear", _uniform),
    ),
    instead(
        "initial",
        "initial-of-torch",
        "nothing is drawn after torch's defaults",
        "self.apply(init_weights)",
        detected_by=_FRESH,
        make=lambda weights, std, draw: _redrawn("embedding", _normal(1.0))(
            _redrawn("linear bias", _uniform)(weights, std, draw), std, draw
        ),
    ),
    instead(
        "initial",
        "initial-glorot",
        "a Linear's standard deviation depends on its sizes (Xavier, Glorot)",
        _RIGHT,
        detected_by=_FRESH,
        seen="the original Transformer's code",
        make=_redrawn("linear", _glorot),
    ),
    instead(
        "initial",
        "initial-biases",
        "biases are uniform, torch's default",
        "bias.zero_() of each Linear",
        detected_by=_FRESH,
        make=_redrawn("bias", _uniform),
    ),
    instead(
        "initial",
        "initial-pad-row",
        "the embedding of [PAD] is not zero",
        "weight[padding_idx].zero_() after the draw; the original's is not, HuggingFace's is",
        detected_by=_FRESH,
        make=_pad_row,
    ),
    instead(
        "initial",
        "initial-untied",
        "the decoder has a matrix of its own",
        "decoder.weight = word_embeddings.weight, one parameter",
        detected_by=_FRESH,
        make=_untied,
    ),
    instead(
        "initial",
        "initial-truncated",
        "the normal distribution is truncated at two standard deviations",
        "",
        detected_by=_FRESH,
        seen="google-research/bert",
        equivalent="the original does so, and HuggingFace does not",
        make=_redrawn("linear embedding", _truncated),
    ),
)
