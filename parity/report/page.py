"""A report as a page: one file of HTML, with the numbers inside."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parity.core.compare import Comparison, Status
from parity.core.verdict import Diagnosis, Report
from parity.report.again import again
from parity.report.check import required, where
from parity.report.diagnosis import explanations
from parity.report.heat_map import STEPS, HeatMap, Mark, column_of, group_of
from parity.report.json import plain, unknown
from parity.report.terminal import explain

_PAGE = Path(__file__).with_name("page.html")


def to_html(report: Report) -> str:
    """Return a page that needs nothing but a browser.

    Its numbers have four digits. Names and notes may hold anything: they are JSON in which no tag
    can begin, and become text, never HTML.
    """
    data = json.dumps(_data(report), separators=(",", ":"), allow_nan=False)
    page = _PAGE.read_text(encoding="utf-8")
    return page.replace("{{report}}", data.replace("<", "\\u003c"))


def _data(report: Report) -> dict[str, Any]:
    heat_map = HeatMap(report.rows)
    facts = {name: str(fact) for name, fact in report.environment.items() if fact != ""}
    command = facts.pop("rerun")
    return {
        **_summary(report),
        "environment": facts,
        "rerun": command,
        "columns": [
            {**asdict(column), "again": again(command, column)} for column in heat_map.columns
        ],
        "lanes": {
            lane: [[name, group_of(name)] for name in stages]
            for lane, stages in heat_map.lanes.items()
        },
        "cells": _cells(heat_map),
        "steps": STEPS,
        "laws": [_law(row, command) for row in report.rows if row.lane == "law"],
        "left_out": [*_left_out(report).values()],
    }


def _summary(report: Report) -> dict[str, Any]:
    first, needs = report.first_divergence, report.required
    diagnosis = report.diagnosis or Diagnosis()
    candidate = report.environment.get("candidate", "")
    return {
        "verdict": report.verdict.replace("_", " "),
        "reason": report.error or report.tally,
        "first": first and f"on {where(first)}: {explain(first)}",
        "born": report.born,
        "born_backward": report.born_backward,
        "required": needs and required(needs).removeprefix("required tolerance: "),
        "causes": [asdict(each) for each in explanations(diagnosis, candidate)],
        "unknown": unknown(diagnosis),
        "notes": [*report.notes, *diagnosis.notes],
    }


def _cells(heat_map: HeatMap) -> dict[str, Any]:
    """Every comparison as a list of `fields`; zeros at its end are left out.

    A stage is its place in its lane; marks, shapes and notes are places in lists of their own, a
    histogram is decades' begins, null for what is not finite, each before its count.
    """
    lanes = {
        lane: (number, {name: place for place, name in enumerate(stages)})
        for number, (lane, stages) in enumerate(heat_map.lanes.items())
    }
    marks = [*Mark]
    columns = {column: place for place, column in enumerate(heat_map.columns)}
    shapes: dict[str, int] = {"": 0}
    notes: dict[str, int] = {"": 0}
    lines = []
    for row in heat_map.rows:
        lane, stages = lanes[row.lane]
        cell: list[Any] = [
            *(lane, stages[row.name], columns[column_of(row)], marks.index(heat_map.mark(row))),
            shapes.setdefault("x".join(map(str, row.shape)), len(shapes)),
            _short(row.allowed),
            *(_short(row.needed), _short(row.max_abs), _short(row.max_rel)),
            notes.setdefault(row.note, len(notes)),
            ", ".join(map(str, row.where)),
            [part for each in row.histogram.items() for part in (plain(float(each[0])), each[1])],
        ]
        while not cell[-1] and cell[-1] is not None:
            cell.pop()
        lines.append(cell)
    fields = "lane stage column mark shape allowed needed max_abs max_rel note where histogram"
    names = {"marks": marks, "shapes": [*shapes], "notes": [*notes]}
    return {"fields": fields.split(), "rows": lines, **names}


def _short(number: float) -> float | None:
    return plain(float(f"{number:.4g}"))


def _law(row: Comparison, command: str) -> dict[str, Any]:
    return {
        "name": row.name,
        "checkpoint": row.checkpoint,
        "status": "not judged" if row.status is Status.UNSUPPORTED else "",
        "holds": row.passed,
        "note": row.note,
        "script": row.reproduction,
        "again": again(command, column_of(row))[0],
    }


def _left_out(report: Report) -> dict[tuple[str, str], dict[str, Any]]:
    """What was not compared and why, with how often."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in report.rows:
        if row.status is Status.UNSUPPORTED:
            each = found.setdefault((row.name, row.note), {"name": row.name, "note": row.note})
            each["times"] = each.get("times", 0) + 1
    return found
