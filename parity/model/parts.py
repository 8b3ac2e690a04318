"""A stage whose module runs several times in one pass: heads in a loop, a sequence in chunks.

Each call makes a part of the reference's tensor. Where a part stands there is found by its shape,
and verified by its numbers: a module may run several times and make something else.
"""

from collections.abc import Iterator
from itertools import combinations, product

import torch
from torch import Tensor

from parity.core.compare import Comparison, Status
from parity.model.expected import GRADIENT, RecordedProbe

_NEARLY, _STEPS = 1e-3, 32  # shares of the largest magnitude by which a part that is wrong may be
# off and is still recognized; the second is in rounding steps of the candidate's dtype

Index = tuple[int | slice, ...]


class StageCalls:
    """The calls of one stage's module in one pass.

    A module that runs once is compared as it is.

    Args:
        recorded: has the reference's tensor.
        name: the stage's; a gradient's ends with `.grad`.
        lane: in which the model runs.
        repeated: whether the module is known to run several times; then nothing is put in place of
            a tensor that is not recognized.
        compares: whether `rows` will be asked for.

    Attributes:
        made: the parts, put together as far as they are there.
        calls: how many there were.
    """

    def __init__(
        self,
        recorded: RecordedProbe,
        name: str,
        lane: str,
        *,
        repeated: bool = False,
        compares: bool = True,
    ) -> None:
        self._recorded, self._name, self._lane = recorded, name, lane
        self._repeated, self._compares = repeated, compares
        self._whole: list[Comparison] = []  # of a call that made all of the tensor
        self._recognized = False  # whether it is the reference's, or nearly
        self._covered: Tensor | None = None
        self._unseen = ""
        self.made: Tensor | None = None
        self.calls = 0

    def look(self, ours: Tensor) -> Tensor | None:
        """Look at what a call made; return what the reference has in its place, if that is known.

        A tensor at which the judge cannot look, such as a nested one, is no crash of the candidate.
        """
        self.calls += 1
        theirs = self._recorded.get(self._name)
        try:
            _refuse(ours)
            return self._look(ours.detach(), theirs)
        except Exception as error:
            self._unseen = f"the judge cannot look at it: {type(error).__name__}: {error}"
            return None

    @property
    def complete(self) -> bool:
        """Whether the parts make up the reference's tensor."""
        return self._covered is not None and bool(self._covered.all())

    @property
    def is_right(self) -> bool:
        """Whether a call that made all of the tensor made the reference's."""
        return all(row.passed or row.lane == "padding" for row in self._whole)

    def rows(self) -> list[Comparison]:
        """Compare what all calls made."""
        theirs = self._recorded.get(self._name)
        if self._unseen:
            return [self._row(self._unseen)]
        if self.complete and self.made is not None:
            return [*self._recorded.compare(self._name, self.made, theirs, self._lane)]
        if self.calls == 1 or self._recognized:
            return self._whole
        note = f"its module runs {self.calls} times in a pass and its parts cannot be put together"
        return [self._row(note)]

    def _row(self, note: str) -> Comparison:
        plain = self._name.removesuffix(GRADIENT)
        return self._recorded.row(plain, Status.UNSUPPORTED, note, self._lane)

    def _look(self, ours: Tensor, theirs: Tensor) -> Tensor | None:
        if ours.shape == theirs.shape:
            first = self.calls == 1 and not self._repeated
            kept = None if first else self._recorded.kept(self._name, theirs)
            tokens = None if kept is None else kept.tokens
            off = 0.0 if first else _difference(ours, theirs, tokens)
            recognized = not first and off <= self._nearly(theirs)
            if not self._whole or (recognized and not self.is_right):
                self._compare(ours, theirs)
            self._recognized |= recognized or self.is_right
            return self._recorded.put(self._name, ours, theirs) if first or recognized else None
        if self.calls == 1:
            self._compare(ours, theirs)  # says that it is of another shape
        place = self._place(ours, theirs)
        if place is None:
            return None
        if self.made is None or self._covered is None:
            self.made = torch.zeros_like(theirs, dtype=ours.dtype)
            self._covered = torch.zeros_like(theirs, dtype=torch.bool)
        self.made[place] = ours
        self._covered[place] = True
        whole = theirs.clone()
        whole[place] = ours.to(theirs.dtype)
        put = self._recorded.put(self._name, whole, theirs)
        return None if put is None else put[place]

    def _compare(self, ours: Tensor, theirs: Tensor) -> None:
        if self._compares:
            self._whole = [*self._recorded.compare(self._name, ours, theirs, self._lane)]

    def _place(self, ours: Tensor, theirs: Tensor) -> Index | None:
        """Find where a part stands in the reference's tensor, or nearly does.

        Numbers of padding, which are nobody's, fit anything; so they come last but for what is
        there already, which may be made again.
        """
        kept, covered = self._recorded.kept(self._name, theirs), self._covered
        tokens = None if kept is None else kept.tokens
        allowed = self._recorded.allowed(self._name, self._kept(theirs), self._lane)
        exact = allowed if self._recorded.dtype is torch.float64 else 0.0
        places = [*_places(tuple(ours.shape), tuple(theirs.shape))]
        if self._name.endswith(GRADIENT):
            places.reverse()  # the last call's gradient comes first
        fresh, nobody, again = list[tuple[float, Index]](), list[Index](), list[Index]()
        for place in places:
            if covered is not None and covered[place].any():
                again.append(place)
            elif tokens is not None and not tokens[place].any():
                nobody.append(place)
            else:
                off = _difference(ours, theirs[place], None if tokens is None else tokens[place])
                if off <= exact:
                    return place
                fresh.append((off, place))
        nearest = min((off for off, _ in fresh), default=torch.inf)
        if nearest <= self._nearly(theirs):  # rounding may make another place as near
            return next(place for off, place in fresh if off <= 2 * nearest)
        if nobody:
            return nobody[0]
        for place in again:
            off = _difference(ours, theirs[place], None if tokens is None else tokens[place])
            if off <= allowed:
                return place
        return None

    def _nearly(self, theirs: Tensor) -> float:
        share = max(_NEARLY, _STEPS * torch.finfo(self._recorded.dtype).eps)
        return share * float(self._kept(theirs).abs().max())

    def _kept(self, theirs: Tensor) -> Tensor:
        """The reference's tensor with zeros where numbers do not belong to tokens."""
        kept = self._recorded.kept(self._name, theirs)
        return theirs if kept is None else theirs.masked_fill(~kept.tokens, 0)


def _refuse(tensor: Tensor) -> None:
    """Raise an error where a tensor has no numbers of its own, or no shape."""
    if tensor.is_nested or tensor.layout is not torch.strided:
        raise TypeError(f"it is a nested or a sparse tensor, of the layout {tensor.layout}")
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        raise TypeError("a transform such as torch.vmap has no numbers here")


def _difference(ours: Tensor, theirs: Tensor, tokens: Tensor | None) -> float:
    """Say by how much two tensors differ where numbers belong to tokens."""
    difference = (ours.to(theirs.dtype) - theirs).abs()
    if tokens is not None:
        difference = difference.masked_fill(~tokens, 0)
    return float(difference.nan_to_num(nan=torch.inf).max())


def _places(part: tuple[int, ...], whole: tuple[int, ...]) -> Iterator[Index]:
    """The places where a part of one shape can stand in a tensor of another.

    A part has fewer numbers along some axes, or lacks them: a head's scores have no axis of heads.

    >>> [*_places((2,), (2, 3))][:2]
    [(slice(0, 2, None), 0), (slice(0, 2, None), 1)]
    """
    for axes in combinations(range(len(whole)), len(part)):
        sizes = dict(zip(axes, part, strict=True))
        if any(not 0 < sizes[axis] <= whole[axis] for axis in axes):
            continue
        starts = (
            range(n - sizes[axis] + 1) if axis in sizes else range(n)
            for axis, n in enumerate(whole)
        )
        for start in product(*starts):
            yield tuple(
                slice(at, at + sizes[axis]) if axis in sizes else at
                for axis, at in enumerate(start)
            )
