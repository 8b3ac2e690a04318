"""What the judge asks about a candidate; each function runs in the candidate's process.

The first argument of each is `send`, which sends an answer; then the candidate's name and the
folder of the checkpoint.
"""

import sys
from collections.abc import Collection
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from parity.core.compare import Comparison, Status
from parity.core.errors import CandidateError
from parity.core.import_by_name import load_maker
from parity.core.probes import Mode, Probe, probes
from parity.core.process import Send, crash_report, is_ours
from parity.core.recording import Recording
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.candidate import Candidate
from parity.model.describe import description_of
from parity.model.expected import RecordedProbe
from parity.model.lanes import isolated
from parity.model.law_search import judge_law
from parity.model.laws import laws_for
from parity.model.model_under_test import ModelUnderTest, candidate_under_test
from parity.model.run_probe import judge_probe
from scratch_bert.weights.checkpoints import Checkpoint


def describe(send: Send, candidate: str, checkpoint: str) -> None:
    """Send what the candidate makes, in which dtype, and why not in double precision."""
    made = description_of(_candidate(candidate), checkpoint)
    names = {"stages": [*made.stages], "outputs": [*made.outputs]}
    send({**names, "dtype": made.dtype, "no float64": made.lacks})


def judge(
    send: Send,
    candidate: str,
    checkpoint: str,
    recording: str,
    probes: list[str],
    dtype: str = "float64",
    hidden: Collection[str] = (),
    **how: Any,
) -> None:
    """Compare with a recording; send each probe's rows, or what was raised on it.

    Args:
        send: sends an answer.
        candidate: its name.
        checkpoint: a folder.
        recording: the folder of the reference's.
        probes: names of those to run.
        dtype: what the candidate computes in.
        hidden: stages that are left out.
        how: `relative` and `histogram`, as `judge_probe` takes them.
    """
    theirs = Recording.read(Path(recording))
    with _tested(candidate, checkpoint, dtype) as tested:
        tested.hide(hidden)
        for probe in (each for each in theirs.probes() if each.name in probes):
            try:
                send({"rows": [as_data(row) for row in judge_probe(tested, probe, theirs, **how)]})
            except CandidateError:
                raise
            except (Exception, SystemExit) as error:  # the other probes may do
                send({"broke": crash_report(error), "probe": probe.name})


def keep(
    send: Send, candidate: str, checkpoint: str, recording: str, into: str, dtype: str
) -> None:
    """Record what the candidate computes from a recording's inputs; send each probe's name."""
    tested = _tested(candidate, checkpoint, dtype)
    made = Recording(Path(into), made_by=candidate)
    for probe in Recording.read(Path(recording)).probes():
        if probe.mode is Mode.EVALUATE and not probe.dtype:
            made.begin(probe)
            add = partial(made.add, probe.name)
            model = tested.model(tested.dtype)
            with torch.no_grad(), tapped(model, tested.stages, add):
                outputs = tested.forward(model, probe.batch)
            for name in OUTPUTS:
                if name in outputs:
                    add(name, outputs[name])
            send(probe.name)
    made.close()


def record_isolated(
    send: Send,
    candidate: str,
    checkpoint: str,
    recording: str,
    into: str,
    probes: list[str],
    shown: list[str],
    stages: list[str],
    dtype: str,
) -> None:
    """Record stages of the isolated lane; send where in the code each is computed.

    Args:
        send: sends an answer.
        candidate: its name.
        checkpoint: a folder.
        recording: the folder of the reference's.
        into: the folder of what is recorded here.
        probes: names of those to run.
        shown: after these stages the candidate goes on with the reference's numbers.
        stages: are recorded.
        dtype: what the candidate computes in.
    """
    theirs, made = Recording.read(Path(recording)), Recording(Path(into))
    places: dict[str, str] = {}
    with _tested(candidate, checkpoint, dtype) as tested:

        def notice(model: nn.Module, name: str) -> None:
            if name in stages and name not in places and name in tested.stages:
                stage = tested.stages[name]
                module = model.get_submodule(stage.module)
                places[name] = _source_line(module, called=stage.side == "out")

        for probe in (each for each in theirs.probes() if each.name in probes):
            made.begin(probe)
            tensors = isolated(tested, RecordedProbe(theirs, probe, tested.dtype), shown, notice)
            for name in (each for each in stages if each in tensors):
                made.add(probe.name, name, tensors[name])
            send(places)
    made.close()


def search_laws(
    send: Send, candidate: str, checkpoint: str, laws: list[str], seed: int, dtype: str
) -> None:
    """Search for what breaks the laws of these names; send a row for each."""
    torch.set_num_threads(1)  # for hundreds of runs of ten tokens; more wait for each other
    single = f", torch.{dtype}" if dtype != "float64" else ""
    load = f"parity.load({candidate!r}, {checkpoint!r}{single})"
    sizes = Checkpoint.of(Path(checkpoint)).config
    with _tested(candidate, checkpoint, dtype) as tested:
        for law in (each for each in laws_for(sizes) if each.name in laws):
            send({"rows": [as_data(judge_law(law, tested, sizes, seed, load))]})


def as_data(row: Comparison) -> dict[str, Any]:
    """Return a row as it is sent."""
    return {**asdict(row), "status": str(row.status)}


def as_row(data: dict[str, Any]) -> Comparison:
    """Return what `as_data` was made of."""
    return Comparison(**{**data, "status": Status(data["status"])})


def _candidate(name: str) -> Candidate:
    return Candidate(load_maker(name), name)


def _tested(candidate: str, checkpoint: str, dtype: str) -> ModelUnderTest:
    return candidate_under_test(
        _candidate(candidate), Checkpoint.of(Path(checkpoint)), getattr(torch, dtype)
    )


def probes_of(checkpoint: Checkpoint, seed: int) -> list[Probe]:
    """Make the probes for a checkpoint."""
    sizes = checkpoint.config
    return probes(sizes.vocab_size, sizes.max_position_embeddings, sizes.type_vocab_size, seed)


def _source_line(module: nn.Module, called: bool) -> str:
    """Return `file:line`, from inside a module's hook; "" if nothing of the code is in sight.

    Args:
        module: whose hook it is.
        called: whether the stage is what the module makes; then the module's own forward is meant,
            if it is the user's, else the line that calls it.
    """
    code, frame = getattr(type(module).forward, "__code__", None), sys._getframe()
    if called and code is not None and not is_ours(code.co_filename):
        file, line = Path(code.co_filename), code.co_firstlineno
    else:
        while is_ours(frame.f_code.co_filename):
            if frame.f_back is None:
                return ""
            frame = frame.f_back
        file, line = Path(frame.f_code.co_filename), frame.f_lineno
    here = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    return f"{here}:{line}"
