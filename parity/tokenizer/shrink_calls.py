"""From a call that shows a difference to the least call that still shows it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from parity.tokenizer.random_calls import Call
from parity.tokenizer.shrink import shrink

Path = tuple[int, ...]
Fails = Callable[[Call], bool]


def shrink_call(call: Call, fails: Fails) -> Call:
    """Drop options, rows and words, then shorten the texts, for as long as the call still fails."""
    before = None
    while call != before:
        before = call
        while smaller := next(filter(fails, _smaller(call)), None):
            call = smaller
        for path, text in [*parts(call.arguments, str)]:
            call = _shortened(call, path, text, fails)
    return call


def parts(value: Any, kind: type, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield all texts, or all lists, that lists and tuples hold, and where each of them stands."""
    if isinstance(value, kind):
        yield path, value
    if isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from parts(item, kind, (*path, i))


def _smaller(call: Call) -> Iterator[Call]:
    for name in call.options:
        less = {key: value for key, value in call.options.items() if key != name}
        yield replace(call, options=less)
    if call.truncation_side != "right":
        yield replace(call, truncation_side="right")
    for arguments in _fewer(call.arguments):
        yield replace(call, arguments=arguments)


def _fewer(arguments: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """One text of a batch, the first of a pair, the lists less an item."""
    if len(arguments) == 2:
        yield arguments[:1]
    if all(isinstance(part, list) for part in arguments) and len({*map(len, arguments)}) == 1:
        for i in range(len(arguments[0])):
            yield tuple(part[i] for part in arguments)
            yield tuple(part[:i] + part[i + 1 :] for part in arguments)
    for path, items in parts(arguments, list):
        for i in range(len(items)):
            yield _with(arguments, path, items[:i] + items[i + 1 :])


def _shortened(call: Call, path: Path, text: str, fails: Fails) -> Call:
    def put(other: str) -> Call:
        return replace(call, arguments=_with(call.arguments, path, other))

    return put(shrink(text, lambda other: fails(put(other))))


def _with(value: Any, path: Path, part: Any) -> Any:
    if not path:
        return part
    items = [_with(v, path[1:], part) if i == path[0] else v for i, v in enumerate(value)]
    return tuple(items) if isinstance(value, tuple) else items
