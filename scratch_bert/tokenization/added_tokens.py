"""Before step one: tokens found as they stand in the text, such as [MASK].

They are cut out first, so that nothing lowers their case or splits their brackets.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from scratch_bert.tokenization.characters import is_strippable, is_word_character
from scratch_bert.tokenization.settings import AddedToken, TokenizerSettings

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
            if token.content:  # of two that are normalised alike the first is found, as in HF
                self._found.setdefault(token.content, (i, token))
        longest_first = sorted(self._found, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __bool__(self) -> bool:
        return bool(self._found)

    def occur(self, text: str) -> bool:
        """Whether any of them may be in a text; quick where none is."""
        return self._pattern.search(text) is not None

    def split(self, text: str, split_special_tokens: bool = False) -> Iterator[Part]:
        """Cut a text into added tokens and what lies between.

        Args:
            text: the text, raw or normalised, as the tokens' contents are.
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
            if token.rstrip:
                while end < len(text) and is_strippable(text[end]):
                    end += 1
            if done < start:
                yield done, start, None
            yield start, end, i
            done = end
        if done < len(text):
            yield done, len(text), None


def _touched(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return any(char and is_word_character(char) for char in (before, after))


def add(settings: TokenizerSettings, tokens: Iterable[AddedToken]) -> tuple[TokenizerSettings, int]:
    """Give tokens ids: the vocabulary's where it has them, else the next free ones.

    A token that is there already takes the new one's flags, but once special it stays special.

    Returns:
        The settings with them, and how many were new or changed.
    """
    added = dict(settings.added_tokens)
    count = 0
    for token in tokens:
        if not token.content or token in added.values():
            continue
        known = {other.content: i for i, other in added.items()}
        i = known.get(token.content, settings.vocabulary.get(token.content))
        if i is None:
            i = max([len(settings.vocabulary), *(other + 1 for other in added)])
        was_special = i in added and added[i].special
        added[i] = replace(token, special=token.special or was_special)
        count += 1
    return replace(settings, added_tokens=added), count


def with_special_tokens(settings: TokenizerSettings) -> TokenizerSettings:
    """Add the special tokens that are not there yet."""
    known = {token.content for token in settings.added_tokens.values()}
    named = (*settings.special_tokens_map.values(), *settings.extra_special_tokens)
    missing = [AddedToken(name, special=True) for name in named if name not in known]
    return add(settings, missing)[0]
