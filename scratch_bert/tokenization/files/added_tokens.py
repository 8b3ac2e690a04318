"""Which tokens a checkpoint's files add to its vocabulary, and which id each of them gets."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scratch_bert.errors import CheckpointError
from scratch_bert.files import read_object
from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import TOKENIZER_JSON, inverse

ADDED_TOKENS = "added_tokens.json"

_FLAGS = ("lstrip", "rstrip", "single_word", "normalized", "special")


@dataclass(frozen=True)
class Declaration:
    """A token as a file adds it.

    Attributes:
        token: what is added.
        where: the file and the entry, for messages.
        id: the id the file gives it; None for the next one that is free.
    """

    token: AddedToken
    where: str
    id: int | None = None


def by_id(declaration: Declaration) -> int:
    """Return the id, by which declarations are sorted."""
    return declaration.id or 0


def token_of(values: object, where: str, special: bool | None = None) -> AddedToken:
    """Make a token of a JSON object; `special` counts before the object's own entry.

    >>> token_of({"content": "[MASK]", "lstrip": True}, "a file").lstrip
    True

    Raises:
        CheckpointError: it has no content, or a flag is neither true nor false.
    """
    if not isinstance(values, dict):
        raise CheckpointError(f"{where} is {values!r}, expected an object with content and flags")
    content = values.get("content")
    if not isinstance(content, str) or not content:
        raise CheckpointError(f"{where} has content {content!r}, expected a token's text")
    flags = {name: values[name] for name in _FLAGS if name in values}
    if special is not None:
        flags["special"] = special
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise CheckpointError(f"{where} has {name} {flag!r}, expected true or false")
    return AddedToken(content, **flags)


def in_config(decoder: object, path: Path, roles: Container[str]) -> list[Declaration]:
    """Take the tokens out of tokenizer_config.json's `added_tokens_decoder`.

    What fills one of `roles` is special, whatever the entry says.
    """
    if not isinstance(decoder, dict):
        raise CheckpointError(f"{path}: added_tokens_decoder is {decoder!r}, expected an object")
    found = []
    for key, values in decoder.items():
        where = f"{path}: added_tokens_decoder[{key!r}]"
        i = int(key) if key.isascii() and key.isdecimal() and len(key) < 20 else key
        found.append(Declaration(_declared(values, where, roles), where, _id(i, where)))
    return sorted(found, key=by_id)


def in_tokenizer_json(
    values: Mapping[str, Any], folder: Path, roles: Container[str] = ()
) -> list[Declaration]:
    """Take the tokens out of tokenizer.json's `added_tokens`."""
    tokens = values.get("added_tokens") or []
    if not isinstance(tokens, list):
        raise CheckpointError(f"{folder / TOKENIZER_JSON}: added_tokens is no array")
    found = []
    for i, entry in enumerate(tokens):
        where = f"{folder / TOKENIZER_JSON}: added_tokens[{i}]"
        token = _declared(entry, where, roles)
        found.append(Declaration(token, where, _id(entry.get("id"), where)))
    return found


def in_added_tokens_json(
    folder: Path, given: Container[str], roles: Container[str]
) -> list[Declaration]:
    """Read added_tokens.json, which has no flags.

    What fills one of `roles` is special; but it is looked for in normalized text unless its role is
    `given` in a file.
    """
    path = folder / ADDED_TOKENS
    found = []
    for content, i in (read_object(path) or {}).items():
        where = f"{path}: {content!r}"
        flags = {"normalized": content not in given, "special": content in given}
        token = _declared({"content": content, **flags}, where, roles)
        found.append(Declaration(token, where, _id(i, where)))
    return found


def with_ids(
    vocabulary: Mapping[str, int], declarations: Iterable[Declaration], vocabulary_path: str | Path
) -> dict[int, AddedToken]:
    """Give each token its id: its own where the vocabulary has it, else the next one.

    >>> tokens = [Declaration(AddedToken(content), "a file") for content in ("c", "a")]
    >>> list(with_ids({"a": 0, "b": 1}, tokens, "vocab.txt"))
    [2, 0]

    Raises:
        CheckpointError: a file gives it another id (which HF would not tell), or that id is taken.
    """
    ids = dict(vocabulary)
    pieces = inverse(vocabulary)
    added: dict[int, AddedToken] = {}
    free = len(vocabulary)
    for declaration in declarations:
        content, where = declaration.token.content, declaration.where
        i = ids.get(content, free)
        if declaration.id not in (None, i):
            why = f"has id {i}" if content in ids else f"comes next and gets id {i}"
            raise CheckpointError(
                f"{where}: {content!r} has id {declaration.id}, but after {vocabulary_path} and "
                f"the tokens added before it {why}"
            )
        if pieces.setdefault(i, content) != content:
            raise CheckpointError(
                f"{where}: {content!r} gets id {i} after {len(vocabulary)} pieces, but "
                f"{vocabulary_path} has {pieces[i]!r} there"
            )
        ids[content] = i
        added[i] = declaration.token
        free = max(free, i + 1)
    return added


def check_ids(settings: TokenizerSettings) -> None:
    """Make sure that files can say which ids added tokens have: those that `with_ids` gives again.

    Raises:
        CheckpointError: one has another.
    """
    declarations = (
        Declaration(token, "added_tokens", i) for i, token in sorted(settings.added_tokens.items())
    )
    with_ids(settings.vocabulary, declarations, "the vocabulary")


def _declared(values: object, where: str, roles: Container[str]) -> AddedToken:
    token = token_of(values, where)
    return token_of(values, where, special=True) if token.content in roles else token


def _id(value: object, where: str) -> int:
    if type(value) is not int or not 0 <= value < 2**32:
        raise CheckpointError(f"{where}: id is {value!r}, expected a number from 0 to 2**32-1")
    return value
