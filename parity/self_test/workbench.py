"""Where BERTs that are known to be wrong, or right, are judged: in this process, and small."""

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from parity.core.cause import Diagnosis, Injections
from parity.core.compare import Comparison
from parity.core.probes import Probe
from parity.core.recording import MemoryRecording, Recording
from parity.core.stages import OUTPUTS
from parity.core.verdict import Report
from parity.diagnosis.bench import Bench, Evidence, Ours
from parity.diagnosis.counterfactual import Counterfactual
from parity.diagnosis.explain import explain_rows
from parity.diagnosis.observations import is_long
from parity.model.candidate import Candidate
from parity.model.expected import RecordedProbe
from parity.model.lanes import isolated
from parity.model.model_under_test import ModelUnderTest, candidate_under_test
from parity.model.record import record
from parity.model.run_probe import judge_probe
from parity.model.worker import probes_of
from parity.self_test.mutants import MutantModel
from scratch_bert.weights.builtin import ADVERSARIAL
from scratch_bert.weights.checkpoints import Checkpoint
from scratch_bert.weights.files import read_weights

_WORDS, _POSITIONS = 199, 80
_CUT = {
    "bert.embeddings.word_embeddings.weight": _WORDS,
    "bert.embeddings.position_embeddings.weight": _POSITIONS,
    "cls.predictions.bias": _WORDS,
}
_PLACES = {True: "with heads", False: "without"}


class _CachedRecording(Recording):
    """A recording that is read once, for hundreds of runs."""

    def get(self, probe: str, stage: str) -> Tensor:
        """Read a stage's tensor, and keep it."""
        cached: dict[tuple[str, str], Tensor] = self.__dict__.setdefault("cached", {})
        if (probe, stage) not in cached:
            cached[probe, stage] = super().get(probe, stage)
        return cached[probe, stage]


class _InProcess(Bench):
    """Runs a candidate in this process.

    Args:
        candidate: is judged.
        tested: the same with the checkpoint.
        given: arguments of `Bench`.
    """

    def __init__(self, candidate: Candidate, tested: ModelUnderTest, *given: Any) -> None:
        super().__init__(*given)
        self._candidate, self._tested = candidate, tested

    def judged_on(self, checkpoint: Checkpoint, mistakes: Injections) -> list[Comparison]:
        """Judge the candidate on one sentence and another checkpoint."""
        wanted = {*self.shown, *OUTPUTS}
        probes = probes_of(checkpoint, 0)[:1]
        with (
            suppress(Exception),  # its own code, which may be made for one configuration
            Counterfactual(checkpoint) as other,
            candidate_under_test(self._candidate, checkpoint, self.dtype) as ours,
        ):
            recording = other.record(mistakes, probes, wanted, MemoryRecording())
            ours.hide(self.hidden)
            return [row for each in probes for row in judge_probe(ours, each, recording)]
        return []

    def judged_by(self, mistakes: Injections, *, every: bool = False) -> Evidence:
        """Judge the candidate by a reference that makes mistakes; on long inputs if `every`."""
        before = self.evidence.recording
        wanted = {name for probe in before.names() for name in before.stages(probe)}
        probes = [each for each in self._probes(every=every) if every or not is_long(each)]
        recording = self._record(mistakes, probes, wanted, MemoryRecording())
        self._tested.hide(self.hidden)
        rows = [row for each in probes for row in judge_probe(self._tested, each, recording)]
        return Evidence(recording, rows)

    def fetch(self, recording: Recording, probes: Sequence[Probe], stages: Sequence[str]) -> Ours:
        """Run the candidate in the isolated lane; return its numbers."""
        found = {}
        for probe in probes:
            expected = RecordedProbe(recording, probe, self.dtype)
            made = isolated(self._tested, expected, self.shown)
            found[probe.name] = {name: made[name] for name in stages if name in made}
        return found


class Workbench:
    """Judges candidates on the small checkpoint, with heads or without.

    Args:
        folder: where `prepare` has put what is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checkpoint = Checkpoint.of(folder / "checkpoint")
        self._recordings = {
            heads: _CachedRecording.read(folder / place) for heads, place in _PLACES.items()
        }
        self._counterfactual = Counterfactual(self._checkpoint)

    @property
    def stages(self) -> list[str]:
        """Stages, outputs and weights of the model."""
        return self._counterfactual.stages

    @property
    def layers(self) -> int:
        """How many it has."""
        return self._counterfactual.layers

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
        with candidate_under_test(candidate, self._checkpoint, dtype) as tested:
            rows = list[Comparison]()
            try:
                for probe in recording.probes():
                    if not probes or probe.name in probes:
                        rows += judge_probe(tested, probe, recording)
            except Exception as error:
                if first := Report(rows).first_divergence:
                    error.add_note(f"before that, {first.name} is wrong on {first.probe!r}")
                raise
            if Report(rows).first_divergence is None:
                return rows, Diagnosis()
            given = (recording, rows, self._counterfactual, dtype)
            diagnosis, rows = explain_rows(_InProcess(candidate, tested, *given))
            return rows, diagnosis


def small_checkpoint(into: Path) -> Path:
    """Write builtin:adversarial into an empty folder, cut to 199 words and 80 positions.

    So hundreds of mistakes can be tried.
    """
    whole = Checkpoint.of(ADVERSARIAL)
    config = whole.values | {"vocab_size": _WORDS, "max_position_embeddings": _POSITIONS}
    (into / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = {
        name: tensor[: _CUT.get(name)].contiguous()
        for name, tensor in read_weights(whole.folder).items()
    }
    save_file(weights, into / "model.safetensors")
    return into


def prepare(folder: Path) -> None:
    """Write the checkpoint and what the reference makes of it into an empty folder."""
    place = folder / "checkpoint"
    place.mkdir()
    checkpoint = Checkpoint.of(small_checkpoint(place))
    for heads, name in _PLACES.items():
        candidate = Candidate(MutantModel(heads=heads), "scratch_bert")
        with candidate_under_test(candidate, checkpoint, torch.float64) as tested:
            one = {"input_ids": torch.ones(1, 1, dtype=torch.long)}
            with torch.no_grad():
                outputs = tested.forward(tested.model(torch.float64), one)
            wanted = {*tested.stages, *(name for name in OUTPUTS if name in outputs)}
        record(checkpoint, probes_of(checkpoint, 0), wanted, folder / name, ["float32"])
