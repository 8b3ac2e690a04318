"""What causes are looked for with: a candidate, and a reference that makes mistakes on demand."""

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import torch
from torch import Tensor

from parity.core.cause import Injections
from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateCrashedError, CandidateError
from parity.core.probes import Mode, Probe
from parity.core.recording import Recording
from parity.diagnosis.counterfactual import Counterfactual
from parity.model.expected import GRADIENT
from parity.model.judge import Judge
from parity.model.worker import probes_of
from scratch_bert.weights.checkpoints import Checkpoint

MODES = (Mode.EVALUATE, Mode.TRAIN, Mode.BACKWARD)
LANES = {"isolated": "", "isolated gradient": GRADIENT}  # and how a stage's name ends there

Ours = Mapping[str, Mapping[str, Tensor]]  # of each probe, of each stage


@dataclass(frozen=True)
class Evidence:
    """What a candidate computes beside a recording of the reference.

    Attributes:
        recording: of the reference, which may make mistakes.
        rows: the candidate's, judged by it.
    """

    recording: Recording
    rows: Sequence[Comparison]


class Bench(ABC):
    """Runs a candidate, and the reference beside it.

    Args:
        recording: of the reference, without mistakes.
        rows: what came of judging the candidate by that.
        counterfactual: the reference, which makes mistakes on demand.
        dtype: what the candidate computes in.

    Attributes:
        shown: the stages and outputs that the candidate came by: after each of these both sides go
            on with the same numbers.
        hidden: stages that the candidate names, and that are left out.
    """

    def __init__(
        self,
        recording: Recording,
        rows: Sequence[Comparison],
        counterfactual: Counterfactual,
        dtype: torch.dtype,
    ) -> None:
        self.evidence = Evidence(recording, rows)
        self.counterfactual, self.dtype = counterfactual, dtype
        seen = (row.name for row in rows if row.lane == "isolated" and was_seen(row))
        self.shown = tuple(dict.fromkeys(seen))
        self.hidden: frozenset[str] = frozenset()

    def hide(self, stages: Iterable[str]) -> None:
        """Leave out stages from now on, as if the candidate did not name them."""
        self.hidden = frozenset(stages)
        self.shown = tuple(name for name in self.shown if name not in self.hidden)

    @abstractmethod
    def judged_by(self, mistakes: Injections, *, every: bool = False) -> Evidence:
        """Judge the candidate by a reference that makes mistakes.

        Args:
            mistakes: which, and where.
            every: whether on the probes in low precision, too.
        """

    @abstractmethod
    def fetch(self, recording: Recording, probes: Sequence[Probe], stages: Sequence[str]) -> Ours:
        """Run the candidate in the isolated lane; return its numbers."""

    @abstractmethod
    def judged_on(self, checkpoint: Checkpoint, mistakes: Injections) -> list[Comparison]:
        """Judge the candidate on one sentence and another checkpoint, of the same weights' names.

        Args:
            checkpoint: with its weights.
            mistakes: are made by the reference.

        Returns:
            The rows; none where the candidate refuses the configuration.
        """

    def judged_with_other_heads(self, mistakes: Injections) -> list[Comparison]:
        """Judge the candidate on the same weights, cut into another number of heads.

        Returns:
            The rows; none where the width allows no other number, or the candidate refuses it.
        """
        with tempfile.TemporaryDirectory(prefix="parity.") as name:
            other = with_other_heads(self.counterfactual.checkpoint, Path(name))
            return self.judged_on(other, mistakes) if other else []

    def _record(
        self,
        mistakes: Injections,
        probes: Sequence[Probe],
        wanted: Collection[str],
        recording: Recording,
    ) -> Recording:
        """Run the reference, which makes mistakes."""
        single = {str(self.dtype).removeprefix("torch.")} - {"float64"}
        return self.counterfactual.record(
            mistakes, probes, {*wanted} - self.hidden, recording, single
        )

    def _probes(self, *, every: bool) -> list[Probe]:
        """The probes on which the candidate computed something."""
        ran = probes_that_ran(self.evidence.rows)
        return [
            each
            for each in self.evidence.recording.probes()
            if each.mode in MODES and each.name in ran and (every or not each.dtype)
        ]


class JudgeBench(Bench):
    """Runs a judge's candidate, in its process.

    Args:
        judge: has judged the candidate on one checkpoint.
        rows: what came of it.
        counterfactual: the reference, with that checkpoint.

    Attributes:
        places: where in the candidate's code each stage is computed, `file:line`.
    """

    def __init__(
        self, judge: Judge, rows: Sequence[Comparison], counterfactual: Counterfactual
    ) -> None:
        dtype = getattr(torch, judge.described()["dtype"])
        super().__init__(judge.recording, rows, counterfactual, dtype)
        self._judge = judge
        self._numbers = count()
        self.places: dict[str, str] = {}

    def judged_by(self, mistakes: Injections, *, every: bool = False) -> Evidence:
        """Judge the candidate by a reference that makes mistakes."""
        place = self._judge.place / f"mistaken {next(self._numbers)}"
        probes = self._probes(every=every)
        recording = self._record(mistakes, probes, self._judge.wanted, Recording(place))
        rows = list[Comparison]()
        with suppress(CandidateCrashedError):  # on what no right model is given
            names = [each.name for each in probes]
            for row in self._judge.rows(names, place, self.hidden):
                rows.append(row)
        return Evidence(recording, rows)

    def judged_on(self, checkpoint: Checkpoint, mistakes: Injections) -> list[Comparison]:
        """Judge the candidate on one sentence and another checkpoint."""
        probes = probes_of(checkpoint, 0)[:1]
        with (
            suppress(CandidateError, CandidateCrashedError),  # it refuses this configuration
            Counterfactual(checkpoint) as other,
            self._judge.on(checkpoint) as judge,
        ):
            judge.prepare(probes)
            place = Recording(judge.place / "mistaken")
            other.record(mistakes, probes, judge.wanted, place)
            return [*judge.rows([each.name for each in probes], place.folder, self.hidden)]
        return []

    def fetch(self, recording: Recording, probes: Sequence[Probe], stages: Sequence[str]) -> Ours:
        """Run the candidate in the isolated lane; return its numbers."""
        asked = [probe.name for probe in probes]
        with tempfile.TemporaryDirectory(prefix="parity.") as name:
            into = Path(name)
            found = self._judge.isolated(asked, self.shown, stages, into, recording.folder)
            self.places = found | self.places
            made = Recording.read(into)
            return {
                probe: {each: made.get(probe, each) for each in made.stages(probe)}
                for probe in asked
            }


def with_other_heads(checkpoint: Checkpoint, into: Path) -> Checkpoint | None:
    """Make a checkpoint of the same weights with another number of heads, in an empty folder.

    Returns:
        It; None where the width can be cut in no other way.
    """
    hidden, heads = (checkpoint.values[n] for n in ("hidden_size", "num_attention_heads"))
    numbers = (
        n for n in (2 * heads, heads // 2, 3 * heads) if n and hidden % n == 0 and n < hidden
    )
    if (number := next(numbers, None)) is None:
        return None
    for file in checkpoint.folder.iterdir():
        if file.name != "config.json":
            (into / file.name).symlink_to(file.resolve())
    config = checkpoint.values | {"num_attention_heads": number}
    (into / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return Checkpoint.of(into)


def probes_that_ran(rows: Iterable[Comparison]) -> set[str]:
    """The probes of which the candidate supports something."""
    return {row.probe for row in rows if row.status is not Status.UNSUPPORTED}


def was_seen(row: Comparison) -> bool:
    """Whether a stage was; a gradient that is missing is one of zeros."""
    missing = row.status is Status.MISSING_OURS and LANES[row.lane] != GRADIENT
    return row.status is not Status.UNSUPPORTED and not missing
