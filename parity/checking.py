"""A candidate judged on several checkpoints, and its divergence explained."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from parity.check import Chosen, Judge, check
from parity.command_options import rerun
from parity.compare import Comparison
from parity.environment import environment
from parity.errors import CandidateCrashedError
from parity.explain import explain
from parity.verdict import Report

CHECKPOINTS = ("builtin:adversarial", "builtin:minilm")  # made to show mistakes, and trained
SCRATCH_BERT = "parity.scratch_candidate:ScratchBert"
PACKED = "parity.scratch_candidate:PackedBert"


@dataclass(frozen=True)
class Asked:
    """What a command was asked for.

    Attributes:
        candidate: its name.
        checkpoints: the folder of each, and what is run there.
        seed: of the inputs.
        limit: seconds that the candidate has for one probe.
        tolerance: what numbers may differ by; None means what `parity.tolerance` says.
        histogram: whether differences are counted, too.
        counts: which rows do, where the rest of the candidate is not the question; None means all.
    """

    candidate: str
    checkpoints: Mapping[str, tuple[Path, Chosen]]
    seed: int
    limit: float
    tolerance: float | None = None
    histogram: bool = False
    counts: Callable[[Comparison], bool] | None = None

    def report(self) -> Report:
        """Begin one."""
        facts = environment()
        about = {
            "candidate": self.candidate,
            "checkpoint": " ".join(self.checkpoints),
            "seed": self.seed,
            **{name: facts[name] for name in ("transformers", "torch", "python", "scratch_bert")},
            "rerun": rerun(),
        }
        return Report(environment=about)

    def rows(self, report: Report) -> Iterator[Comparison]:
        """Judge; the first checkpoint that diverges is explained.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        for name, (folder, chosen) in self.checkpoints.items():
            try:
                with Judge(
                    self.candidate,
                    folder,
                    limit=self.limit,
                    relative=self.tolerance,
                    histogram=self.histogram,
                ) as judge:
                    judged, counted = list[Comparison](), list[Comparison]()
                    for row in check(judge, chosen, self.seed):
                        judged.append(row)
                        if self.counts is None or self.counts(row):
                            counted.append(row)
                            yield replace(row, checkpoint=name)
                    diverges = Report(counted).first_divergence is not None
                    if diverges and chosen.probes and report.diagnosis is None:
                        with Console(stderr=True, force_jupyter=False).status(
                            "trying known mistakes"
                        ):
                            report.diagnosis = explain(judge, judged)
                        report.diagnosis.checkpoint = name
            except CandidateCrashedError as error:
                raise CandidateCrashedError(f"with {name}: {error}") from None
