"""A mistake of pretraining and its like: what of the plain, right code is done otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parity.core.mistake import Fault

RIGHT = "right"  # what makes none is called so


@dataclass(frozen=True, eq=False)
class Instead:
    """A known mistake.

    Attributes:
        fault: its name, what it is and what to do; its stage is the check that sees it.
        parts: of the right code, by name, and what takes their place.
    """

    fault: Fault
    parts: Mapping[str, Any]


def instead(
    check: str,
    name: str,
    says: str,
    hint: str,
    *,
    shows: str,
    seen: str = "",
    equivalent: str = "",
    **parts: Any,
) -> Instead:
    """Make an entry of the catalogue; arguments are `Fault`'s, and the parts."""
    fault = Fault(
        name, (check,), says=says, hint=hint, shows=shows, seen=seen, equivalent=equivalent
    )
    return Instead(fault, parts)


def by_name(parts: Mapping[str, Iterable[Instead]]) -> dict[str, Instead]:
    """Return the mistakes of some parts of the catalogue, by name."""
    return {mistake.fault.name: mistake for part in parts.values() for mistake in part}
