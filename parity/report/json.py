"""A report as JSON, for programs."""

import json
import math
from typing import Any

from parity.compare import Comparison
from parity.verdict import Report


def to_json(report: Report) -> str:
    """Return the object the command line's contract describes, indented."""
    first = report.first_divergence
    required = report.required
    fields = ("probe", "lane", "max_abs", "allowed")
    numbers = ("probe", "lane", "max_abs", "max_rel", "allowed", "checkpoint")
    return json.dumps(
        {
            "verdict": report.verdict,
            "first_divergence": first and {"stage": first.name, **_pick(first, fields)},
            "born": report.born,
            "born_backward": report.born_backward,
            "required_tolerance": required and {"stage": required.name, **_pick(required, numbers)},
            "unsupported": report.unsupported,
            "causes": [],
            "stages": [_row(row) for row in report.rows],
            "compared": report.compared,
            "environment": report.environment,
            "notes": report.notes,
            "error": report.error,
        },
        indent=2,
        ensure_ascii=False,
    )


def _row(row: Comparison) -> dict[str, Any]:
    names = ("name", "probe", "lane", "status", "max_abs", "max_rel", "allowed", "bit_equal")
    more: dict[str, Any] = {"shape": row.shape, "where": row.where, "note": row.note}
    if row.checkpoint:
        more["checkpoint"] = row.checkpoint
    if row.reproduction:
        more["reproduction"] = row.reproduction
    return {**_pick(row, names), **more}


def _pick(row: Comparison, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    """JSON knows no NaN and no infinity; null stands for both."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
