"""How a reference's weights may lie in somebody's parameter.

Each function takes the reference's tensors, (out, in) or (out), and how many heads there are. They
are written into adapters as they stand here. Those with `head` in their name return the heads in
front, (heads, …): one tensor in three dimensions, or one parameter for each.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import torch
from torch import Tensor

from parity.adapter.parameter_units import Unit

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


Layout = tuple[Function, Function]
"""How a unit's weight is made, or of a norm the gain, and the bias beside it."""

_SINGLE: tuple[Layout, ...] = (
    (as_is, as_is),
    (transposed, as_is),
    (with_batch, as_is),
    (by_head, by_head),
    (by_head_transposed, by_head),
    (heads_last, by_head),
    (input_by_head, as_is),
    (input_heads_last, as_is),
    (by_head, as_is),
    (by_head_transposed, as_is),
    (heads_last, as_is),
)
_FUSED: tuple[Layout, ...] = (
    (stacked, stacked),
    (stacked_transposed, stacked),
    (piled, piled),
    (piled_transposed, piled),
    (stacked_by_head, stacked_by_head),
    (interleaved, interleaved),
    (interleaved_transposed, interleaved),
    (alternating, alternating),
)

NAMES = {function.__name__ for layout in (*_SINGLE, *_FUSED) for function in layout}


def fitting(theirs: Unit, references: Sequence[Unit], heads: int) -> Iterator[Layout]:
    """Yield the forms that give the shapes of a unit, the likelier first.

    Args:
        theirs: their unit; a weight or a bias that it has not may have any shape.
        references: one unit of the reference, or several to be fused.
        heads: how many there are.
    """
    front = (heads,) if (by_head := "{h}" in theirs.name) else ()
    for layout in _SINGLE if len(references) == 1 else _FUSED:
        if (not by_head or "by_head" in layout[0].__name__) and all(
            wanted is None
            or (*front, *wanted.shape)
            == _shape(
                how, tuple(part.shape for each in references if (part := each.sides[side])), heads
            )
            for side, (how, wanted) in enumerate(zip(layout, theirs.sides, strict=True))
        ):
            yield layout


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
