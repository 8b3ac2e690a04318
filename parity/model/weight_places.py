"""Which parameter of a model holds which weight, found by its numbers, in whatever layout.

A model may keep a weight as it is, transposed, joined to others (fused query, key and value), cut
into pieces (one for each head) or with its axes in another order. Each of these keeps whole rows or
columns of a matrix, or a piece of a bias, together, and those can be recognized.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import permutations

import torch
from torch import Tensor, nn

_SHORTEST = 4  # numbers that tell one piece of a bias from another

Emit = Callable[[str, Tensor], object]
View = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Place:
    """Rows of a parameter that are rows of a weight, if both are looked at as matrices.

    Attributes:
        parameter: whose rows.
        ours: the parameter as a matrix.
        rows: which of its rows.
        theirs: the weight as a matrix of as many columns.
        same: which of its rows, in the same order.
        shape: the weight's.
    """

    parameter: nn.Parameter
    ours: View
    rows: slice | list[int]
    theirs: View
    same: slice | list[int]
    shape: tuple[int, ...]


@contextmanager
def gathered(places: Mapping[str, Sequence[Place]], emit: Emit) -> Iterator[None]:
    """While a backward pass runs inside, emit gradients in the weights' own layout, and drop them.

    A weight's gradient is emitted as soon as all its pieces are there, so few are held at a time.
    One that stands in two parameters has the sum of their gradients. A weight whose numbers do not
    all stand in parameters, or cannot be told from others, has none.

    Args:
        places: of the weights, by HuggingFace's names.
        emit: is given a name and a gradient.
    """
    pieces: dict[nn.Parameter, list[tuple[str, Place]]] = defaultdict(list)
    waiting: dict[str, set[nn.Parameter]] = defaultdict(set)
    for name, found in places.items():
        for place in found:
            pieces[place.parameter].append((name, place))
            waiting[name].add(place.parameter)
    sums: dict[str, tuple[Tensor, Tensor]] = {}  # as far as it is there, and where it is

    def gather(parameter: Tensor) -> None:
        assert isinstance(parameter, nn.Parameter)
        assert parameter.grad is not None
        gradient = parameter.grad.to_dense() if parameter.grad.is_sparse else parameter.grad
        for name, place in pieces[parameter]:
            if name not in sums:
                total = torch.zeros(place.shape, dtype=parameter.dtype)
                sums[name] = total, torch.zeros_like(total, dtype=torch.bool)
            total, known = sums[name]
            place.theirs(total)[place.same] += place.ours(gradient)[place.rows]
            place.theirs(known)[place.same] = True
            waiting[name].discard(parameter)
        parameter.grad = None
        for name in [name for name in sums if not waiting[name]]:
            finish(name)

    def finish(name: str) -> None:
        total, known = sums.pop(name)
        if bool(known.all()):
            emit(name, total)

    hooks = [each.register_post_accumulate_grad_hook(gather) for each in pieces]  # type: ignore[no-untyped-call]
    try:
        yield
        for name in [*sums]:  # some of its parameters had no gradient
            finish(name)
    finally:
        for hook in hooks:
            hook.remove()


def places_of(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, list[Place]]:
    """Say where a model holds weights.

    Args:
        model: built with them.
        weights: by HuggingFace's names.
    """

    @cache
    def rows_of(width: int, dtype: torch.dtype) -> Mapping[int, list[tuple[str, View, int]]]:
        """The rows of this width that weights have, by their numbers in the model's dtype."""
        rows = defaultdict[int, list[tuple[str, View, int]]](list)
        for name, weight in weights.items():
            for view in _views(tuple(weight.shape)):
                matrix = view(weight.to(dtype).float())
                if matrix.shape[1] == width:
                    for i, key in enumerate(_keys(matrix)):
                        rows[key].append((name, view, i))
        return rows

    found: dict[str, list[Place]] = defaultdict(list)
    for parameter in model.parameters():
        numbers = parameter.detach().float()
        best: list[tuple[View, str, View, list[tuple[int, int]]]] = []
        most = 0
        for ours in _views(tuple(numbers.shape)):
            matrix = ours(numbers)
            known = rows_of(matrix.shape[1], parameter.dtype)
            pairs: dict[tuple[str, View], list[tuple[int, int]]] = defaultdict(list)
            for row, key in enumerate(_keys(matrix)):
                if len(places := known.get(key, [])) == 1:
                    weight, theirs, same_row = places[0]
                    pairs[weight, theirs].append((row, same_row))
            if sum(map(len, pairs.values())) > most:
                most = sum(map(len, pairs.values()))
                best = [(ours, name, view, rows) for (name, view), rows in pairs.items()]
            if most == matrix.shape[0]:
                break
        for ours, weight, theirs, each in best:
            mine, same = zip(*each, strict=True)
            shape = tuple(weights[weight].shape)
            place = Place(parameter, ours, _chosen(mine), theirs, _chosen(same), shape)
            found[weight].append(place)
    return found


def is_whole(places: Sequence[Place]) -> bool:
    """Whether all of a weight's numbers are there."""
    known = torch.zeros(places[0].shape, dtype=torch.bool)
    for place in places:
        place.theirs(known)[place.same] = True
    return bool(known.all())


def _chosen(rows: Sequence[int]) -> slice | list[int]:
    """Rows that follow each other as a slice, which copies nothing."""
    span = range(rows[0], rows[-1] + 1)
    return slice(span.start, span.stop) if [*rows] == [*span] else [*rows]


def _keys(matrix: Tensor) -> list[int]:
    return [hash(row.tobytes()) for row in matrix.contiguous().numpy()]


@cache
def _views(shape: tuple[int, ...]) -> list[View]:
    """The ways to look at a tensor of this shape as a matrix, each of which can be written to."""
    if len(shape) <= 1:
        n = math.prod(shape)
        widths = [width for width in range(n, _SHORTEST - 1, -1) if n % width == 0]
        return [_pieces(width) for width in widths or [n]]
    if shape[0] == 1:
        return [_after(view) for view in _views(shape[1:])]
    return [_moved(axes) for axes in permutations(range(len(shape)))]


def _pieces(width: int) -> View:
    return lambda tensor: tensor.reshape(-1, width)


def _moved(axes: tuple[int, ...]) -> View:
    return lambda tensor: tensor.permute(axes).flatten(0, -2)


def _after(view: View) -> View:
    return lambda tensor: view(tensor[0])
