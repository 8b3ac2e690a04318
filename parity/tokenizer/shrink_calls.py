"""From a call that shows a difference to the least call that still shows it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from parity.tokenizer.random_calls import Call
from parity.tokenizer.shrink import shrink


def shrink_call(call: Call, fails: Callable[[Call], bool]) -> Call:
    """Drop options, rows and words, then shorten the texts, for as long as the call still fails."""
    before = None
    while call != before:
        before = call
        for name in call.options:
            less = {key: value for key, value in call.options.items() if key != name}
            if fails(call.with_options(less)):
                call = call.with_options(less)
        if fails(replace(call, truncation_side="right")):
            call = replace(call, truncation_side="right")
        call = _fewer(call, fails)
        call = _shorter(call, fails)
    return call


def _fewer(call: Call, fails: Callable[[Call], bool]) -> Call:
    shrunk = True
    while shrunk:
        shrunk = False
        for arguments in _smaller(call.arguments):
            if fails(replace(call, arguments=arguments)):
                call, shrunk = replace(call, arguments=arguments), True
                break
    return call


def _smaller(arguments: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """One text of a batch, the first of a pair, the lists less an item."""
    if len(arguments) == 2:
        yield arguments[:1]
    lists = [part for part in arguments if isinstance(part, list)]
    if lists and len(lists) == len(arguments) and len({len(part) for part in lists}) == 1:
        for i in range(len(lists[0])):
            yield tuple(part[i] for part in lists)
            yield tuple(part[:i] + part[i + 1 :] for part in lists)
    for place, part in enumerate(arguments):
        if isinstance(part, list):
            for i, item in enumerate(part):
                less = [part[:i] + part[i + 1 :]]
                if isinstance(item, list):
                    less += [
                        [*part[:i], item[:j] + item[j + 1 :], *part[i + 1 :]]
                        for j in range(len(item))
                    ]
                for smaller in less:
                    yield (*arguments[:place], smaller, *arguments[place + 1 :])


def _shorter(call: Call, fails: Callable[[Call], bool]) -> Call:
    for path in list(_paths(call.arguments)):

        def put(text: str, path: tuple[int, ...] = path) -> Call:
            return replace(call, arguments=_with(call.arguments, path, text))  # noqa: B023

        call = put(shrink(_at(call.arguments, path), lambda text: fails(put(text))))
    return call


def _paths(value: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _paths(item, (*path, i))


def _at(value: Any, path: tuple[int, ...]) -> Any:
    for i in path:
        value = value[i]
    return value


def _with(value: Any, path: tuple[int, ...], text: str) -> Any:
    if not path:
        return text
    items = [_with(v, path[1:], text) if i == path[0] else v for i, v in enumerate(value)]
    return tuple(items) if isinstance(value, tuple) else items
