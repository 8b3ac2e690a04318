"""The report of `parity tokenizer`, for a person or for a program."""

import sys

from parity.core.compare import Status
from parity.core.verdict import Report
from parity.report.json import dumped
from parity.report.terminal import origin
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.outcome import causes, explain


def to_text(report: Report) -> str:
    """A table, the differences in full, the verdict, and how to see it again."""
    lines = [f"{'check':<10} {'configuration':<34} {'compared':>10} {'different':>10} status"]
    for outcome in report.outcomes:
        if outcome.status is Status.UNSUPPORTED:
            named = f"{outcome.check}, {outcome.configuration}"
            lines.append(f"{named:<66} {outcome.status}")
        else:
            numbers = f"{outcome.compared:>10,} {outcome.failed:>10,}"
            lines.append(
                f"{outcome.check:<10} {outcome.configuration:<34} {numbers} {outcome.status}"
            )
    command = f"parity tokenizer {report.environment['candidate']}"
    for outcome in report.outcomes:
        if outcome.differences:
            lines += ["", *(explain(outcome, found, command) for found in outcome.differences)]
    lines += [
        f"\ncause: all texts that differ are as if {CATALOGUE[cause].description} [{cause}]"
        for cause in causes(report.outcomes)
    ]
    verdict = report.verdict.replace("_", " ")
    lines += ["", f"{verdict}: {report.error or _reason(report)}", *origin(report, sys.maxsize)]
    return "\n".join(lines)


def _reason(report: Report) -> str:
    versions = "transformers {transformers} and tokenizers {tokenizers}".format(
        **report.environment
    )
    if not report.compared:
        return f"0 texts and calls were compared with {versions}"
    return f"{report.failed:,} of {report.compared:,} differ from {versions}"


def to_json(report: Report) -> str:
    """The same as an object."""
    names = ("check", "configuration", "status", "compared")
    checks = [
        {
            **{name: getattr(outcome, name) for name in names},
            "different": outcome.failed,
            "differences": [vars(found) for found in outcome.differences],
        }
        for outcome in report.outcomes
    ]
    made = {"checks": checks, "causes": causes(report.outcomes)}
    return dumped(report, {}, made, {}, ensure_ascii=True)
