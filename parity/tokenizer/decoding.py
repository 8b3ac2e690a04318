"""Back from ids: decode, batch_decode, convert_ids_to_tokens, tokenize, and round trips."""

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

from parity.core.outcome import Outcome
from parity.tokenizer.drawn_calls import CallDifference, DrawnCalls, compare_drawn
from parity.tokenizer.pair import Progress, TokenizerPair, TokenizerPairs, silent
from parity.tokenizer.random_calls import Call
from parity.tokenizer.shrink_calls import parts

_NAMES = ("uncased", "cased, added tokens")
_CLEANED = (
    *(".", "?", "!", ",", "'", "n", "t", "m", "s", "ve", "re", "##.", "##'", "##s", "do", "not"),
    *("[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]", "##ing", "##", "a", "i", '"', "-", "(", ")"),
)
_METHODS = (
    *("decode",) * 5,
    *("batch_decode", "convert_ids_to_tokens", "tokenize", "convert_tokens_to_ids"),
)


def check_decoding(
    pairs: TokenizerPairs, *, number: int, seed: int, progress: Progress = silent
) -> Iterator[Outcome]:
    """Compare what comes of random ids; question i is drawn from seed + i.

    Args:
        pairs: where both tokenizers are built.
        number: of questions, in all configurations together.
        seed: of the first question.
        progress: is told how many are done.
    """
    if "decode" in pairs.candidate.unsupported:
        yield Outcome("decode", "all", lacks="decode")
        return
    chosen = [each for each in pairs.configurations if each.name in _NAMES]
    ready = [_drawn(pairs.pair(configuration)) for configuration in chosen]
    yield from compare_drawn(ready, number, seed, progress)


def _drawn(pair: TokenizerPair) -> DrawnCalls:
    outcome = Outcome("decode", pair.configuration.name)
    draw = _Drawer(pair).question
    return DrawnCalls(outcome, draw, partial(_compare, pair), partial(_rule, pair))


class _Drawer:
    """Draws questions; ids are of all tokens, of those that are cleaned up, or of none."""

    def __init__(self, pair: TokenizerPair) -> None:
        self._size = len(pair.theirs)
        self._ids = pair.theirs.get_vocab()
        wanted = (*_CLEANED, *pair.theirs.get_added_vocab())
        self._hard = [self._ids[token] for token in wanted if token in self._ids]
        self._texts = pair.pool

    def question(self, choose: random.Random) -> Call:
        method = choose.choice(_METHODS)
        options: dict[str, Any] = {}
        if method == "tokenize":
            if choose.random() < 0.3:
                options["add_special_tokens"] = True
            return Call((choose.choice(self._texts),), options, method=method)
        if method == "convert_tokens_to_ids":
            tokens = choose.choices((*_CLEANED, "no such token", ""), k=choose.randint(0, 5))
            given = tokens if choose.random() < 0.7 else choose.choice(_CLEANED)
            return Call((given,), method=method)
        if choose.random() < 0.5:
            options["skip_special_tokens"] = choose.random() < 0.8
        if method != "convert_ids_to_tokens" and choose.random() < 0.5:
            options["clean_up_tokenization_spaces"] = choose.random() < 0.8
        nested = method == "batch_decode" or (method == "decode" and choose.random() < 0.3)
        rows = [self._row(choose) for _ in range(choose.randint(0, 3))]
        return Call((rows if nested else self._given(choose),), options, method=method)

    def _given(self, choose: random.Random) -> Any:
        return self._row(choose) if choose.random() < 0.9 else choose.choice(self._hard)

    def _row(self, choose: random.Random) -> list[int]:
        row = choose.choices(self._hard, k=choose.randint(0, 12))
        for _ in range(choose.choice((0, 1, 2, 4))):
            row.insert(choose.randint(0, len(row)), choose.randrange(self._size))
        if choose.random() < 0.02:
            row.append(-1)
        if choose.random() < 0.1:
            row.append(self._size + choose.choice((0, 1, 10**6)))
        return row


def _compare(pair: TokenizerPair, question: Call, _: object) -> CallDifference | None:
    ours, theirs = (_ask(made, question) for made in (pair.ours, pair.theirs))
    both_fail = isinstance(ours, Exception) and isinstance(theirs, Exception)
    if both_fail or ours == theirs:
        return None
    ours, theirs = (each if isinstance(each, Exception) else ascii(each) for each in (ours, theirs))
    return question.method, ours, theirs


def _ask(made: Any, question: Call) -> Any:
    try:
        return getattr(made, question.method)(*question.arguments, **question.options)
    except Exception as error:
        return error


def _rule(pair: TokenizerPair, question: Call, _: str) -> str:
    flat = [i for _, i in parts(question.arguments, int)]
    if question.method in ("tokenize", "convert_tokens_to_ids"):
        return f"{question.method}: as HuggingFace has it"
    if any(i not in pair.tokens for i in flat):
        return "decode: ids of no token are left out, or None as tokens"
    if question.options.get("skip_special_tokens"):
        return "decode: skip_special_tokens leaves out the special tokens, added ones too"
    if question.options.get("clean_up_tokenization_spaces"):
        return "decode: clean_up_tokenization_spaces takes spaces out of the whole text"
    if any(pair.tokens[i].startswith("##") for i in flat):
        return "decode: the first token stays as it is; a later one loses its ## or gains a space"
    return "decode: a space is taken out before . ? ! , and parts of contractions, token by token"
