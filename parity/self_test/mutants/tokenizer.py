"""scratch_bert's tokenizer with a known mistake."""

import random
from pathlib import Path

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.ours.tokenizer import BookTokenizer
from parity.suite.mistake import Mistaken
from parity.tokenizer.adversarial_texts import CONTEXTS
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.folders import CONFIGURATIONS, with_characters, write_folder
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.outcome import causes
from parity.tokenizer.sides import Workplace
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_texts

_TEXTS = 1500  # in each configuration
_RARE = (
    (0x1FE0, 0x1FFF),  # some become punctuation when they are taken apart
    (0x2260, 0x226F),
    (0xA7C0, 0xA7DF),  # letters that newer versions of Unicode know
    (0x10D50, 0x10D8F),
)


class FaultyTokenizer:
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
    candidate = TokenizerCandidate(FaultyTokenizer(CATALOGUE[name]), name)
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
