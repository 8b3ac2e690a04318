"""The tensor that stands for a tuple, a mapping or a dataclass that a module takes or returns."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import fields, is_dataclass, replace
from typing import Any

from torch import Tensor

from parity.core.errors import CandidateError


def first_tensor(value: Any) -> tuple[Any, Tensor]:
    """Find the tensor that stands for a collection, and its place there."""
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif is_dataclass(value):
        items = ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, (tuple, list)):
        items = enumerate(value)
    for place, item in items:
        if isinstance(item, Tensor):
            return place, item
    kind = type(value).__name__
    raise CandidateError(f"a stage's module takes or returns a {kind} in which there is no tensor")


def with_tensor(value: Any, place: Any, tensor: Tensor) -> Any:
    """Return a copy of a collection with another tensor in one place."""
    if isinstance(value, Mapping):
        changed: Any = copy(value)
        changed[place] = tensor
        return changed
    if is_dataclass(value):
        return replace(value, **{place: tensor})  # type: ignore[type-var]
    items = (*value[:place], tensor, *value[place + 1 :])
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
