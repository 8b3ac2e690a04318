"""A candidate in a process of its own, judged by what the reference computes."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateCrashedError
from parity.core.probes import Probe, Scope
from parity.core.process import LIMIT, CandidateProcess
from parity.core.recording import Recording
from parity.model import worker
from parity.model.laws import Law, laws_for
from parity.model.record import record_model
from parity.model.reference_under_test import reference_under_test
from parity.model.worker import as_row, probes_of
from scratch_bert.weights.checkpoints import Checkpoint


@dataclass(frozen=True)
class Chosen:
    """What a candidate is checked for."""

    probes: Sequence[Probe]
    laws: Sequence[Law] = ()

    @property
    def scopes(self) -> dict[str, Scope]:
        """The scope of each probe and law, by its name."""
        of_probes = {probe.name: probe.scope for probe in self.probes}
        return of_probes | dict.fromkeys((law.name for law in self.laws), Scope.ROBUSTNESS)

    @property
    def names(self) -> list[str]:
        """What they are called."""
        return [*self.scopes]

    def within(self, scopes: Collection[Scope]) -> "Chosen":
        """Return those of some scopes alone; none means all."""
        kept = [name for name, scope in self.scopes.items() if scope in (scopes or Scope)]
        return Chosen(
            [probe for probe in self.probes if probe.name in kept],
            [law for law in self.laws if law.name in kept],
        )


def choose(checkpoint: Checkpoint, names: Collection[str], seed: int) -> Chosen:
    """Make the probes and laws of these names for a checkpoint, or all if there are none.

    Raises:
        ValueError: there is no probe and no law of a name.
    """
    every = Chosen(probes_of(checkpoint, seed), laws_for(checkpoint.config))
    if unknown := {*names} - {*every.names}:
        known = ", ".join(every.names)
        raise ValueError(f"{', '.join(unknown)}: no such probe, expected some of {known}")
    wanted = names or every.names
    return Chosen(
        [probe for probe in every.probes if probe.name in wanted],
        [law for law in every.laws if law.name in wanted],
    )


class Judge(CandidateProcess):
    """Everything that is needed to judge a candidate on a checkpoint, probe after probe.

    Args:
        candidate: its name.
        checkpoint: with its weights.
        limit: seconds that the candidate has for one probe.
        relative: what numbers may differ by, as a share of their tensor's largest; None means what
            `parity.core.tolerance` says.
        histogram: whether differences are counted, too.
    """

    def __init__(
        self,
        candidate: str,
        checkpoint: Checkpoint,
        *,
        limit: float = LIMIT,
        relative: float | None = None,
        histogram: bool = False,
    ) -> None:
        super().__init__(limit)
        self._candidate = {"candidate": candidate, "checkpoint": str(checkpoint.folder.resolve())}
        self._how: dict[str, Any] = {"relative": relative, "histogram": histogram}
        self.checkpoint = checkpoint
        self.reference_stages: list[str] = []
        self._described: dict[str, Any] | None = None

    def on(self, checkpoint: Checkpoint) -> "Judge":
        """Return a judge of the same candidate on another checkpoint."""
        return Judge(self._candidate["candidate"], checkpoint, limit=self._limit, **self._how)

    def described(self) -> dict[str, Any]:
        """Return what the candidate has and can: `stages`, `outputs`, `dtype`, `no float64`."""
        if self._described is None:
            (self._described,) = self.answers(worker.describe, **self._candidate)
        return self._described

    def prepare(self, chosen: Sequence[Probe]) -> None:
        """Run the reference on probes."""
        described = self.described()
        self.wanted = {*described["stages"], *described["outputs"]}
        single = {described["dtype"]} - {"float64"}
        with reference_under_test(self.checkpoint) as reference:
            self.reference_stages = [*reference.stages]
            made = record_model(reference, chosen, self.wanted, Recording(self.place), single)
        self.recording = made

    def rows(
        self, names: Sequence[str], recording: Path | None = None, hidden: Collection[str] = ()
    ) -> Iterator[Comparison]:
        """Run the candidate on prepared probes, and compare.

        Args:
            names: of the probes.
            recording: a folder; None means the reference's of these probes.
            hidden: stages that are left out, as if the candidate did not name them.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        place = recording or self.place
        given = {"recording": str(place), "probes": [*names], "hidden": [*hidden], **self._how}
        yield from self._rows(worker.judge, **given)

    def laws(self, names: Sequence[str], seed: int) -> Iterator[Comparison]:
        """Look for inputs that break a law.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        yield from self._rows(worker.search_laws, laws=[*names], seed=seed)

    def lacking(self) -> Iterator[Comparison]:
        """Say so where the candidate does not compute in double precision."""
        if why := self.described()["no float64"]:
            note = f"judged in {self.described()['dtype']} instead: {why}"
            yield Comparison("float64", Status.UNSUPPORTED, note=note, probe="float64")

    def _rows(self, function: Callable[..., None], **given: Any) -> Iterator[Comparison]:
        broke, dtype = [], self.described()["dtype"]
        for answer in self.answers(function, **self._candidate, dtype=dtype, **given):
            if "broke" in answer:
                broke.append(answer)
            else:
                yield from map(as_row, answer["rows"])
        if broke:
            first, *others = broke
            more_of_them = [f"\n\nand on {answer['probe']!r}" for answer in others]
            text = f"on {first['probe']!r}: {first['broke']}{''.join(more_of_them)}"
            raise CandidateCrashedError(text)

    def isolated(
        self,
        probes: Sequence[str],
        shown: Sequence[str],
        stages: Sequence[str],
        into: Path,
        recording: Path,
    ) -> dict[str, str]:
        """Record what the candidate makes of right numbers.

        Args:
            probes: prepared ones.
            shown: after these stages it goes on with the reference's numbers.
            stages: are recorded.
            into: a folder.
            recording: whose numbers are the right ones.

        Returns:
            Where in its code each stage is computed, `file:line`.
        """
        given = {"recording": str(recording), "into": str(into), **self._candidate}
        asked = {"probes": [*probes], "shown": [*shown], "stages": [*stages]}
        places: dict[str, str] = {}
        dtype = self.described()["dtype"]
        for found in self.answers(worker.record_isolated, **given, **asked, dtype=dtype):
            places |= found
        return places

    def keep(self, chosen: Sequence[Probe], folder: Path, dtype: str) -> None:
        """Record what the candidate itself computes.

        Args:
            chosen: probes.
            folder: of the recording.
            dtype: what it computes in.

        Raises:
            CandidateError: it is not what a candidate must be.
            CandidateCrashedError: its own code raised, ended, or took too long.
        """
        inputs = Recording(self.place)
        for probe in chosen:
            inputs.begin(probe)
        inputs.close()
        into = str(folder.resolve())
        given = {"recording": str(self.place), "into": into, "dtype": str(dtype), **self._candidate}
        for _ in self.answers(worker.keep, **given):
            pass


def check(judge: Judge, chosen: Chosen, seed: int = 0) -> Iterator[Comparison]:
    """Judge a candidate on one checkpoint, yielding row after row.

    Args:
        judge: of the candidate and the checkpoint.
        chosen: probes and laws.
        seed: of the search for what breaks a law.

    Raises:
        CandidateError: it is not what a candidate must be.
        CandidateCrashedError: its own code raised, ended, or took too long.
    """
    yield from judge.lacking()
    if chosen.probes:
        judge.prepare(chosen.probes)
        yield from judge.rows([probe.name for probe in chosen.probes])
    if chosen.laws:
        yield from judge.laws([law.name for law in chosen.laws], seed)
