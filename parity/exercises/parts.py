"""Where a learner's part stands in scratch_bert's model, and how it is called there.

scratch_bert's own parts are told more than a learner's need to know, such as a cache.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from parity.core.errors import CandidateError
from parity.core.verdict import Verdict
from scratch_bert import BertConfig
from scratch_bert.model.interface.attention_plan import AttentionPlan
from scratch_bert.model.interface.forward_plan import ForwardPlan
from scratch_bert.model.interface.pretrained import BertPreTrainedModel

Forward = Callable[..., Any]
_LAYERS = r"encoder\.layer\.\d+"


@dataclass(frozen=True)
class ExercisePart:
    """A part of the model.

    Attributes:
        path: a pattern of where it is.
        build: builds it from the learner's class, the configuration and the part it replaces.
        adapt: turns what the learner wrote into what the model calls.
        returns: the dimensions of what that returns.
    """

    path: str
    build: Callable[[Callable[..., nn.Module], BertConfig, Any], nn.Module] = (
        lambda written, config, _: written(config)
    )
    adapt: Callable[[Forward], Forward] = lambda forward: forward
    returns: tuple[str, ...] = ("batch", "seq", "hidden")


def put(model: BertPreTrainedModel, part: ExercisePart, written: Callable[..., nn.Module]) -> None:
    """Put a learner's part into a model, with the weights of that which was there.

    Args:
        model: one of scratch_bert's.
        part: which of its parts.
        written: the learner's class.

    Raises:
        CandidateError: it has other parameters.
    """
    for path, old in [*model.named_modules()]:
        if re.fullmatch(part.path, path.removeprefix("bert.")):
            new = part.build(written, model.config, old)
            _check_parameters(new, old)
            new.load_state_dict(old.state_dict(), strict=False, assign=True)
            new.forward = part.adapt(_checked(new, part.returns, model.config))
            model.set_submodule(path, new)


def _checked(new: nn.Module, names: tuple[str, ...], config: BertConfig) -> Forward:
    """Let a `forward` say at once that it returns another shape, or changes what it is given."""
    forward = new.forward

    def checked(states: Tensor, *more: Tensor) -> Tensor:
        sizes = {
            "batch": states.shape[0],
            "seq": states.shape[1],
            "hidden": config.hidden_size,
            "intermediate": config.intermediate_size,
            "vocab": config.vocab_size,
        }
        before = [each._version for each in (states, *more)]
        output, expected = forward(states, *more), tuple(sizes[name] for name in names)
        if before != [each._version for each in (states, *more)]:
            raise _wrong(
                f"{type(new).__name__}.forward changes a tensor that it is given, in "
                "place; others read it, too"
            )
        found = tuple(output.shape) if isinstance(output, Tensor) else f"a {type(output).__name__}"
        if found != expected:
            raise _wrong(
                f"{type(new).__name__}.forward returns {found}, expected {expected}, "
                f"which is ({', '.join(names)})"
            )
        return output

    return checked


def _check_parameters(new: nn.Module, old: nn.Module) -> None:
    ours, theirs = _shapes(new), _shapes(old)
    for name, shape in theirs.items():
        if name not in ours:
            raise _wrong(
                f"{type(new).__name__} has no parameter {name} of {shape}, "
                f"which trained weights have"
            )
        if ours[name] != shape:
            raise _wrong(f"{type(new).__name__}'s {name} is {ours[name]}, expected {shape}")
    if more := [name for name in ours if name not in theirs]:
        raise _wrong(
            f"{type(new).__name__} has the parameter {more[0]}, which trained weights have not"
        )


def _wrong(message: str) -> CandidateError:
    return CandidateError(f"wrong: {message}", Verdict.DIVERGES)


def _shapes(module: nn.Module) -> Mapping[str, tuple[int, ...]]:
    return {name: tuple(each.shape) for name, each in module.named_parameters()}


def _with_mask(forward: Forward) -> Forward:
    """Give a learner's part the mask in place of the plan."""

    def called(states: Tensor, plan: AttentionPlan | ForwardPlan) -> Tensor:
        mask = plan.mask
        return forward(states, states.new_zeros(1, 1, 1, states.shape[1]) if mask is None else mask)

    return called


def _attending(module: nn.Module) -> nn.Module:
    """Let a part of scratch_bert be called with states and a mask, and return states alone."""
    forward = module.forward
    module.forward = lambda states, mask: forward(states, AttentionPlan(mask=mask))
    return module


def _embeddings(forward: Forward) -> Forward:
    def embed(ids: Tensor, types: Tensor | None, positions: Tensor | None, *_: Any) -> Tensor:
        types = torch.zeros_like(ids) if types is None else types
        positions = torch.arange(ids.shape[1])[None] if positions is None else positions
        return forward(ids, types, positions)

    return embed


def _head(written: Callable[..., nn.Module], config: BertConfig, _: Any) -> nn.Module:
    new = written(config)
    decoder = getattr(new, "decoder", None)
    if isinstance(decoder, nn.Linear) and decoder.bias is not None:
        new.bias = decoder.bias  # which has two names in files
    return new


PARTS = {
    "layer-norm": ExercisePart(
        r".*LayerNorm", lambda written, _, old: written(old.normalized_shape[0], eps=old.eps)
    ),
    "embeddings": ExercisePart(r"embeddings", adapt=_embeddings),
    "attention": ExercisePart(rf"{_LAYERS}\.attention\.self", adapt=_with_mask),
    "residual": ExercisePart(
        rf"{_LAYERS}(\.attention)?\.output",
        lambda written, config, old: written(config, old.dense.in_features),
    ),
    "feed-forward": ExercisePart(
        rf"{_LAYERS}\.intermediate", returns=("batch", "seq", "intermediate")
    ),
    "layer": ExercisePart(
        _LAYERS,
        lambda written, _, old: written(_attending(old.attention), old.intermediate, old.output),
        _with_mask,
    ),
    "encoder": ExercisePart(
        "encoder", lambda written, _, old: written(list(map(_attending, old.layer))), _with_mask
    ),
    "pooler": ExercisePart("pooler", returns=("batch", "hidden")),
    "mlm-head": ExercisePart(r"cls\.predictions", _head, returns=("batch", "seq", "vocab")),
}
