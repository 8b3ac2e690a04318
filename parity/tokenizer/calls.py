"""Calls: every key of what a call returns, its tokens and words, and the maps between them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parity import reference
from parity.core.outcome import Difference, Outcome
from parity.tokenizer.call_rules import call_rule
from parity.tokenizer.random_calls import Call, CallSource, has_no_room
from parity.tokenizer.shrink_calls import shrink_call
from parity.tokenizer.sides import Progress, Sides, Workplace, silent

_EXPLAINED = 10
_LISTS = ("tokens", "word_ids", "sequence_ids")
_TOKEN_MAPS = ("token_to_chars", "token_to_word", "token_to_sequence")
_WORD_MAPS = ("word_to_tokens", "word_to_chars")
_CHAR_MAPS = ("char_to_token", "char_to_word")

Found = tuple[str, Any, Any]  # what differs, ours, theirs


def check_calls(
    work: Workplace, *, number: int, seed: int, progress: Progress = silent
) -> Iterator[Outcome]:
    """Compare random calls; call i is drawn from seed + i, so that it can be drawn again alone.

    Args:
        work: where both tokenizers are built.
        number: of calls, in all configurations together.
        seed: of the first call.
        progress: is told how many are done.
    """
    unsupported = work.candidate.unsupported
    if "calls" in unsupported:
        yield Outcome("calls", "all", lacks="calls")
        return
    ready = []
    for configuration in work.configurations:
        sides = work.sides(configuration)
        source = CallSource(sides.pool, unsupported)
        ready.append((sides, source, Outcome("calls", configuration.name)))
    for i in range(seed, seed + number):
        choose = random.Random(i)  # noqa: S311
        sides, source, outcome = ready[int(choose.random() * len(ready))]
        call = source.call(choose)
        outcome.inputs += 1
        found = compare_call(sides, call, choose)
        if found is not None:
            outcome.wrong += 1
            if outcome.wrong <= _EXPLAINED:
                outcome.add(_explained(sides, call, i, found))
        progress(1)
    yield from (outcome for _, _, outcome in ready)


def compare_call(sides: Sides, call: Call, choose: random.Random | None = None) -> Found | None:
    """Make a call on both sides.

    Args:
        sides: both tokenizers.
        call: what to call with.
        choose: draws the positions at which maps are compared; None compares all of them.

    Returns:
        What differs first, ours and theirs; None where nothing does.
    """
    try:
        if call.truncation_side != getattr(sides.ours, "truncation_side", "right"):
            sides.ours.truncation_side = call.truncation_side
        ours: Any = sides.ours(*call.arguments, **call.options)
    except Exception as error:
        ours = error
    sides.theirs.truncation_side = call.truncation_side
    try:
        theirs: Any = reference.call(sides.theirs, call.arguments, call.options)
    except Exception as error:
        theirs = error
    if isinstance(theirs, reference.ReferencePanicError):
        refusal = "a ValueError, for the reference's Rust code panics"
        return None if isinstance(ours, ValueError) else ("an error", ours, refusal)
    if isinstance(theirs, Exception):
        return None if isinstance(ours, Exception) else ("an error", ours, theirs)
    if has_no_room(call):
        refusal = "a ValueError, for max_length has no room for the special tokens"
        return None if isinstance(ours, ValueError) else ("an error", ours, refusal)
    if ragged_tensors(call.options, theirs):
        refusal = "a ValueError, for rows of several lengths are no tensor"
        return None if isinstance(ours, ValueError) else ("an error", ours, refusal)
    if isinstance(ours, Exception):
        return "an error", f"{type(ours).__name__}: {ours}", dict(theirs)
    return _different(sides, call, ours, theirs, choose)


def ragged_tensors(options: Mapping[str, Any], theirs: Any) -> bool:
    """Whether tensors were asked for, of rows of several lengths.

    The reference then raises an error, makes an array of objects, or (torch, where the first row
    is empty) a tensor of nothing.
    """
    lengths = {len(encoding.ids) for encoding in theirs.encodings}
    return options.get("return_tensors") is not None and len(lengths) > 1


def _different(
    sides: Sides, call: Call, ours: Any, theirs: Any, choose: random.Random | None
) -> Found | None:
    if set(ours.keys()) != set(theirs.keys()):
        return "keys", sorted(ours.keys()), sorted(theirs.keys())
    for key, value in theirs.items():
        equal = isinstance(value, list) and ours[key] == value
        if not equal and _plain(ours[key]) != _plain(value):
            return key, ours[key], value
    if "maps" in sides.candidate.unsupported:
        return None
    for row in range(len(theirs.encodings)):
        for name in _LISTS:
            mine, other = getattr(ours, name)(row), getattr(theirs, name)(row)
            if mine != other:
                return f"{name}({row})", mine, other
    for name, *position in _positions(theirs, len(call.arguments), choose):
        mine, other = _asked(ours, name, position), _asked(theirs, name, position)
        if mine != other:
            return f"{name}{tuple(position)}", mine, other
    return None


def _positions(theirs: Any, sequences: int, choose: random.Random | None) -> Iterator[Any]:
    """Yield a map's name, row, position and sequence: all, or one of each."""
    rows = (
        range(len(theirs.encodings))
        if choose is None
        else [int(choose.random() * len(theirs.encodings))]
    )
    for row in rows:
        encoding = theirs.encodings[row]
        for names, end in ((_TOKEN_MAPS, len(encoding.ids) + 1), (_WORD_MAPS, 8), (_CHAR_MAPS, 40)):
            if choose is None:
                places = [(i, s) for i in range(end) for s in range(sequences)]
            else:
                places = [(int(choose.random() * end), int(choose.random() * sequences))]
            for i, sequence in places:
                for name in names:
                    yield (name, row, i) if names is _TOKEN_MAPS else (name, row, i, sequence)


def _asked(encoded: Any, name: str, position: Sequence[int]) -> Any:
    try:
        answer = getattr(encoded, name)(*position)
    except Exception:
        return "an error"
    return answer if answer is None or isinstance(answer, int) else tuple(answer)


def _plain(value: Any) -> Any:
    """Lists and numbers, so that tuples equal lists and arrays equal arrays of their own kind."""
    if hasattr(value, "tolist"):
        kind = type(value).__module__.partition(".")[0], str(value.dtype), tuple(value.shape)
        return kind, _plain(value.tolist())
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _explained(sides: Sides, call: Call, number: int, found: Found) -> Difference:
    what = found[0].partition("(")[0]

    def fails(other: Call) -> bool:
        again = compare_call(sides, other)
        return again is not None and again[0].partition("(")[0] == what

    if fails(call):
        call = shrink_call(call, fails)
        found = compare_call(sides, call) or found
    what, ours, theirs = found
    rule = call_rule(call, what, sides)
    rerun = f"--no-scalars --no-files --strings 0 --calls 1 --seed {number}"
    text = "".join(str(part) for part in _flat(call.arguments))
    return Difference(str(call), text, what, _shown(ours), _shown(theirs), rule, rerun)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _shown(value: Any) -> Any:
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {value}"
    return dict(value) if hasattr(value, "keys") else value
