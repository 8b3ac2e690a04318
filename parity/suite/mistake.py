"""Known mistakes outside of the model: a function that takes the place of one of scratch_bert's."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

from parity.core.mistake import Mistake, described

RIGHT = "right"  # what makes none is called so
_REPLACED_IN = ("scratch_bert", "parity.ours")


class KnownMistakes(list[Mistake]):
    """The known mistakes of a check, each written as the function that makes it.

    Args:
        check: the one that sees them.
        detected_by: what reveals them, where a mistake does not say otherwise.
        fix: what to do instead, where a mistake does not say otherwise.
    """

    def __init__(self, check: str, detected_by: str, fix: str = "") -> None:
        super().__init__()
        self._check, self._detected_by, self._fix = check, detected_by, fix

    def __call__(
        self,
        id: str,  # noqa: A002
        breaks: Callable[..., Any],
        fix: str = "",
        detected_by: str = "",
        *,
        description: str = "",
        seen: str = "",
        equivalent: str = "",
        **also: tuple[Callable[..., Any], Callable[..., Any]],
    ) -> Callable[[Callable[..., Any]], Mistake]:
        """Decorate a function that takes the place of `breaks`, which it is given first.

        Its docstring says what was done.

        Args:
            id: as in reports.
            breaks: the function of scratch_bert.
            fix: what to do instead.
            detected_by: what reveals it.
            description: what was done, where one function makes several mistakes.
            seen: where it was met, if anywhere.
            equivalent: if set, why it is correct though it looks like a mistake.
            also: further functions, each with what takes its place.
        """

        def record(wrong: Callable[..., Any]) -> Mistake:
            mistake = Mistake(
                id,
                (self._check,),
                breaks=breaks,
                description=description or described(wrong),
                fix=fix or self._fix,
                detected_by=detected_by or self._detected_by,
                seen=seen,
                equivalent=equivalent,
                replaces=((breaks, wrong), *also.values()),
            )
            self.append(mistake)
            return mistake

        return record


def by_id(parts: Mapping[str, Iterable[Mistake]]) -> dict[str, Mistake]:
    """Return the mistakes of some parts of the catalogue, by id."""
    return {mistake.id: mistake for part in parts.values() for mistake in part}


def of_check(check: str, known: Mapping[str, Mistake]) -> list[Mistake]:
    """Return the mistakes that a check sees."""
    return [mistake for mistake in known.values() if mistake.stages == (check,)]


@contextmanager
def making(mistakes: Iterable[Mistake]) -> Iterator[None]:
    """While inside, functions of scratch_bert are replaced by those that make the mistakes."""
    with ExitStack() as stack:
        for mistake in mistakes:
            for right, wrong in mistake.replaces:
                stack.enter_context(replaced(right, wrong))
        yield


_Function = Callable[..., Any]
_now: dict[_Function, _Function] = {}  # what stands in a function's place
_places: dict[_Function, tuple[int, list[tuple[Any, str]]]] = {}  # and where, of so many modules


@contextmanager
def replaced(right: _Function, wrong: _Function) -> Iterator[None]:
    """While inside, a function of scratch_bert is another, which is given the right one first."""
    before = _now.get(right, right)

    @wraps(right)
    def instead_of(*given: Any, **named: Any) -> Any:
        return wrong(before, *given, **named)

    if _places.get(right, (0, []))[0] != len(sys.modules):
        _places[right] = len(sys.modules), _holding(before)
    modules, places = _places[right]
    for holder, name in places:
        setattr(holder, name, instead_of)
    _now[right] = instead_of
    try:
        yield
    finally:
        later = _holding(instead_of) if modules != len(sys.modules) else places
        for holder, name in later:
            setattr(holder, name, before)
        _now[right] = before


def _holding(function: _Function) -> list[tuple[Any, str]]:
    """Find the modules and classes that hold a function, and under which name."""
    found = []
    for name, module in [*sys.modules.items()]:
        if not name.startswith(_REPLACED_IN):
            continue
        own = [each for each in vars(module).values() if isinstance(each, type)]
        for holder in (module, *(each for each in own if each.__module__ == name)):
            found += [(holder, key) for key, value in vars(holder).items() if value is function]
    return found


class Mistaken:
    """A candidate that makes mistakes: whatever it is asked is done while they are made.

    Args:
        maker: a candidate of scratch_bert's.
        mistakes: that it makes.
    """

    def __init__(self, maker: Any, mistakes: Sequence[Mistake]) -> None:
        self._maker, self._mistakes = maker, mistakes

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._maker, name)

        @wraps(method)
        def mistaken(*given: Any, **named: Any) -> Any:
            with making(self._mistakes):
                made = method(*given, **named)
            return self._steps(made) if isinstance(made, Iterator) else made

        return mistaken

    def _steps(self, made: Iterator[Any]) -> Iterator[Any]:
        """Make mistakes in each step, and none in between."""
        nothing = object()
        while True:
            with making(self._mistakes):
                step = next(made, nothing)
            if step is nothing:
                return
            yield step


def ids_of(mistakes: Iterable[Mistake]) -> str:
    """Join the ids of mistakes to the name that `mistaken` takes."""
    return "+".join(mistake.id for mistake in mistakes) or RIGHT


def mistaken(maker: Any, known: Mapping[str, Mistake], ids: str) -> Mistaken:
    """Return a candidate that makes the mistakes of these ids, joined by +; `right` makes none.

    Raises:
        AttributeError: an id is unknown.
    """
    made = [] if ids == RIGHT else ids.split("+")
    if unknown := [each for each in made if each not in known]:
        raise AttributeError(f"no attribute {unknown[0]!r}: no known mistake has this id")
    return Mistaken(maker, [known[each] for each in made])
