"""A mistake of pretraining and its like: what of the plain, correct code is done otherwise."""

from collections.abc import Iterable, Mapping
from typing import Any

from parity.core.mistake import Mistake

RIGHT = "right"  # what makes none is called so


def instead(
    check: str,
    name: str,
    description: str,
    fix: str,
    *,
    detected_by: str,
    seen: str = "",
    equivalent: str = "",
    **parts: Any,
) -> Mistake:
    """Make an entry of the catalogue; arguments are `Mistake`'s, and the parts."""
    return Mistake(
        name,
        (check,),
        description=description,
        fix=fix,
        detected_by=detected_by,
        seen=seen,
        equivalent=equivalent,
        parts=parts,
    )


def by_id(parts: Mapping[str, Iterable[Mistake]]) -> dict[str, Mistake]:
    """Return the mistakes of some parts of the catalogue, by id."""
    return {mistake.id: mistake for part in parts.values() for mistake in part}
