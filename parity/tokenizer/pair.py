"""Both tokenizers side by side, built from the same files."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from parity import reference
from parity.core.mistake import Mistake
from parity.ours.tokenizer import BookTokenizer
from parity.suite.mistake import making
from parity.tokenizer.adversarial_texts import TextSource, characters
from parity.tokenizer.candidate import Rows, TokenizerCandidate
from parity.tokenizer.folders import (
    MORE_CONFIGURATIONS,
    Configuration,
    with_characters,
    write_folder,
)

_POOL = 5_000  # texts that calls are made of

Progress = Callable[[int], object]


def silent(done: int) -> None:
    """Progress that nobody sees."""
    del done


@dataclass(frozen=True)
class TokenizerPair:
    """The candidate's tokenizer and the reference's.

    Attributes:
        candidate: how to ask ours.
        configuration: what both were built with.
        source: random texts for them.
        ours: the candidate's tokenizer.
        theirs: the reference's.
        folder: what both were built from.
    """

    candidate: TokenizerCandidate
    configuration: Configuration
    source: TextSource
    ours: Any
    theirs: Any
    folder: Path

    @cached_property
    def tokens(self) -> dict[int, str]:
        """Id → token."""
        return {i: token for token, i in self.theirs.get_vocab().items()}

    @cached_property
    def whole_words(self) -> list[str]:
        """Pieces that are words of small letters, the most frequent ones first."""
        tokens = (token for _, token in sorted(self.tokens.items()))
        return [word for word in tokens if word.isascii() and word.isalpha() and word.islower()]

    @cached_property
    def longest_piece(self) -> int:
        """How many characters of a word the longest piece has."""
        return max(len(token.removeprefix("##")) for token in self.tokens.values())

    @cached_property
    def _book(self) -> BookTokenizer:
        return BookTokenizer(self.folder)

    @cached_property
    def pool(self) -> list[str]:
        """Random texts that calls are made of, always the same."""
        return self.source.texts(random.Random(0), _POOL)  # noqa: S311

    def our_rows(self, texts: Sequence[str]) -> Any:
        """Ask the candidate for ids and offsets; an error is its answer."""
        try:
            return self.candidate.ids_and_offsets(self.ours, texts)
        except Exception as error:
            return error

    def mistaken(self, mistake: Mistake, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the ids and offsets of a known mistake: scratch_bert's, while it makes it."""
        with making([mistake]):
            return self._book.ids_and_offsets(text)

    def gives(self, mistake: Mistake, text: str, rows: Rows) -> bool:
        """Whether a known mistake gives all that is compared: the candidate's rows of a text."""
        (ids,), offsets = rows
        wrong = self.mistaken(mistake, text)
        return list(ids) == wrong[0] and (offsets is None or [*map(tuple, offsets[0])] == wrong[1])


class TokenizerPairs:
    """Builds both sides, once for each configuration.

    Args:
        candidate: whose tokenizer.
        folder: an empty one to work in.
        vocabulary: a real one.
        configurations: to compare in; those the candidate does not support are left out.
    """

    def __init__(
        self,
        candidate: TokenizerCandidate,
        folder: Path,
        vocabulary: Sequence[str],
        configurations: Sequence[Configuration] = MORE_CONFIGURATIONS,
    ) -> None:
        self.candidate = candidate
        self.folder = folder
        self.vocabulary = vocabulary
        self.configurations = [one for one in configurations if self.can(one)]
        self._built: dict[str, TokenizerPair] = {}

    @cached_property
    def _pieces(self) -> list[str]:
        return with_characters(self.vocabulary, characters())

    def can(self, configuration: Configuration) -> bool:
        """Whether the candidate claims to support a configuration."""
        return not (configuration.added_tokens and "added tokens" in self.candidate.unsupported)

    def pair(self, configuration: Configuration) -> TokenizerPair:
        """Both tokenizers, with the pools' characters added to the vocabulary."""
        if configuration.name not in self._built:
            place = self.folder / configuration.name
            if not place.is_dir():
                write_folder(place, self._pieces, configuration)
            self._built[configuration.name] = self.build(configuration, place)
        return self._built[configuration.name]

    def build(self, configuration: Configuration, place: Path) -> TokenizerPair:
        """Both tokenizers of a folder."""
        added = [token["content"] for token in configuration.added_tokens]
        source = TextSource(self.vocabulary, added)
        made = self.candidate.build(place), reference.tokenizer(place)
        return TokenizerPair(self.candidate, configuration, source, *made, place)
