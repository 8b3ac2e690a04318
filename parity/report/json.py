"""A report as JSON, for programs."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from parity.core.cause import Cause, Diagnosis
from parity.core.compare import Comparison
from parity.core.verdict import Report


def to_json(report: Report) -> str:
    """Return the report as a JSON object, indented."""
    first = report.first_divergence
    required = report.required
    fields = ("probe", "lane", "max_abs", "allowed")
    numbers = ("probe", "lane", "max_abs", "max_rel", "allowed", "checkpoint")
    return dumped(
        report,
        {
            "first_divergence": first and {"stage": first.name, **_pick(first, fields)},
            "born": report.born,
            "born_backward": report.born_backward,
            "required_tolerance": required and {"stage": required.name, **_pick(required, numbers)},
        },
        {
            "causes": causes(report.diagnosis),
            "unknown": unknown(report.diagnosis),
            "stages": [as_object(row) for row in report.rows],
        },
        {"scopes": _scopes(report), "harmless": harmless(report.diagnosis), "notes": report.notes},
    )


def _scopes(report: Report) -> dict[str, dict[str, Any]]:
    """Each scope's own result."""
    return {scope: asdict(result) for scope, result in report.scopes.items()}


def dumped(
    report: Report,
    located: Mapping[str, Any],
    made: Mapping[str, Any],
    more: Mapping[str, Any],
    *,
    ensure_ascii: bool = False,
) -> str:
    """Return the keys that every report has as an object, with a kind's own ones in between."""
    fields = {
        "verdict": report.verdict,
        **located,
        "unsupported": report.unsupported,
        **made,
        "compared": report.compared,
        "environment": report.environment,
        **more,
        "error": report.error,
    }
    return json.dumps(fields, indent=2, ensure_ascii=ensure_ascii)


def causes(diagnosis: Diagnosis | None) -> list[dict[str, Any]]:
    """Every mistake that was found, in the order in which it was found."""
    return _as_objects(diagnosis, diagnosis.causes) if diagnosis else []


def harmless(diagnosis: Diagnosis | None) -> list[dict[str, Any]]:
    """What explains differences that are no mistakes."""
    return _as_objects(diagnosis, diagnosis.harmless) if diagnosis else []


def _as_objects(diagnosis: Diagnosis, causes: Sequence[Cause]) -> list[dict[str, Any]]:
    return [
        {
            "fault": mistake.mistake.id,
            "stage": mistake.stage,
            "explained": cause.explained,
            "says": mistake.description,
            "hint": mistake.mistake.harmless or mistake.mistake.fix,
            "value": mistake.value if mistake.mistake.values else None,
            "stages": cause.stages,
            "probe": cause.probe,
            "before": plain(cause.before),
            "after": plain(cause.after),
            "place": diagnosis.places.get(cause.stages[0], ""),
            "checkpoint": diagnosis.checkpoint,
        }
        for cause in causes
        for mistake in cause.mistakes
    ]


def unknown(diagnosis: Diagnosis | None) -> list[dict[str, Any]]:
    """The stages that no known mistake explains, and what is known about them."""
    if diagnosis is None:
        return []
    return [
        {"stage": stage, "known": known, "place": diagnosis.places.get(stage, "")}
        for stage, known in diagnosis.unknown.items()
    ]


def as_object(row: Comparison) -> dict[str, Any]:
    """Return a row's fields."""
    names = (
        "name",
        "probe",
        "lane",
        "scope",
        "status",
        "max_abs",
        "max_rel",
        "allowed",
        "bit_equal",
    )
    more: dict[str, Any] = {"shape": row.shape, "where": row.where, "note": row.note}
    if row.checkpoint:
        more["checkpoint"] = row.checkpoint
    if row.reproduction:
        more["reproduction"] = row.reproduction
    if row.histogram:
        more["histogram"] = row.histogram
    return {**_pick(row, names), **more}


def _pick(row: Comparison, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in names}


def plain(value: Any) -> Any:
    """JSON knows no NaN and no infinity; null stands for both."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
