"""Tokenizers that make a known mistake, each made of the reference's own steps."""

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

from parity import reference
from parity.core.mistake import Fault
from parity.tokenizer.adversarial_texts import CONTEXTS
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.folders import CONFIGURATIONS, with_characters, write_folder
from parity.tokenizer.mistakes import Mistake, mistakes
from parity.tokenizer.outcome import Outcome, causes
from parity.tokenizer.rules import RULES
from parity.tokenizer.sides import Workplace
from parity.tokenizer.steps import Step, reference_steps, tokens_of
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_texts

_PREFIX = "tokenizer: "
_TEXTS = 1500  # in each configuration
_RARE = (
    (0x1FE0, 0x1FFF),  # some become punctuation when they are taken apart
    (0x2260, 0x226F),
    (0xA7C0, 0xA7DF),  # letters that newer versions of Unicode know
    (0x10D50, 0x10D8F),
)
_UNCASED = {"strip_accents": None, "do_lower_case": True, "tokenize_chinese_chars": True}


class _NoWords:
    def get_vocab(self) -> dict[str, int]:
        return {}


def _name(mistake: Mistake) -> str:
    return f"{_PREFIX}{mistake}"


@cache
def tokenizer_faults() -> dict[str, Fault]:
    """The known mistakes, by name; their stage is the rule that they break."""
    return {
        _name(mistake): Fault(
            _name(mistake),
            (mistake.rule,),
            says=f"{mistake.rule}: {mistake.done}",
            hint=RULES[mistake.rule],
            shows="texts that the rule concerns",
        )
        for mistake in mistakes(reference_steps(_NoWords(), _UNCASED))
    }


class _Stepwise:
    """Encodes with the reference's steps, some of them exchanged."""

    def __init__(self, steps: dict[str, Step], ids: dict[str, int]) -> None:
        self._steps, self._ids = steps, ids

    def encode(self, text: str) -> list[int]:
        """Return ids, with [CLS] and [SEP]."""
        tokens = ["[CLS]", *tokens_of(text, self._steps), "[SEP]"]
        return [self._ids[token] for token in tokens]


class _Faulty:
    """Builds such a tokenizer.

    Args:
        name: of the mistake.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, folder: Path) -> Any:
        """Build it from the folder's vocabulary and settings."""
        made = reference.tokenizer(folder)
        given = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        right = reference_steps(made, {**_UNCASED, **given})
        wrong = next(each.steps for each in mistakes(right) if _name(each) == self._name)
        return _Stepwise({**right, **wrong}, made.get_vocab())


def judge_tokenizer(name: str, folder: Path) -> tuple[list[Outcome], list[str]]:
    """Judge a tokenizer that makes a mistake, in each configuration.

    Args:
        name: of the mistake.
        folder: to work in; what is there from another call is used again.

    Returns:
        What came of it, and the names of the mistakes that explain it.
    """
    candidate = TokenizerCandidate(_Faulty(name), name)
    work = Workplace(candidate, folder, vocabulary(), CONFIGURATIONS)
    outcomes = []
    for configuration in work.configurations:
        outcome, sides = Outcome("strings", configuration.name), work.sides(configuration)
        choose = random.Random(configuration.name)  # noqa: S311
        check_texts(sides, sides.source.texts(choose, _TEXTS), outcome)
        characters = [chr(i) for first, last in _RARE for i in range(first, last + 1)]
        pieces = with_characters((), {*characters, *CONTEXTS.format("")})
        place = write_folder(folder / f"{configuration.name}, rare", pieces, configuration)
        rare = work.build(configuration, place)
        check_texts(rare, [CONTEXTS.format(each) for each in characters], outcome)
        outcomes.append(outcome)
    return outcomes, [f"{_PREFIX}{cause}" for cause in causes(outcomes)]
