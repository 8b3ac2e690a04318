"""Steps one to three in a row: a text becomes pieces that know where they came from.

An added token is one that is found as it stands and never cut: [MASK], or what a user has added.
This is the path to read. `fast/path.py` computes the same, several times as fast.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from scratch_bert.tokenization.files.settings import AddedToken
from scratch_bert.tokenization.interface.added_tokens import AddedTokens
from scratch_bert.tokenization.normalizer import Normalized, Normalizer
from scratch_bert.tokenization.splitter import Word, words
from scratch_bert.tokenization.wordpiece import wordpiece


class Piece(NamedTuple):
    """A piece of a text.

    Attributes:
        id: in the vocabulary.
        token: the piece; for an added token the text it was found as, with its white space.
        start: index of its first character in the text.
        end: index of the character after its last.
        word: index of its word in the text; an added token is a word of its own.
    """

    id: int
    token: str
    start: int
    end: int
    word: int


class Pipeline:
    """Added tokens, then normalizer, then splitter, then WordPiece.

    >>> vocabulary = {"[UNK]": 0, "un": 1, "##aff": 2, "##able": 3, "!": 4}
    >>> added = {9: AddedToken("[MASK]", special=True)}
    >>> pipeline = Pipeline(vocabulary, "[UNK]", Normalizer(), added)
    >>> for piece in pipeline.pieces("Unaffâble! [MASK]"):
    ...     print(piece.id, piece.token, piece.start, piece.end, piece.word)
    1 un 0 2 0
    2 ##aff 2 5 0
    3 ##able 5 9 0
    4 ! 9 10 1
    9 [MASK] 11 17 2

    Args:
        vocabulary: piece → id.
        unk_token: the piece that stands for a word without pieces; it is in the vocabulary.
        normalizer: cleans the text between added tokens.
        added_tokens: id → token.

    Raises:
        ValueError: an added token is empty when it is normalized, so it could not be found; HF
            then cuts every word into characters.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        unk_token: str,
        normalizer: Normalizer,
        added_tokens: Mapping[int, AddedToken],
    ) -> None:
        self.vocabulary = vocabulary
        self.unk_token = unk_token
        self.normalizer = normalizer
        # [MASK] is found in the raw text: step one would lower its case, step two cut its brackets
        # off. Added tokens that are normalized themselves are found after step one.
        self.raw = AddedTokens({i: t for i, t in added_tokens.items() if not t.normalized})
        self.normalized = AddedTokens(
            {i: self._normalize(t) for i, t in added_tokens.items() if t.normalized}
        )

    def _normalize(self, token: AddedToken) -> AddedToken:
        content = self.normalizer.normalize(token.content).text
        if not content:
            raise ValueError(
                f"nothing is left of the added token {token.content!a} when it is normalized; "
                "pass normalized=False"
            )
        return replace(token, content=content)

    def pieces(self, text: str, split_special_tokens: bool = False) -> Iterator[Piece]:
        """Yield a text's pieces in order.

        Args:
            text: the raw text.
            split_special_tokens: treat special tokens in the text as any other text.
        """
        return self.cut(self.words(text, split_special_tokens))

    def pieces_between(self, text: str, split_special_tokens: bool = False) -> Iterator[Piece]:
        """As `pieces`, of the text between two added tokens that were found in the raw text."""
        return self.cut(self._words_between(text, split_special_tokens))

    def words(
        self, text: str, split_special_tokens: bool = False
    ) -> Iterator[tuple[int | None, Word]]:
        """As `pieces`, but yield words, and added tokens with their ids.

        The origins of a word are indices in the whole text.
        """
        for start, end, added in self.raw.split(text, split_special_tokens):
            if added is not None:
                yield added, Word(text[start:end], range(start, end))
                continue
            for added, word in self._words_between(text[start:end], split_special_tokens):
                yield added, Word(word.text, [start + origin for origin in word.origins])

    def _words_between(self, text: str, split: bool) -> Iterator[tuple[int | None, Word]]:
        whole, origins = self.normalizer.normalize(text)
        for start, end, added in self.normalized.split(whole, split):
            part = Normalized(whole[start:end], origins[start:end])
            if added is not None:
                yield added, Word(*part)
                continue
            for word in words(part):
                yield None, word

    def cut(self, found: Iterable[tuple[int | None, Word]]) -> Iterator[Piece]:
        """Cut words into pieces.

        Args:
            found: words of a text, or added tokens with their ids, in order.
        """
        for number, (added, (word, origins)) in enumerate(found):
            if added is not None:
                yield Piece(added, word, origins[0], origins[-1] + 1, number)
            elif tokens := wordpiece(word, self.vocabulary):
                start = 0
                for token in tokens:
                    # The ## of a piece inside a word is not in the text.
                    end = start + len(token) - 2 if start else len(token)
                    i = self.vocabulary[token]
                    yield Piece(i, token, origins[start], origins[end - 1] + 1, number)
                    start = end
            else:  # one [UNK] stands for the whole word, not for the part that no piece fits
                unknown = self.vocabulary[self.unk_token]
                yield Piece(unknown, self.unk_token, origins[0], origins[-1] + 1, number)
