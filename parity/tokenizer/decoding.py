"""Back from ids: decode, batch_decode, convert_ids_to_tokens, tokenize, and round trips."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from parity.core.outcome import Difference, Outcome
from parity.tokenizer.sides import Progress, Sides, Workplace, silent

_NAMES = ("uncased", "cased, added tokens")
_CLEANED = (
    *(".", "?", "!", ",", "'", "n", "t", "m", "s", "ve", "re", "##.", "##'", "##s", "do", "not"),
    *("[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]", "##ing", "##", "a", "i", '"', "-", "(", ")"),
)
_METHODS = (
    *("decode",) * 5,
    *("batch_decode", "convert_ids_to_tokens", "tokenize", "convert_tokens_to_ids"),
)
_EXPLAINED = 10


@dataclass(frozen=True)
class DecodingCall:
    """A method, what it is given, and its options."""

    method: str
    given: Any
    options: dict[str, Any]

    def __str__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"tokenizer.{self.method}({self.given!a}{options})"


def check_decoding(
    work: Workplace, *, number: int, seed: int, progress: Progress = silent
) -> Iterator[Outcome]:
    """Compare what comes of random ids; question i is drawn from seed + i.

    Args:
        work: where both tokenizers are built.
        number: of questions, in all configurations together.
        seed: of the first question.
        progress: is told how many are done.
    """
    if "decode" in work.candidate.unsupported:
        yield Outcome("decode", "all", lacks="decode")
        return
    ready = []
    for configuration in work.configurations:
        if configuration.name in _NAMES:
            sides = work.sides(configuration)
            ready.append((sides, _Drawer(sides), Outcome("decode", configuration.name)))
    for i in range(seed, seed + number):
        choose = random.Random(i)  # noqa: S311
        sides, drawer, outcome = ready[int(choose.random() * len(ready))]
        question = drawer.question(choose)
        outcome.inputs += 1
        if _answers(sides, question) is not None:
            outcome.wrong += 1
            if outcome.wrong <= _EXPLAINED:
                outcome.add(_explained(sides, question, i))
        progress(1)
    yield from (outcome for _, _, outcome in ready)


class _Drawer:
    """Draws questions; ids are of all tokens, of those that are cleaned up, or of none."""

    def __init__(self, sides: Sides) -> None:
        self._size = len(sides.theirs)
        self._ids = sides.theirs.get_vocab()
        wanted = (*_CLEANED, *sides.theirs.get_added_vocab())
        self._hard = [self._ids[token] for token in wanted if token in self._ids]
        self._texts = sides.pool

    def question(self, choose: random.Random) -> DecodingCall:
        method = choose.choice(_METHODS)
        options: dict[str, Any] = {}
        if method == "tokenize":
            if choose.random() < 0.3:
                options["add_special_tokens"] = True
            return DecodingCall(method, choose.choice(self._texts), options)
        if method == "convert_tokens_to_ids":
            tokens = choose.choices((*_CLEANED, "no such token", ""), k=choose.randint(0, 5))
            return DecodingCall(
                method, tokens if choose.random() < 0.7 else choose.choice(_CLEANED), {}
            )
        if choose.random() < 0.5:
            options["skip_special_tokens"] = choose.random() < 0.8
        if method != "convert_ids_to_tokens" and choose.random() < 0.5:
            options["clean_up_tokenization_spaces"] = choose.random() < 0.8
        nested = method == "batch_decode" or (method == "decode" and choose.random() < 0.3)
        rows = [self._row(choose) for _ in range(choose.randint(0, 3))]
        return DecodingCall(method, rows if nested else self._given(choose), options)

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


def _answers(sides: Sides, question: DecodingCall) -> tuple[Any, Any] | None:
    ours, theirs = (_ask(made, question) for made in (sides.ours, sides.theirs))
    both_fail = isinstance(ours, Exception) and isinstance(theirs, Exception)
    return None if both_fail or ours == theirs else (ours, theirs)


def _ask(made: Any, question: DecodingCall) -> Any:
    try:
        return getattr(made, question.method)(question.given, **question.options)
    except Exception as error:
        return error


def _explained(sides: Sides, question: DecodingCall, number: int) -> Difference:
    question = _shrunk(sides, question)
    ours, theirs = (
        f"{type(answer).__name__}: {answer}" if isinstance(answer, Exception) else ascii(answer)
        for answer in _answers(sides, question) or ("", "")
    )
    rerun = f"--no-scalars --no-files --strings 0 --calls 1 --seed {number}"
    text = question.given if isinstance(question.given, str) else ""
    rule = _rule(sides, question)
    return Difference(str(question), text, question.method, ours, theirs, rule, rerun)


def _shrunk(sides: Sides, question: DecodingCall) -> DecodingCall:
    shrunk = True
    while shrunk:
        shrunk = False
        options = (
            replace(question, options={k: v for k, v in question.options.items() if k != name})
            for name in question.options
        )
        for smaller in (
            *options,
            *(replace(question, given=less) for less in _less(question.given)),
        ):
            if _answers(sides, smaller) is not None:
                question, shrunk = smaller, True
                break
    return question


def _less(given: Any) -> Iterator[Any]:
    if isinstance(given, list) and given and isinstance(given[0], list):
        yield from given
    if isinstance(given, list | str):
        yield from (given[:i] + given[i + 1 :] for i in range(len(given)))  # type: ignore[operator]


def _rule(sides: Sides, question: DecodingCall) -> str:
    flat = question.given if isinstance(question.given, list) else [question.given]
    flat = [i for part in flat for i in (part if isinstance(part, list) else [part])]
    if question.method in ("tokenize", "convert_tokens_to_ids"):
        return f"{question.method}: as HuggingFace has it"
    if any(i not in sides.tokens for i in flat):
        return "decode: ids of no token are left out, or None as tokens"
    if question.options.get("skip_special_tokens"):
        return "decode: skip_special_tokens leaves out the special tokens, added ones too"
    if question.options.get("clean_up_tokenization_spaces"):
        return "decode: clean_up_tokenization_spaces takes spaces out of the whole text"
    if any(sides.tokens[i].startswith("##") for i in flat):
        return "decode: the first token stays as it is; a later one loses its ## or gains a space"
    return "decode: a space is taken out before . ? ! , and parts of contractions, token by token"
