"""A mistake of pretraining: what of the plain, right code is done otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parity.edits import Fault


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
