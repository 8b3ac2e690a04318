"""The candidate's own process: `python -m parity.model.worker`."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from parity.core.errors import CandidateError
from parity.core.import_by_name import load_maker
from parity.core.probes import Mode, Probe, probes
from parity.core.process import Answer, serve, told
from parity.core.recording import Recording
from parity.core.stages import OUTPUTS
from parity.core.trace import tapped
from parity.model.candidate import Batch, Candidate
from parity.model.candidate_under_test import candidate_subject
from parity.model.expected import Witness
from parity.model.isolated import isolated
from parity.model.law_search import judge_law
from parity.model.laws import laws_for
from parity.model.model_under_test import Subject
from parity.model.run_probe import judge_probe
from parity.model.source_line import whereabouts
from scratch_bert.weights.checkpoints import Checkpoint

Request = Mapping[str, Any]


def answers(request: Request) -> Iterator[Answer]:
    """Answer a request.

    Args:
        request: `what` is wanted of which `candidate`, on which `checkpoint`; and what the function
            that answers it reads.

    Yields:
        Answers, as far as they have come.
    """
    candidate = Candidate(load_maker(request["candidate"]), request["candidate"])
    checkpoint = Checkpoint.of(Path(request["checkpoint"]))
    yield from _ANSWERS[request["what"]](candidate, checkpoint, request)


def _describe(candidate: Candidate, checkpoint: Checkpoint, _: Request) -> Iterator[Answer]:
    """Find out what the candidate makes, and whether it can do so in double precision."""
    lacks = "" if "float64" not in candidate.unsupported else "the candidate says so"
    if not lacks:
        try:
            with candidate_subject(candidate, checkpoint, torch.float64) as subject:
                seen, outputs = _look(subject)
        except CandidateError:
            raise
        except Exception as error:
            lacks = f"{type(error).__name__}: {error}"
        else:
            other = [f"{name} is {dtype}" for name, dtype in seen.items() if dtype != "float64"]
            lacks = other[0] if other else ""
    if lacks:
        with candidate_subject(candidate, checkpoint, torch.float32) as subject:
            seen, outputs = _look(subject)
    dtype = "float32" if lacks else "float64"
    yield {"stages": [*seen], "outputs": outputs, "dtype": dtype, "no float64": lacks}


def _judge(candidate: Candidate, checkpoint: Checkpoint, request: Request) -> Iterator[Answer]:
    """Compare with a `recording`, on its `probes`, in a `dtype`; a row at a time."""
    dtype = getattr(torch, request.get("dtype", "float64"))
    recording = Recording.read(Path(request["recording"]))
    how = {name: request[name] for name in ("relative", "histogram") if name in request}
    with candidate_subject(candidate, checkpoint, dtype) as subject:
        for probe in recording.probes():
            if probe.name in request.get("probes", recording.names()):
                try:
                    for row in judge_probe(subject, probe, recording, **how):
                        yield {"row": asdict(row)}
                except CandidateError:
                    raise
                except (Exception, SystemExit) as error:  # the other probes may do
                    yield {"broke": told(error), "probe": probe.name}


def _record(candidate: Candidate, checkpoint: Checkpoint, request: Request) -> Iterator[Answer]:
    """Keep what the candidate computes from a `recording`'s inputs `into` another."""
    dtype = getattr(torch, request["dtype"])
    subject = candidate_subject(candidate, checkpoint, dtype)
    made = Recording(Path(request["into"]), made_by=request["candidate"])
    for probe in Recording.read(Path(request["recording"])).probes():
        if probe.mode is Mode.EVALUATE and not probe.dtype:
            made.begin(probe)
            keep = partial(made.add, probe.name)
            with torch.no_grad(), tapped(subject.model(dtype), subject.stages, keep):
                outputs = subject.forward(subject.model(dtype), probe.batch)
            for name in OUTPUTS:
                if name in outputs:
                    keep(name, outputs[name])
            yield {"recorded": probe.name}
    made.close()


def _isolated(candidate: Candidate, checkpoint: Checkpoint, request: Request) -> Iterator[Answer]:
    """Keep some `stages` of the isolated lane on `probes` of a `recording` `into` another."""
    dtype = getattr(torch, request["dtype"])
    recording, made = Recording.read(Path(request["recording"])), Recording(Path(request["into"]))
    places: dict[str, str] = {}
    with candidate_subject(candidate, checkpoint, dtype) as subject:

        def notice(model: nn.Module, name: str) -> None:
            if name in request["stages"] and name not in places and name in subject.stages:
                stage = subject.stages[name]
                module = model.get_submodule(stage.module)
                places[name] = whereabouts(module, called=stage.side == "out")

        for probe in recording.probes():
            if probe.name in request["probes"]:
                made.begin(probe)
                witness = Witness(recording, probe, dtype)
                tensors = isolated(subject, witness, request["shown"], notice)
                for name in request["stages"]:
                    if name in tensors:
                        made.add(probe.name, name, tensors[name])
                yield {"places": places}
    made.close()


def _laws(candidate: Candidate, checkpoint: Checkpoint, request: Request) -> Iterator[Answer]:
    """Search for what breaks the `laws` of these names; a row at a time."""
    torch.set_num_threads(1)  # for hundreds of runs of ten tokens; more wait for each other
    dtype = request["dtype"]
    single = f", torch.{dtype}" if dtype != "float64" else ""
    load = f"parity.load({request['candidate']!r}, {str(checkpoint.folder)!r}{single})"
    sizes = checkpoint.config
    with candidate_subject(candidate, checkpoint, getattr(torch, dtype)) as subject:
        for law in laws_for(sizes):
            if law.name in request["laws"]:
                yield {"row": asdict(judge_law(law, subject, sizes, request["seed"], load))}


_ANSWERS = {
    "describe": _describe,
    "judge": _judge,
    "isolated": _isolated,
    "record": _record,
    "laws": _laws,
}


def probes_of(checkpoint: Checkpoint, seed: int) -> list[Probe]:
    """Make the probes for a checkpoint."""
    sizes = checkpoint.config
    return probes(sizes.vocab_size, sizes.max_position_embeddings, sizes.type_vocab_size, seed)


def _look(subject: Subject) -> tuple[dict[str, str], list[str]]:
    """Run one token; return the stages' dtypes and the outputs' names."""
    ids = torch.ones(1, 1, dtype=torch.long)
    batch = {"attention_mask": ids, "token_type_ids": ids * 0, "position_ids": ids * 0}
    seen: dict[str, str] = dict.fromkeys(subject.stages, "float64")

    def look(name: str, tensor: Tensor) -> None:
        if tensor.is_floating_point():
            seen[name] = str(tensor.dtype).removeprefix("torch.")

    model = subject.model(subject.dtype)
    with torch.no_grad(), tapped(model, subject.stages, look):
        outputs = subject.forward(model, Batch({"input_ids": ids, **batch}))
    for name, tensor in outputs.items():
        look(name, tensor)
    return seen, [*outputs]


if __name__ == "__main__":
    serve(answers)
