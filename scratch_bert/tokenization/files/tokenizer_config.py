"""tokenizer_config.json, with special_tokens_map.json laid over it the way HF does."""

from pathlib import Path
from typing import Any

from scratch_bert.errors import CheckpointError
from scratch_bert.files import read_object
from scratch_bert.tokenization.files.added_tokens import Declaration, token_of
from scratch_bert.tokenization.files.settings import (
    NO_LIMIT,
    ROLES,
    AddedToken,
    Side,
    TokenizerSettings,
)

TOKENIZER_CONFIG, SPECIAL_TOKENS_MAP = "tokenizer_config.json", "special_tokens_map.json"

EXTRA, OLD_EXTRA = "extra_special_tokens", "additional_special_tokens"
SPECIFIC = "model_specific_special_tokens"
DECODER = "added_tokens_decoder"

_REQUIRED = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


class TokenizerConfig:
    """The entries of both files, each with the file it came from.

    special_tokens_map.json counts only where tokenizer_config.json has no `added_tokens_decoder`,
    and then before it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / TOKENIZER_CONFIG
        self.values = read_object(self.path) or {}
        self._paths: dict[str, Path] = {}
        if OLD_EXTRA in self.values and not self.values.get(EXTRA):
            self.values[EXTRA] = self.values.pop(OLD_EXTRA)
        named = {
            name: self.values.pop(name)
            for name, value in list(self.values.items())
            if name.endswith("_token") and name not in ROLES and isinstance(value, str)
        }
        if isinstance(self.values.get(EXTRA), dict):
            named |= self.values.pop(EXTRA)
        if named:
            self.values[SPECIFIC] = named
        if DECODER not in self.values:
            self._lay_over(folder / SPECIAL_TOKENS_MAP)

    def _lay_over(self, path: Path) -> None:
        for name, value in (read_object(path) or {}).items():
            where = f"{path}: {name}"
            if name == EXTRA and isinstance(value, list):
                known = self._known_extra()
                tokens = [token_of(t, where, True) if isinstance(t, dict) else t for t in value]
                value = [*known, *(token for token in tokens if token not in known)]
            elif name != EXTRA and isinstance(value, dict):
                value = token_of(value, where, special=True)
            self.values[name] = value
            self._paths[name] = path
        if isinstance(self.values.get(EXTRA), dict):
            self.values[SPECIFIC] = self._named() | self.values.pop(EXTRA)

    def _known_extra(self) -> list[Any]:
        name = EXTRA if EXTRA in self.values else OLD_EXTRA
        tokens = self.values.get(name) or []
        if not isinstance(tokens, list):
            raise CheckpointError(f"{self.where(name)} is {tokens!r}, expected an array of tokens")
        return tokens

    def _named(self) -> dict[str, Any]:
        named = self.values.get(SPECIFIC) or {}
        if not isinstance(named, dict):
            raise CheckpointError(f"{self.where(SPECIFIC)} is {named!r}, expected an object")
        return named

    def where(self, name: str) -> str:
        """Name the file and the entry, for messages."""
        return f"{self._paths.get(name, self.path)}: {name}"

    def flag(self, name: str, default: bool) -> bool:
        """Return an entry that is true or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise CheckpointError(f"{self.where(name)} is {value!r}, expected true or false")
        return value

    def flag_or_none(self, name: str) -> bool | None:
        """Return an entry that is true, false or null."""
        return None if self.values.get(name) is None else self.flag(name, False)

    def side(self, name: str, default: Side) -> Side:
        """Return an entry that is left or right."""
        value = self.values.get(name, default)
        if value not in ("left", "right"):
            raise CheckpointError(f"{self.where(name)} is {value!r}, expected 'left' or 'right'")
        return "left" if value == "left" else "right"

    def normalizer_flags(self) -> tuple[bool, bool | None, bool]:
        """Return lowercase, strip_accents and split_cjk."""
        return (
            self.flag("do_lower_case", True),
            self.flag_or_none("strip_accents"),
            self.flag("tokenize_chinese_chars", True),
        )

    def max_length(self) -> int:
        """Return the longest sequence; HF writes 1e30 where there is no limit."""
        name = "model_max_length" if "model_max_length" in self.values else "max_len"
        value = self.values.get(name)
        if value is None:
            return NO_LIMIT
        if isinstance(value, int | float) and value > 10**20:
            return NO_LIMIT
        if isinstance(value, bool | str | list | dict) or not value >= 1 or value != int(value):
            raise CheckpointError(f"{self.where(name)} is {value!r}, expected a number of tokens")
        return int(value)

    def names(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return an entry that is an array of names."""
        value = self.values.get(name, list(default))
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise CheckpointError(f"{self.where(name)} is {value!r}, expected an array of names")
        return tuple(value)

    def given_tokens(self) -> set[str]:
        """Return what has a role in these files, or is extra, and stands there as plain text."""
        values = [self.values.get(role) for role in ROLES]
        values += (self.values.get(EXTRA) and self._known_extra()) or []
        contents = {value.content for value in values if isinstance(value, AddedToken)}
        return contents | {value for value in values if isinstance(value, str)}

    def roles(self, has_defaults: bool) -> dict[str, Declaration]:
        """Return what fills each of HF's seven roles, in HF's order; BERT requires five.

        Args:
            has_defaults: a role that the files do not mention is filled as in TokenizerSettings.
        """
        found = {}
        for role in ROLES:
            default = getattr(TokenizerSettings, role) if has_defaults else None
            value = self.values.get(role, default)
            if value is not None:
                found[role] = self._token(role, value, special=True)
        for role in _REQUIRED:
            if role not in found:
                raise CheckpointError(f"{self.where(role)} is not given, expected a token's text")
        return found

    def specific(self) -> dict[str, Declaration]:
        """Return what fills roles beyond the seven."""
        found = {
            name: self._token(name, value, special=True)
            for name, value in self.values.items()
            if name.endswith("_token")
            and name not in ROLES
            and (isinstance(value, str | AddedToken) or _is_typed(value))
        }
        return found | {
            name: self._token(SPECIFIC, value, special=True)
            for name, value in self._named().items()
        }

    def extra(self) -> list[Declaration]:
        """Return the special tokens without a role."""
        name = EXTRA if EXTRA in self.values else OLD_EXTRA
        return [self._token(name, value) for value in self._known_extra()]

    def _token(self, name: str, value: Any, special: bool | None = None) -> Declaration:
        where = self.where(name)
        if isinstance(value, AddedToken):
            return Declaration(value, where)
        if _is_typed(value):
            return Declaration(token_of(value, where, special), where)
        if not isinstance(value, str) or not value:
            raise CheckpointError(f"{where} is {value!r}, expected a token's text")
        return Declaration(AddedToken(value, special=True), where)


def _is_typed(value: object) -> bool:
    return isinstance(value, dict) and value.get("__type") == "AddedToken"


def config_values(settings: TokenizerSettings) -> dict[str, Any]:
    """Return what tokenizer_config.json says, but for the roles."""
    values: dict[str, Any] = {
        "clean_up_tokenization_spaces": settings.clean_up_tokenization_spaces,
        "do_lower_case": settings.lowercase,
        "model_input_names": list(settings.model_input_names),
        "model_max_length": settings.model_max_length,
        "padding_side": settings.padding_side,
        "split_special_tokens": settings.split_special_tokens,
        "strip_accents": settings.strip_accents,
        "tokenize_chinese_chars": settings.split_cjk,
        "tokenizer_class": "BertTokenizer",
        "truncation_side": settings.truncation_side,
    }
    if settings.extra_special_tokens:
        values[EXTRA] = list(settings.extra_special_tokens)
    if settings.model_specific_special_tokens:
        values[SPECIFIC] = dict(settings.model_specific_special_tokens)
    return values
