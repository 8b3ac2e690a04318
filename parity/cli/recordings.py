"""`parity record` and `parity compare`: a model's tensors in files, and their judgement later."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from parity.cli.options import (
    CheckpointOption,
    Dtype,
    FormatOption,
    LimitOption,
    OutputOption,
    ProbeOption,
    SeedOption,
    ToleranceOption,
    check_output,
    choose_by_name,
    finish,
    shows_histograms,
)
from parity.core.environment import environment
from parity.core.errors import CandidateCrashedError, RecordingError
from parity.core.probes import Mode, Probe
from parity.core.process import LIMIT
from parity.core.recording import Recording
from parity.core.rerun import rerun
from parity.core.verdict import EXIT_CODES, Report, Verdict
from parity.model.judge import Judge
from parity.model.record import record
from parity.model.recordings import compare_recordings
from parity.report.check import show
from scratch_bert.cli.common import Format, refused

_RECORDED = (Mode.EVALUATE, Mode.BACKWARD)


def record_command(
    folder: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")],
    candidate: Annotated[
        str | None, typer.Option(help="Record this BERT; without it HuggingFace's.")
    ] = None,
    checkpoint: CheckpointOption = "builtin:adversarial",
    probe: ProbeOption = None,
    dtype: Annotated[
        Dtype, typer.Option(help="What the candidate computes in, or will.")
    ] = Dtype.FLOAT64,
    seed: SeedOption = 0,
    limit: LimitOption = LIMIT,
) -> int:
    """Write what a BERT computes on the probes: their inputs, and every stage, as safetensors.

    A program in any language can read HuggingFace's recording and write one of its own;
    `parity compare` judges it. parity/core/recording.py describes the files.

    Exit codes: 0 written, 2 the candidate crashed, 4 usage.
    """
    if folder.exists():
        raise typer.BadParameter(f"{folder} exists already", param_hint="FOLDER")
    place, chosen = choose_by_name(checkpoint, probe, seed)
    probes = [each for each in chosen.probes if each.mode in _RECORDED and not each.dtype]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".recording.") as unfinished:
        made = Path(unfinished) / folder.name
        try:
            _write(made, candidate, place, probes, dtype, limit, checkpoint=checkpoint, seed=seed)
        except CandidateCrashedError as error:
            print(error)
            return EXIT_CODES[Verdict.CRASHED]
        made.rename(folder)
    written = Recording.read(folder)
    by = f", made by {written.facts['made_by']}" if "made_by" in written.facts else ""
    print(f"{folder}: {len(written.names())} probes{by}")
    return 0


def _write(
    made: Path,
    candidate: str | None,
    place: Path,
    probes: Sequence[Probe],
    dtype: Dtype,
    limit: float,
    **facts: str | int,
) -> None:
    if candidate is not None:
        with Judge(candidate, place, limit=limit) as judge:
            judge.keep(probes, made, dtype)
        return
    recording = record(place, probes, None, made, {str(dtype)} - {"float64"})
    recording.facts |= facts
    recording.close()


def compare_command(
    ours: Annotated[Path, typer.Argument(help="A folder in which somebody recorded a BERT.")],
    theirs: Annotated[Path, typer.Argument(help="The reference's, from `parity record`.")],
    tolerance: ToleranceOption = None,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare two recordings, probe after probe.

    Exit codes: 0 parity, 1 diverges, 3 not comparable, 4 usage, 5 nothing was compared.
    """
    check_output(output)
    with refused("OURS THEIRS", RecordingError):
        mine, reference = Recording.read(ours), Recording.read(theirs)
    report = Report(
        environment={
            "ours": str(ours),
            "theirs": str(theirs),
            **{name: fact for name, fact in reference.facts.items() if name != "format"},
            "scratch_bert": environment()["scratch_bert"],
            "rerun": rerun(),
        }
    )
    histogram = shows_histograms(output, form)
    rows = compare_recordings(mine, reference, tolerance, histogram=histogram)
    show(report, rows, human=form is Format.HUMAN)
    return finish(report, output)
