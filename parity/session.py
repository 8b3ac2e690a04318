"""A candidate judged on several checkpoints, and its divergence explained."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from rich.console import Console

from parity.core.compare import Comparison
from parity.core.environment import environment, rerun
from parity.core.errors import CandidateCrashedError
from parity.core.probes import Scope
from parity.core.process import LIMIT
from parity.core.verdict import Asked, Report
from parity.model.judge import Chosen, Judge, check, choose
from scratch_bert.weights.builtin import ADVERSARIAL, MINILM
from scratch_bert.weights.checkpoints import Checkpoint

CHECKPOINTS = (ADVERSARIAL, MINILM)  # made to show mistakes, and trained
SCRATCH_BERT = "parity.ours.model:ScratchBert"
PACKED = "parity.ours.model:PackedBert"


def chosen(
    checkpoint: str, names: Collection[str], seed: int, scopes: Collection[Scope] = ()
) -> tuple[Checkpoint, Chosen]:
    """Find a checkpoint, and the probes and laws to run on it.

    Args:
        checkpoint: a folder, a hub id or a built-in one.
        names: of probes and laws; none means all.
        seed: of the probes.
        scopes: those of other scopes are left out; none means all.

    Raises:
        CheckpointError: there is no such checkpoint.
        ValueError: there is no such probe or law, or it is of another scope.
    """
    found = Checkpoint.of(checkpoint)
    named = choose(found, names, seed)
    kept = named.within(scopes)
    if others := [name for name in names if name not in kept.names]:
        raise ValueError(f"{others[0]}: its scope is {named.scopes[others[0]]}, which is left out")
    return found, kept


@dataclass(frozen=True)
class CheckRun:
    """What a command was asked for.

    Attributes:
        candidate: its name.
        checkpoints: each by its name, and what is run there.
        seed: of the inputs.
        limit: seconds that the candidate has for one probe.
        tolerance: what numbers may differ by; None means what `parity.core.tolerance` says.
        histogram: whether differences are counted, too.
        counts: which rows do, where the rest of the candidate is not the question; None means all.
    """

    candidate: str
    checkpoints: Mapping[str, tuple[Checkpoint, Chosen]]
    seed: int = 0
    limit: float = LIMIT
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
        asked = [
            Asked(scope, name, checkpoint)
            for checkpoint, (_, chosen) in self.checkpoints.items()
            for name, scope in chosen.scopes.items()
        ]
        return Report(environment=about, asked=asked)

    def rows(self, report: Report) -> Iterator[Comparison]:
        """Judge; the first checkpoint that diverges is explained.

        When a checkpoint is done, its rows in the report that a harmless cause explains become
        notes.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        for name, (checkpoint, chosen) in self.checkpoints.items():
            try:
                with Judge(
                    self.candidate,
                    checkpoint,
                    limit=self.limit,
                    relative=self.tolerance,
                    histogram=self.histogram,
                ) as judge:
                    judged, counted = list[Comparison](), list[Comparison]()
                    crashed: CandidateCrashedError | None = None
                    try:
                        for row in check(judge, chosen, self.seed):
                            report.reference_stages = judge.reference_stages
                            judged.append(row)
                            if self.counts is None or self.counts(row):
                                counted.append(row)
                                yield replace(row, checkpoint=name)
                    except CandidateCrashedError as error:
                        crashed = error  # on some probe; what differs on others is explained first
                    before = report.diagnosis
                    is_open = before is None or before.harmless
                    if Report(counted).first_divergence and chosen.probes and is_open:
                        # Mistakes import scratch_bert's model, which a learner may have broken.
                        from parity.diagnosis.explain import explain

                        with Console(stderr=True, force_jupyter=False).status(
                            "trying known mistakes"
                        ):
                            found, noted = explain(judge, judged)
                        found.checkpoint = name
                        if before is None or before.is_harmless:
                            report.diagnosis = found
                        report.rows[-len(counted) :] = [
                            replace(row, checkpoint=name)
                            for row in noted
                            if self.counts is None or self.counts(row)
                        ]
                    if crashed is not None:
                        raise crashed
            except CandidateCrashedError as error:
                raise CandidateCrashedError(f"with {name}: {error}") from None
