"""Adding tokens to a tokenizer's settings: which id each gets, and which role."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scratch_bert.tokenization.files.settings import HF_NAMES, ROLES, AddedToken, TokenizerSettings

EXTRA = "extra_special_tokens"


def read_tokens(
    tokens: str | AddedToken | Sequence[str | AddedToken], special: bool
) -> list[AddedToken]:
    """Make added tokens of texts.

    Raises:
        TypeError: something is neither a text nor an added token.
    """
    given = [tokens] if isinstance(tokens, (str, AddedToken)) else tokens
    made = [AddedToken(token) if isinstance(token, str) else token for token in given]
    for token in made:
        if not isinstance(token, AddedToken):
            raise TypeError(f"{token!r} is no token, expected a text or an AddedToken")
    return [token.made_special() for token in made] if special else made


def add(settings: TokenizerSettings, tokens: Iterable[AddedToken]) -> tuple[TokenizerSettings, int]:
    """Give tokens ids: the vocabulary's where it has them, else the next free ones.

    A token that is there already takes the new one's flags, but once special it stays special.

    Returns:
        The settings with them, and how many were new or changed.
    """
    added = dict(settings.added_tokens)
    ids = {**settings.vocabulary, **{token.content: i for i, token in added.items()}}
    free = max([len(settings.vocabulary), *(i + 1 for i in added)])
    count = 0
    for token in tokens:
        i = ids.get(token.content, free)
        known = added.get(i)
        if not token.content or token == known:
            continue
        ids[token.content], free = i, max(free, i + 1)
        added[i] = replace(token, special=token.special or (known is not None and known.special))
        count += 1
    return replace(settings, added_tokens=added), count


def with_special_tokens(settings: TokenizerSettings) -> TokenizerSettings:
    """Add the special tokens that are not there yet."""
    known = {token.content for token in settings.added_tokens.values()}
    named = (*settings.special_tokens_map.values(), *settings.extra_special_tokens)
    missing = [AddedToken(name, special=True) for name in named if name not in known]
    return add(settings, missing)[0]


def name_tokens(
    settings: TokenizerSettings, named: Mapping[str, Any]
) -> tuple[TokenizerSettings, int]:
    """Add special tokens with a role, and further ones under "extra_special_tokens".

    Its older name, "additional_special_tokens", is understood too.

    Raises:
        ValueError: there is no such role, or its token is empty.
    """
    named = {HF_NAMES.get(role, role): given for role, given in named.items()}
    if unknown := named.keys() - {*ROLES, EXTRA}:
        roles = ", ".join((*ROLES, EXTRA))
        raise ValueError(f"{', '.join(unknown)}: no role of a token, expected one of {roles}")
    changes: dict[str, Any] = {}
    tokens: list[AddedToken] = []
    for role, given in named.items():
        made = read_tokens(given, special=True)
        if not all(token.content for token in made):
            raise ValueError(f"{role} is empty, expected a token that can be found in text")
        contents = tuple(token.content for token in made)
        changes[role] = contents if role == EXTRA else contents[0]
        tokens += made
    settings, count = add(settings, tokens)
    return replace(settings, **changes), count
