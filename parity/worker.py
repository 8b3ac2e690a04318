"""The candidate's own process: `python -m parity.worker`.

It reads requests from stdin and writes answers to what was stdout, a line of JSON each; what the
candidate prints goes nowhere. A request that takes too long ends it, with the stack on stderr.
"""

import faulthandler
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from parity.candidate import Batch, Candidate
from parity.errors import CandidateError
from parity.judging import Judged, judge_probe
from parity.loading import load_maker
from parity.probes import Probe, probes
from parity.recording import Recording
from scratch_bert.config_file import read_config
from scratch_bert.weight_files import read_weights
from scratch_bert.weight_names import canonical_weights

Answer = dict[str, Any]


def serve(request: Mapping[str, Any]) -> Iterator[Answer]:
    """Answer a request.

    Args:
        request: `candidate`, `checkpoint`, `seed` and `probes`; with a `recording` the candidate is
            judged by it, without it is described.

    Yields:
        A description, or a row at a time.
    """
    candidate = Candidate(load_maker(request["candidate"]), request["candidate"])
    folder = Path(request["checkpoint"])
    chosen = [
        probe for probe in probes_of(folder, request["seed"]) if probe.name in request["probes"]
    ]
    if request["recording"] is None:
        yield _describe(candidate, folder, chosen[0])
        return
    judged = _build(candidate, folder)
    recording = Recording(Path(request["recording"]))
    for probe in chosen:
        for row in judge_probe(judged, probe, recording):
            yield {"row": asdict(row)}


def probes_of(folder: Path, seed: int) -> list[Probe]:
    """Make the probes for a checkpoint."""
    config = read_config(folder / "config.json")
    return probes(config.vocab_size, config.max_position_embeddings, config.type_vocab_size, seed)


def _build(candidate: Candidate, folder: Path) -> Judged:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    found = canonical_weights(read_weights(folder), folder)
    model = candidate.build(config, {name: tensor for name, (_, tensor) in found.items()})
    layers = read_config(folder / "config.json").num_hidden_layers
    stages = candidate.stages(model, layers)
    return Judged(candidate, model.to(torch.float64), stages)


def _describe(candidate: Candidate, folder: Path, probe: Probe) -> Answer:
    judged = _build(candidate, folder)
    with torch.no_grad():
        outputs = candidate.forward(judged.model, Batch(probe.batch))
    return {"stages": [*judged.stages], "outputs": [*outputs]}


def _answer(request: Mapping[str, Any], send: Callable[[Answer], None]) -> None:
    try:
        for answer in serve(request):
            faulthandler.dump_traceback_later(request["limit"], exit=True)
            send(answer)
    except CandidateError as error:
        send({"refused": str(error)})
    except (Exception, SystemExit) as error:
        send({"crashed": "".join(traceback.format_exception(error)).rstrip()})
    send({"done": True})


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def send(answer: Answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    for line in sys.stdin:
        request = json.loads(line)
        faulthandler.dump_traceback_later(request["limit"], exit=True)
        _answer(request, send)
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
