"""A report as a page: one file of HTML, with the numbers inside."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parity.core.cause import Diagnosis
from parity.core.compare import Comparison, Status
from parity.core.verdict import Report
from parity.report.check import not_seen, required, scope_line, where
from parity.report.diagnosis import explanations, unknowns
from parity.report.heat_map import STEPS, HeatMap, column_of, group_of
from parity.report.json import plain
from parity.report.repeat import repeat_command
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
            {**asdict(column), "repeat": repeat_command(command, column)}
            for column in heat_map.columns
        ],
        "lanes": {lane: _lane(heat_map, lane) for lane in heat_map.lanes},
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
        "scopes": scope_line(report),
        "not_seen": not_seen(report).capitalize(),
        "first": first and f"on {where(first)}: {explain(first)}",
        "born": report.born,
        "born_backward": report.born_backward,
        "required": needs and required(needs).removeprefix("required tolerance: "),
        "causes": [asdict(each) for each in explanations(diagnosis, candidate)],
        "unknown": [asdict(each) for each in unknowns(diagnosis)],
        "notes": [*report.notes, *diagnosis.notes],
    }


def _lane(heat_map: HeatMap, lane: str) -> dict[str, Any]:
    """A lane's columns, by their number, and its stages, each with a cell per column or null."""
    cells = {(row.name, column_of(row)): row for row in heat_map.rows if row.lane == lane}
    present = {column for _, column in cells}
    columns = [column for column in heat_map.columns if column in present]
    stages = [
        {
            "name": stage,
            "group": group_of(stage),
            "cells": [_cell(cells.get((stage, column)), heat_map) for column in columns],
        }
        for stage in heat_map.lanes[lane]
    ]
    return {"columns": [heat_map.columns.index(column) for column in columns], "stages": stages}


def _cell(row: Comparison | None, heat_map: HeatMap) -> list[Any] | None:
    """A comparison as a list, which page.html names; one that is equal ends after `allowed`.

    Most are equal. With names instead of places a page would be twice as large.
    """
    if row is None:
        return None
    cell = [heat_map.mark(row), "x".join(map(str, row.shape)), _short(row.allowed)]
    if row.bit_equal and row.max_abs == 0:
        return cell
    where = ", ".join(map(str, row.where))
    return [*cell, _short(row.max_abs), _short(row.max_rel), where, row.note, row.histogram]


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
        "repeat": repeat_command(command, column_of(row))[0],
    }


def _left_out(report: Report) -> dict[tuple[str, str], dict[str, Any]]:
    """What was not compared and why, with how often."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in report.rows:
        if row.status is Status.UNSUPPORTED:
            each = found.setdefault((row.name, row.note), {"name": row.name, "note": row.note})
            each["times"] = each.get("times", 0) + 1
    return found
