"""The special tokens of a tokenizer as its attributes, such as `cls_token` and `cls_token_id`."""

from typing import Any, Generic, Never, TypeVar

T = TypeVar("T")


class SpecialToken(Generic[T]):
    """An attribute with the name of a role: the role's token, or with "_id" the token's id.

    It cannot be set, for a new token needs an id, too. `add_special_tokens` sets both.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tokenizer: Any, owner: type) -> T:
        found: Any = self if tokenizer is None else tokenizer._table.by_role[self._name]
        return found

    def __set__(self, tokenizer: object, value: Never) -> Never:
        role = self._name.removesuffix("_id")
        raise AttributeError(f"{self._name} is set with add_special_tokens({{{role!r}: token}})")
