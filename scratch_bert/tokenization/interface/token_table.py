"""Ids ↔ tokens: a tokenizer's vocabulary with the tokens that were added to it."""

from operator import index
from typing import Any

from scratch_bert.tokenization.files.settings import ROLES, TokenizerSettings
from scratch_bert.tokenization.normalizer import Normalizer


class TokenTable:
    """What a tokenizer looks up by id, by token and by role.

    Args:
        settings: whose `added_tokens` hold every special token.
        normalizer: what a normalized added token goes through.

    Attributes:
        ids: token → id.
        tokens: id → token; a normalized token as it stands in normalized text.
        special: the special tokens, as they were added.
        by_role: role → token, and role with "_id" → id; None where the role is not filled.
    """

    def __init__(self, settings: TokenizerSettings, normalizer: Normalizer) -> None:
        added = settings.added_tokens
        self.ids = {**settings.vocabulary, **{token.content: i for i, token in added.items()}}
        self.tokens = {i: token for token, i in settings.vocabulary.items()}
        for i, token in added.items():
            content = token.content
            self.tokens[i] = normalizer.normalize(content).text if token.normalized else content
        self.special = {token.content for token in added.values() if token.special}
        self.by_role: dict[str, str | int | None] = {}
        for role in ROLES:
            name: str | None = getattr(settings, role)
            self.by_role[role] = name
            self.by_role[f"{role}_id"] = None if name is None else self.ids[name]


def checked_id(i: Any) -> int:
    """Return an id as an int; it may be a number of numpy's, or a tensor.

    Raises:
        ValueError: it is no id.
    """
    try:
        number = index(i)
    except TypeError:
        raise ValueError(f"{i!r} is no id") from None
    if number < 0:
        raise ValueError(f"{number} is no id, expected 0 or more")
    return number
