"""Tokenizers that make a known mistake, each made of the reference's own steps."""

import json
import random
from pathlib import Path
from typing import Any

from parity import reference
from parity.core.outcome import Outcome
from parity.tokenizer.adversarial_texts import CONTEXTS
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.folders import CONFIGURATIONS, with_characters, write_folder
from parity.tokenizer.mistakes import UNCASED, mistakes
from parity.tokenizer.outcome import causes
from parity.tokenizer.sides import Workplace
from parity.tokenizer.steps import Step, reference_steps, tokens_of
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_texts

_TEXTS = 1500  # in each configuration
_RARE = (
    (0x1FE0, 0x1FFF),  # some become punctuation when they are taken apart
    (0x2260, 0x226F),
    (0xA7C0, 0xA7DF),  # letters that newer versions of Unicode know
    (0x10D50, 0x10D8F),
)


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
        name: the mistake's id.
    """

    def __init__(self, name: str) -> None:
        self._id = name

    def build(self, folder: Path) -> Any:
        """Build it from the folder's vocabulary and settings."""
        made = reference.tokenizer(folder)
        given = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        right = reference_steps(made, {**UNCASED, **given})
        wrong = next(each.parts for each in mistakes(right) if each.id == self._id)
        return _Stepwise({**right, **wrong}, made.get_vocab())


def judge_tokenizer(name: str, folder: Path) -> tuple[list[Outcome], list[str]]:
    """Judge a tokenizer that makes a mistake, in each configuration.

    Args:
        name: of the mistake.
        folder: to work in; what is there from another call is used again.

    Returns:
        What came of it, and the ids of the mistakes that explain it.
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
    return outcomes, causes(outcomes)
