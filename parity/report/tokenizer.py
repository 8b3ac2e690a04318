"""The report of `parity tokenizer`, for a person or for a program."""

import json
from dataclasses import dataclass, field

from parity.core.compare import Status
from parity.core.verdict import Verdict
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.outcome import Outcome, causes, explain


@dataclass
class TokenizerReport:
    """What was found.

    Attributes:
        environment: what the result depends on.
        outcomes: one per check and configuration.
        error: the traceback of a candidate that crashed.
    """

    environment: dict[str, str | int]
    outcomes: list[Outcome] = field(default_factory=list)
    error: str | None = None

    @property
    def compared(self) -> int:
        """How many inputs were judged."""
        return sum(outcome.compared for outcome in self.outcomes)

    @property
    def different(self) -> int:
        """How many of them came out differently."""
        return sum(outcome.different for outcome in self.outcomes)

    @property
    def verdict(self) -> Verdict:
        """The whole in a word."""
        if self.error is not None:
            return Verdict.CRASHED
        if self.different:
            return Verdict.DIVERGES
        return Verdict.PARITY if self.compared else Verdict.NOTHING_COMPARED


def to_text(report: TokenizerReport) -> str:
    """A table, the differences in full, the verdict, and how to see it again."""
    lines = [f"{'check':<10} {'configuration':<34} {'compared':>10} {'different':>10} status"]
    for outcome in report.outcomes:
        if outcome.status is Status.UNSUPPORTED:
            named = f"{outcome.check}, {outcome.configuration}"
            lines.append(f"{named:<66} {outcome.status}")
        else:
            numbers = f"{outcome.compared:>10,} {outcome.different:>10,}"
            lines.append(
                f"{outcome.check:<10} {outcome.configuration:<34} {numbers} {outcome.status}"
            )
    command = f"parity tokenizer {report.environment['candidate']}"
    for outcome in report.outcomes:
        lines += ["", *(explain(outcome, found, command) for found in outcome.differences)][
            not outcome.differences :
        ]
    lines += [
        f"\ncause: all texts that differ are as if {CATALOGUE[cause].description} [{cause}]"
        for cause in causes(report.outcomes)
    ]
    lines += ["", f"{report.verdict.replace('_', ' ')}: {_reason(report)}"]
    facts = dict(report.environment)
    rerun = facts.pop("rerun")
    lines.append(", ".join(f"{name} {fact}" for name, fact in facts.items()))
    lines.append(f"again: {rerun}")
    return "\n".join(lines)


def _reason(report: TokenizerReport) -> str:
    if report.error is not None:
        return report.error
    versions = "transformers {transformers} and tokenizers {tokenizers}".format(
        **report.environment
    )
    if not report.compared:
        return f"0 texts and calls were compared with {versions}"
    return f"{report.different:,} of {report.compared:,} differ from {versions}"


def to_json(report: TokenizerReport) -> str:
    """The same as an object."""
    return json.dumps(
        {
            "verdict": report.verdict,
            "unsupported": [o.check for o in report.outcomes if o.status is Status.UNSUPPORTED],
            "checks": [
                {
                    "check": outcome.check,
                    "configuration": outcome.configuration,
                    "status": outcome.status,
                    "compared": outcome.compared,
                    "different": outcome.different,
                    "differences": [
                        {**vars(found), "ours": str(found.ours), "theirs": str(found.theirs)}
                        for found in outcome.differences
                    ],
                }
                for outcome in report.outcomes
            ],
            "causes": causes(report.outcomes),
            "compared": report.compared,
            "environment": report.environment,
            "error": report.error,
        },
        indent=2,
    )
