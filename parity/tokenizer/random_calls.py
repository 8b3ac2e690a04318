"""Random calls of a tokenizer: texts, pairs, batches and words, with every option of the call."""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

_FLAGS = (
    *("return_token_type_ids", "return_attention_mask", "return_special_tokens_mask"),
    *("return_offsets_mapping", "return_length"),
)
_WRONG: tuple[dict[str, Any], ...] = (
    {"truncation": "longest", "max_length": 4},
    {"padding": "left"},
    {"padding": True, "padding_side": "up"},
    {"return_tensors": "tensor"},
    {"padding": "max_length", "truncation": True, "max_length": 9, "pad_to_multiple_of": 4},
)


@dataclass(frozen=True)
class Call:
    """One call of a tokenizer.

    Attributes:
        arguments: text, and text_pair where there is one.
        options: the keyword arguments.
        truncation_side: the tokenizer's attribute of this name.
        method: the method that is called; none means the tokenizer itself.
    """

    arguments: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    truncation_side: str = "right"
    method: str = ""

    def __str__(self) -> str:
        options = (f"{name}={value!r}" for name, value in self.options.items())
        called = f"tokenizer.{self.method}" if self.method else "tokenizer"
        call = f"{called}({', '.join([*map(ascii, self.arguments), *options])})"
        return call if self.truncation_side == "right" else f'truncation_side = "left"; {call}'


def has_no_room(call: Call) -> bool:
    """Whether the reference's budget for text is below 0; it then wraps, and nothing is cut."""
    options = call.options
    limit, cut = options.get("max_length"), options.get("truncation")
    if cut is None and options.get("padding", False) is False:
        cut = limit is not None
    if limit is None or not cut or not options.get("add_special_tokens", True):
        return False
    batch = bool(call.arguments[0]) and isinstance(call.arguments[0], list)
    batch = batch and (
        "is_split_into_words" not in options or isinstance(call.arguments[0][0], list)
    )
    paired = len(call.arguments) > 1 and (batch or bool(call.arguments[1]))
    return limit < (3 if paired else 2)


class CallSource:
    """Draws calls.

    Args:
        texts: to draw from.
        unsupported: features not to ask for.
    """

    def __init__(self, texts: Sequence[str], unsupported: Collection[str] = ()) -> None:
        self._texts = texts
        self._short = sorted(texts, key=len)[: len(texts) // 2]
        self._unsupported = unsupported

    def call(self, choose: random.Random) -> Call:
        """Return a random call; one in forty is wrong."""
        chance = choose.random
        arguments, options = self._arguments(choose)
        if chance() < 0.025:
            return self._wrong(choose, arguments, options)
        if chance() < 0.65:
            self._truncate(choose, options)
        if chance() < 0.6:
            options["padding"] = choose.choice((True, "longest", "max_length", False, "do_not_pad"))
        if chance() < 0.15:
            options["pad_to_multiple_of"] = choose.choice((2, 3, 8))
        if chance() < 0.3:
            options["padding_side"] = choose.choice(("left", "right"))
        if chance() < 0.2:
            options["add_special_tokens"] = False
        if chance() < 0.1:
            options["split_special_tokens"] = True
        if chance() < 0.12 and self._can("tensors"):
            options["return_tensors"] = choose.choice(("np", "pt"))
        for flag in _FLAGS:
            if chance() < 0.35 and (flag != "return_offsets_mapping" or self._can("offsets")):
                options[flag] = chance() < 0.8
        return Call(arguments, options, "left" if chance() < 0.2 else "right")

    def _can(self, feature: str) -> bool:
        return feature not in self._unsupported

    def _truncate(self, choose: random.Random, options: dict[str, Any]) -> None:
        if choose.random() < 0.8:
            strategies = (True, True, "longest_first", "only_first", "only_second", False)
            options["truncation"] = choose.choice(strategies)
        if choose.random() < 0.95:
            options["max_length"] = int(choose.triangular(0, 30, 7))
        if self._can("overflow"):
            if choose.random() < 0.5:
                options["return_overflowing_tokens"] = True
            if choose.random() < 0.35:
                options["stride"] = choose.choice((0, 1, 1, 2, 2, 3, 5))

    def _arguments(self, choose: random.Random) -> tuple[tuple[Any, ...], dict[str, Any]]:
        split = choose.random() < 0.3 and self._can("words")
        one: Callable[[random.Random], Any] = self._words if split else self._text
        options = {"is_split_into_words": True} if split else {}
        sides = 2 if choose.random() < 0.5 and self._can("pairs") else 1
        if choose.random() < 0.5:
            return tuple(one(choose) for _ in range(sides)), options
        number = choose.randint(1, 3)
        return tuple([one(choose) for _ in range(number)] for _ in range(sides)), options

    def _text(self, choose: random.Random) -> str:
        draw = choose.random()
        if draw < 0.06:
            return ""
        text = choose.choice(self._texts)
        return text if draw < 0.8 else f"{text} {choose.choice(self._texts)}"

    def _words(self, choose: random.Random) -> list[str]:
        words = choose.choices(self._short, k=choose.choice((0, 1, 2, 2, 3, 4)))
        return [*words, ""] if choose.random() < 0.06 else words

    def _wrong(
        self, choose: random.Random, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> Call:
        text = self._text(choose)
        wrong = (
            Call(arguments, {**options, **choose.choice(_WRONG)}),
            Call(([text, text], [text])),
            Call(([text], text)),
            Call(([],)),
            Call((choose.choice((None, 1, 1.5, b"bytes", {"text": text})),)),
            Call(([text, None],)),
            Call((text + choose.choice(("\ud800", "\udfff", "\udc80")),)),
            Call((text,), {"is_split_into_words": True}),
        )
        return choose.choice(wrong)
