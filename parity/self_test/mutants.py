"""Candidates that make a known mistake: scratch_bert's model, and its tokenizer."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from parity.core.mistake import Injection, Mistake
from parity.core.outcome import Outcome
from parity.diagnosis.inject import making
from parity.ours.model import ScratchBert
from parity.ours.tokenizer import BookTokenizer
from parity.suite.mistake import Mistaken
from parity.tokenizer.adversarial_texts import CONTEXTS
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.folders import CONFIGURATIONS, with_characters, write_folder
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.outcome import causes
from parity.tokenizer.pair import TokenizerPairs
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_texts

_TEXTS = 1500  # in each configuration
_RARE = (
    (0x1FE0, 0x1FFF),  # some become punctuation when they are taken apart
    (0x2260, 0x226F),
    (0xA7C0, 0xA7DF),  # letters that newer versions of Unicode know
    (0x10D50, 0x10D8F),
)


class MutantModel:
    """Builds scratch_bert, and makes mistakes while it runs.

    Args:
        mistakes: which, and where.
        heads: whether it has those that the checkpoint has; without them it returns the last
            layer's states and the pooler's output.
    """

    def __init__(self, mistakes: Sequence[Injection] = (), *, heads: bool = True) -> None:
        self._mistakes = mistakes
        self._heads = heads
        self._config: dict[str, Any] = {}

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build it."""
        self._config = config
        kept = {name: weights[name] for name in weights if self._heads or name[:4] != "cls."}
        return ScratchBert().build(config, kept)

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run a batch."""
        tensors = {name: batch[name] for name in batch}
        with making(self._mistakes, model, self._config, tensors) as edited:
            return edited(dict(ScratchBert().forward(model, tensors)))


class MutantTokenizer:
    """Builds scratch_bert's tokenizer, which makes a mistake.

    Args:
        mistake: which.
    """

    def __init__(self, mistake: Mistake) -> None:
        self._mistake = mistake

    def build(self, folder: Path) -> Mistaken:
        """Build it from the folder's vocabulary and settings."""
        return Mistaken(BookTokenizer(folder), [self._mistake])


def judge_tokenizer(name: str, folder: Path) -> tuple[list[Outcome], list[str]]:
    """Judge a tokenizer that makes a mistake, in each configuration.

    Args:
        name: of the mistake.
        folder: to work in; what is there from another call is used again.

    Returns:
        What came of it, and the ids of the mistakes that explain it.
    """
    candidate = TokenizerCandidate(MutantTokenizer(CATALOGUE[name]), name)
    pairs = TokenizerPairs(candidate, folder, vocabulary(), CONFIGURATIONS)
    outcomes = []
    for configuration in pairs.configurations:
        outcome, pair = Outcome("strings", configuration.name), pairs.pair(configuration)
        choose = random.Random(configuration.name)  # noqa: S311
        check_texts(pair, pair.source.texts(choose, _TEXTS), outcome)
        characters = [chr(i) for first, last in _RARE for i in range(first, last + 1)]
        pieces = with_characters((), {*characters, *CONTEXTS.format("")})
        place = write_folder(folder / f"{configuration.name}, rare", pieces, configuration)
        rare = pairs.build(configuration, place)
        check_texts(rare, [CONTEXTS.format(each) for each in characters], outcome)
        outcomes.append(outcome)
    return outcomes, causes(outcomes)
