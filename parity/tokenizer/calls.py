"""Calls: every key of what a call returns, its tokens and words, and the maps between them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from parity import reference
from parity.core.outcome import Outcome
from parity.tokenizer.call_rules import call_rule
from parity.tokenizer.drawn_calls import CallDifference, DrawnCalls, compare_drawn
from parity.tokenizer.pair import Progress, TokenizerPair, TokenizerPairs, silent
from parity.tokenizer.random_calls import Call, CallSource, has_no_room

_LISTS = ("tokens", "word_ids", "sequence_ids")
_TOKEN_MAPS = ("token_to_chars", "token_to_word", "token_to_sequence")
_WORD_MAPS = ("word_to_tokens", "word_to_chars")
_CHAR_MAPS = ("char_to_token", "char_to_word")


def check_calls(
    pairs: TokenizerPairs, *, number: int, seed: int, progress: Progress = silent
) -> Iterator[Outcome]:
    """Compare random calls.

    Args:
        pairs: where both tokenizers are built.
        number: of calls, in all configurations together.
        seed: of the first call.
        progress: is told how many are done.
    """
    if "calls" in pairs.candidate.unsupported:
        yield Outcome("calls", "all", lacks="calls")
        return
    ready = [_drawn(pairs.pair(configuration)) for configuration in pairs.configurations]
    yield from compare_drawn(ready, number, seed, progress)


def _drawn(pair: TokenizerPair) -> DrawnCalls:
    outcome = Outcome("calls", pair.configuration.name)
    draw = CallSource(pair.pool, pair.candidate.unsupported).call
    return DrawnCalls(outcome, draw, partial(compare_call, pair), partial(call_rule, pair))


def compare_call(
    pair: TokenizerPair, call: Call, choose: random.Random | None = None
) -> CallDifference | None:
    """Make a call on both sides.

    Args:
        pair: both tokenizers.
        call: what to call with.
        choose: draws the positions at which maps are compared; None compares all of them.

    Returns:
        What differs first, ours and theirs; None where nothing does.
    """
    try:
        if call.truncation_side != getattr(pair.ours, "truncation_side", "right"):
            pair.ours.truncation_side = call.truncation_side
        ours: Any = pair.ours(*call.arguments, **call.options)
    except Exception as error:
        ours = error
    pair.theirs.truncation_side = call.truncation_side
    try:
        theirs: Any = reference.call(pair.theirs, call.arguments, call.options)
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
        return "an error", ours, dict(theirs)
    return _different(pair, call, ours, theirs, choose)


def ragged_tensors(options: Mapping[str, Any], theirs: Any) -> bool:
    """Whether tensors were asked for, of rows of several lengths.

    The reference then raises an error, makes an array of objects, or (torch, where the first row
    is empty) a tensor of nothing.
    """
    lengths = {len(encoding.ids) for encoding in theirs.encodings}
    return options.get("return_tensors") is not None and len(lengths) > 1


def _different(
    pair: TokenizerPair, call: Call, ours: Any, theirs: Any, choose: random.Random | None
) -> CallDifference | None:
    if set(ours.keys()) != set(theirs.keys()):
        return "keys", sorted(ours.keys()), sorted(theirs.keys())
    for key, value in theirs.items():
        equal = isinstance(value, list) and ours[key] == value
        if not equal and _plain(ours[key]) != _plain(value):
            return key, ours[key], value
    if "maps" in pair.candidate.unsupported:
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
