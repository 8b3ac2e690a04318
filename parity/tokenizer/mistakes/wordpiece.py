"""Mistakes of cutting a word into pieces."""

from collections.abc import Container, Iterable, Iterator
from unittest.mock import patch

from parity.tokenizer.mistakes.rules import Right, breaking
from scratch_bert.tokenization import wordpiece as book
from scratch_bert.tokenization.pipeline import Piece, Pipeline
from scratch_bert.tokenization.splitter import Word
from scratch_bert.tokenization.wordpiece import wordpiece

PIECES, LONG = breaking("pieces"), breaking("long")

Words = Iterable[tuple[int | None, Word]]
Pieces = list[str] | None


@PIECES("tokenizer-wordpiece-known-part", Pipeline.cut)
def known_part_is_kept(right: Right, pipeline: Pipeline, found: Words) -> Iterator[Piece]:
    """The known part of an unknown word was kept."""
    vocabulary = pipeline.vocabulary

    def parts() -> Words:
        for added, (word, origins) in found:
            known = 0
            if added is None and wordpiece(word, vocabulary) is None:
                known = next((n for n in range(len(word) - 1, 0, -1) if word[:n] in vocabulary), 0)
            if known:
                yield None, Word(word[:known], origins[:known])
                added = vocabulary[pipeline.unk_token]
            yield added, Word(word[known:], origins[known:])

    return right(pipeline, parts())


@LONG("tokenizer-wordpiece-200", wordpiece)
def words_of_200(right: Right, word: str, vocabulary: Container[str]) -> Pieces:
    """Words of 200 characters were allowed."""
    with patch.object(book, "MAX_CHARS", 200):
        return right(word, vocabulary)


@LONG("tokenizer-wordpiece-any-length", wordpiece)
def words_of_any_length(right: Right, word: str, vocabulary: Container[str]) -> Pieces:
    """Words of any length were allowed."""
    with patch.object(book, "MAX_CHARS", len(word)):
        return right(word, vocabulary)
