"""Around step one: added tokens, found as they stand.

Those that are not normalized, such as [MASK], are cut out before it, so that nothing lowers their
case or splits their brackets; the others after it, in the normalized text.
"""

import re
from collections.abc import Iterator, Mapping

from scratch_bert.tokenization.files.settings import AddedToken
from scratch_bert.tokenization.unicode.characters import is_strippable, is_word_character

Part = tuple[int, int, int | None]


class AddedTokens:
    """Finds added tokens in a text: the leftmost, and where several begin there the longest.

    >>> mask = AddedToken("[MASK]", lstrip=True)
    >>> list(AddedTokens({103: mask}).split("a  [MASK]b [mask]"))
    [(0, 1, None), (1, 9, 103), (9, 17, None)]

    Args:
        tokens: id → token, with the content that is looked for.
    """

    def __init__(self, tokens: Mapping[int, AddedToken]) -> None:
        self._found: dict[str, tuple[int, AddedToken]] = {}
        for i, token in sorted(tokens.items(), key=lambda item: item[0]):
            # Of two that are normalized alike the first is found; in HF any.
            self._found.setdefault(token.content, (i, token))
        longest_first = sorted(self._found, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    @property
    def tokens(self) -> list[AddedToken]:
        """The tokens, with the contents that are looked for."""
        return [token for _, token in self._found.values()]

    def __bool__(self) -> bool:
        return bool(self._found)

    def occur(self, text: str) -> bool:
        """Whether any of them may be in a text; quick where none is."""
        return self._pattern.search(text) is not None

    def split(self, text: str, split_special_tokens: bool = False) -> Iterator[Part]:
        """Cut a text into added tokens and what lies between.

        Args:
            text: the text, raw or normalized, as the tokens' contents are.
            split_special_tokens: treat special tokens as any other text.

        Yields:
            start, end, and a token's id or None.
        """
        done = 0
        for match in self._pattern.finditer(text):
            start, end = match.span()
            i, token = self._found[match.group()]
            if split_special_tokens and token.special:
                continue
            if token.single_word and _touched(text, start, end):
                continue
            if token.lstrip:
                while start > done and is_strippable(text[start - 1]):
                    start -= 1
                start = max(start, done)  # what the token before took with it stays its own
            if token.rstrip:
                while end < len(text) and is_strippable(text[end]):
                    end += 1
            if start >= end:
                continue
            if done < start:
                yield done, start, None
            yield start, end, i
            done = end
        if done < len(text):
            yield done, len(text), None


def _touched(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return any(char and is_word_character(char) for char in (before, after))
