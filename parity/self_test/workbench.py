"""Where BERTs that are known to be wrong, or right, are judged: in this process, and small."""

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from parity.core.causes import Diagnosis
from parity.core.compare import Comparison
from parity.core.probes import Probe
from parity.core.recording import Recording
from parity.core.stages import OUTPUTS
from parity.core.verdict import Report
from parity.diagnosis.counterfactual import Counterfactual
from parity.diagnosis.explain import Ours, explain_rows, shown_in
from parity.model.candidate import Candidate
from parity.model.candidate_under_test import candidate_subject
from parity.model.expected import Witness
from parity.model.isolated import isolated
from parity.model.record import record
from parity.model.run_probe import judge_probe
from parity.model.worker import probes_of
from parity.self_test.mutants.model import Faulty
from parity.self_test.small_checkpoint import small_checkpoint
from scratch_bert.weights.checkpoints import Checkpoint

_PLACES = {True: "with heads", False: "without"}


class _Held(Recording):
    """A recording that is read once, for hundreds of runs."""

    def get(self, probe: str, stage: str) -> Tensor:
        """Read a stage's tensor, and keep it."""
        held: dict[tuple[str, str], Tensor] = self.__dict__.setdefault("held", {})
        if (probe, stage) not in held:
            held[probe, stage] = super().get(probe, stage)
        return held[probe, stage]


class Bench:
    """Judges candidates on the small checkpoint, with heads or without.

    Args:
        folder: where `prepare` has put what is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checkpoint = Checkpoint.of(folder / "checkpoint")
        self._recordings = {heads: _Held.read(folder / place) for heads, place in _PLACES.items()}
        self._counterfactual = cache(lambda shown: Counterfactual(self._checkpoint, shown))

    @property
    def stages(self) -> list[str]:
        """Stages, outputs and weights of the model."""
        return self._counterfactual(()).stages

    @property
    def layers(self) -> int:
        """How many it has."""
        return self._counterfactual(()).layers

    def judge(
        self, maker: Any, *, heads: bool = True, probes: Collection[str] = ()
    ) -> tuple[list[Comparison], Diagnosis]:
        """Judge a candidate, and explain what is wrong with it.

        Args:
            maker: an object with `build`, as in `parity.model.candidate`.
            heads: whether it has those of the checkpoint.
            probes: on which; none means all.
        """
        recording = self._recordings[heads]
        candidate = Candidate(maker, type(maker).__name__)
        dtype = torch.float32 if "float64" in candidate.unsupported else torch.float64
        with candidate_subject(candidate, self._checkpoint, dtype) as subject:
            rows = [
                row
                for probe in recording.probes()
                if not probes or probe.name in probes
                for row in judge_probe(subject, probe, recording)
            ]
            if Report(rows).first_divergence is None:
                return rows, Diagnosis()
            shown = shown_in(rows)

            def fetch(probes: Sequence[Probe], stages: Sequence[str]) -> Ours:
                return {
                    probe.name: _only(
                        isolated(subject, Witness(recording, probe, dtype), shown), stages
                    )
                    for probe in probes
                }

            return rows, explain_rows(rows, recording, dtype, self._counterfactual(shown), fetch)


def prepare(folder: Path) -> None:
    """Write the checkpoint and what the reference makes of it into an empty folder."""
    place = folder / "checkpoint"
    place.mkdir()
    checkpoint = Checkpoint.of(small_checkpoint(place))
    for heads, name in _PLACES.items():
        with candidate_subject(
            Candidate(Faulty(heads=heads), "scratch_bert"), checkpoint, torch.float64
        ) as subject:
            one = {"input_ids": torch.ones(1, 1, dtype=torch.long)}
            with torch.no_grad():
                outputs = subject.forward(subject.model(torch.float64), one)
            wanted = {*subject.stages, *(name for name in OUTPUTS if name in outputs)}
        record(checkpoint, probes_of(checkpoint, 0), wanted, folder / name, ["float32"])


def _only(numbers: dict[str, Tensor], names: Collection[str]) -> dict[str, Tensor]:
    return {name: numbers[name] for name in names if name in numbers}
