"""How a reference's weights may lie in somebody's parameter.

Each function takes the reference's tensors, (out, in) or (out), and how many heads there are. They
are written into adapters as they stand here. Those with `head` in their name return the heads in
front, (heads, …): one tensor in three dimensions, or one parameter for each.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

Function = Callable[[list[Tensor], int], Tensor]


def as_is(parts: list[Tensor], _heads: int) -> Tensor:
    """The same."""
    return parts[0]


def transposed(parts: list[Tensor], _heads: int) -> Tensor:
    """(in, out), for x @ W."""
    return parts[0].mT


def with_batch(parts: list[Tensor], _heads: int) -> Tensor:
    """(1, rows, hidden)."""
    return parts[0][None]


def by_head(parts: list[Tensor], heads: int) -> Tensor:
    """(heads, head_dim, in)."""
    return torch.unflatten(parts[0], 0, (heads, -1))


def by_head_transposed(parts: list[Tensor], heads: int) -> Tensor:
    """(heads, in, head_dim)."""
    return torch.unflatten(parts[0], 0, (heads, -1)).mT


def heads_last(parts: list[Tensor], heads: int) -> Tensor:
    """(in, heads, head_dim)."""
    return torch.unflatten(parts[0].mT, 1, (heads, -1))


def input_by_head(parts: list[Tensor], heads: int) -> Tensor:
    """(heads, head_dim, out), for a context that is still split into heads."""
    return torch.unflatten(parts[0].mT, 0, (heads, -1))


def input_heads_last(parts: list[Tensor], heads: int) -> Tensor:
    """(out, heads, head_dim), for a context that is still split into heads."""
    return torch.unflatten(parts[0], 1, (heads, -1))


def stacked(parts: list[Tensor], _heads: int) -> Tensor:
    """(3 out, in): one part below the other."""
    return torch.cat(parts)


def stacked_transposed(parts: list[Tensor], _heads: int) -> Tensor:
    """(in, 3 out): one part beside the other."""
    return torch.cat(parts).mT


def piled(parts: list[Tensor], _heads: int) -> Tensor:
    """(3, out, in)."""
    return torch.stack(parts)


def piled_transposed(parts: list[Tensor], _heads: int) -> Tensor:
    """(3, in, out)."""
    return torch.stack(parts).mT


def stacked_by_head(parts: list[Tensor], heads: int) -> Tensor:
    """(heads, 3 head_dim, in): the parts of a head below each other."""
    return torch.cat([torch.unflatten(part, 0, (heads, -1)) for part in parts], dim=1)


def interleaved(parts: list[Tensor], heads: int) -> Tensor:
    """(3 out, in): for each head its part of each."""
    return torch.stack([torch.unflatten(part, 0, (heads, -1)) for part in parts], dim=1).flatten(
        0, 2
    )


def interleaved_transposed(parts: list[Tensor], heads: int) -> Tensor:
    """(in, 3 out): for each head its part of each."""
    return (
        torch.stack([torch.unflatten(part, 0, (heads, -1)) for part in parts], dim=1)
        .flatten(0, 2)
        .mT
    )


def alternating(parts: list[Tensor], _heads: int) -> Tensor:
    """(3 out, in): a row of each part in turn."""
    return torch.stack(parts, dim=1).flatten(0, 1)


@dataclass(frozen=True)
class Form:
    """How a unit's weight and bias are made.

    Attributes:
        weight: of a matrix; of a norm the gain.
        bias: of the vector beside it.
    """

    weight: Function
    bias: Function

    @property
    def label(self) -> str:
        """In words."""
        return self.weight.__name__.replace("_", " ")


_SINGLE = (
    Form(as_is, as_is),
    Form(transposed, as_is),
    Form(with_batch, as_is),
    Form(by_head, by_head),
    Form(by_head_transposed, by_head),
    Form(heads_last, by_head),
    Form(input_by_head, as_is),
    Form(input_heads_last, as_is),
    Form(by_head, as_is),
    Form(by_head_transposed, as_is),
    Form(heads_last, as_is),
)
_FUSED = (
    Form(stacked, stacked),
    Form(stacked_transposed, stacked),
    Form(piled, piled),
    Form(piled_transposed, piled),
    Form(stacked_by_head, stacked_by_head),
    Form(interleaved, interleaved),
    Form(interleaved_transposed, interleaved),
    Form(alternating, alternating),
)

NAMES = {function.__name__ for form in (*_SINGLE, *_FUSED) for function in (form.weight, form.bias)}


def fitting(
    weights: list[Tensor], biases: list[Tensor], shapes: tuple[object, object], heads: int
) -> Iterator[Form]:
    """Yield the forms that give these shapes, the likelier first.

    Args:
        weights: the reference's, one or several to be fused.
        biases: likewise; none where it has none.
        shapes: of their weight and of their bias; None where they have none.
        heads: how many there are.
    """
    for form in _SINGLE if len(weights or biases) == 1 else _FUSED:
        made = (
            _shape(form.weight, tuple(tuple(part.shape) for part in weights), heads),
            _shape(form.bias, tuple(tuple(part.shape) for part in biases), heads),
        )
        if all(theirs in (None, ours) for ours, theirs in zip(made, shapes, strict=True)):
            yield form


@cache
def _shape(
    function: Function, shapes: tuple[tuple[int, ...], ...], heads: int
) -> tuple[int, ...] | None:
    """The shape of what a function makes of such tensors; None where it cannot."""
    if not shapes:
        return None
    try:
        made = function([torch.empty(()).expand(shape) for shape in shapes], heads)
    except (RuntimeError, IndexError):  # cannot be split, or has no such dimension
        return None
    return tuple(made.shape)


def source(function: Function) -> str:
    """Return a function as it is written into an adapter."""
    return inspect.getsource(function)
