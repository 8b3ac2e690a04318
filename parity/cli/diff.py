"""`parity diff`: a BERT beside HuggingFace's, every tensor in the order of computation."""

from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from typing import Annotated

import torch
import typer
from rich.console import Console

from parity.cli.options import (
    CheckpointOption,
    Dtype,
    FormatOption,
    OutputOption,
    check_output,
    choose_by_name,
    finish,
    resolve_checkpoint,
    shows_histograms,
)
from parity.core.compare import Comparison
from parity.core.environment import rerun
from parity.core.probes import Mode, Probe
from parity.core.verdict import Report
from parity.model.diff import (
    DEFAULT_PAIRS,
    DEFAULT_TEXTS,
    DiffSettings,
    describe,
    diff,
    notes,
    probe_of,
    selected,
)
from parity.model.judge import Chosen, Judge, check
from parity.ours import checkpoint as scratch
from parity.report.json import to_json
from parity.report.terminal import TerminalReport
from parity.session import PACKED
from scratch_bert.cli.common import Format, check_texts, refused
from scratch_bert.cli.input_lines import InputError, stdin_texts
from scratch_bert.weights.builtin import MINILM
from scratch_bert.weights.checkpoints import Checkpoint


class AttentionKind(StrEnum):
    """Which attention both sides compute with."""

    EAGER = "eager"
    SDPA = "sdpa"
    PACKED = "packed"


def diff_command(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="What both models read; - are lines of stdin."),
    ] = None,
    pair: Annotated[
        list[str] | None, typer.Option(help="A second sentence for each TEXT, in their order.")
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(help="path/to/file.py:NAME or package.module:NAME in scratch_bert's place."),
    ] = None,
    checkpoint: CheckpointOption = MINILM,
    probe: Annotated[str | None, typer.Option(help="Read this probe in place of texts.")] = None,
    stage: Annotated[
        list[str] | None, typer.Option(help="Only stages like this pattern; may be repeated.")
    ] = None,
    attention: Annotated[
        AttentionKind,
        typer.Option(help="eager shows scores; sdpa is faster and has none; packed omits padding."),
    ] = AttentionKind.EAGER,
    dtype: Annotated[Dtype | None, typer.Option(help="Default: the checkpoint's.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, …")] = DiffSettings.device,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Of weights the checkpoint lacks, and ids.")
    ] = DiffSettings.seed,
    form: FormatOption = Format.HUMAN,
    output: OutputOption = None,
) -> int:
    """Compare a BERT with HuggingFace, every tensor in the order of computation.

    scratch_bert is compared bit for bit. A candidate, and a packed batch of scratch_bert, which
    does other operations, are compared in double precision.
    """
    check_output(output)
    if texts == ["-"]:
        texts = _of_stdin()
    check_texts(texts or DEFAULT_TEXTS, pair or ())
    try:
        torch.empty(0, device=device).tolist()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise typer.BadParameter(str(error).splitlines()[0], param_hint="--device") from None
    if candidate is not None and (attention is not AttentionKind.EAGER or dtype or device != "cpu"):
        raise typer.BadParameter("a candidate brings its own attention, dtype and device")
    if attention is AttentionKind.PACKED:
        if dtype or device != "cpu":
            raise typer.BadParameter("a packed batch is compared in double precision, on the cpu")
        candidate = PACKED
    if probe is not None and texts:
        raise typer.BadParameter("give texts or a probe, not both", param_hint="--probe")
    found = resolve_checkpoint(checkpoint)
    settings = DiffSettings(
        texts=texts or DEFAULT_TEXTS,
        pairs=pair or (None if texts else DEFAULT_PAIRS),
        attention=attention,
        dtype=getattr(torch, dtype) if dtype else None,
        device=device,
        seed=seed,
        stages=stage or (),
        probe=None if probe is None else _probe(checkpoint, probe, seed),
        histogram=shows_histograms(output, form),
    )
    report = Report(environment={**describe(found, settings), "rerun": rerun(settings.texts)})
    terminal = TerminalReport(Console())
    if form is Format.HUMAN:
        terminal.header()
    with report.failing():
        judged = _judge_ours if candidate is None else partial(_judge_candidate, candidate)
        for row in judged(report, found, settings):
            report.rows.append(row)
            if form is Format.HUMAN and row.lane in ("propagated", "published"):
                terminal.row(row)
    if form is Format.JSON:
        print(to_json(report))
    else:
        terminal.summary(report)
    return finish(report, output)


def _of_stdin() -> list[str]:
    with refused(InputError, option="TEXT"):
        texts = list(stdin_texts())
    if not texts:
        raise typer.BadParameter("there is none on standard input", param_hint="TEXT")
    return texts


def _probe(checkpoint: str, name: str, seed: int) -> Probe:
    _, chosen = choose_by_name(checkpoint, [name], seed)
    evaluated = [each for each in chosen.probes if each.mode is Mode.EVALUATE and not each.dtype]
    if not evaluated:
        raise typer.BadParameter(f"{name} is for `parity check` alone", param_hint="--probe")
    return evaluated[0]


def _judge_ours(
    report: Report, checkpoint: Checkpoint, settings: DiffSettings
) -> Iterator[Comparison]:
    report.environment["architecture"] = scratch.architecture_of(checkpoint).name
    report.notes += notes(checkpoint, settings)
    yield from diff(checkpoint, settings)


def _judge_candidate(
    candidate: str, report: Report, checkpoint: Checkpoint, settings: DiffSettings
) -> Iterator[Comparison]:
    for fact in ("attention", "dtype", "device"):
        del report.environment[fact]
    report.environment["candidate"] = candidate
    with Judge(candidate, checkpoint, histogram=settings.histogram) as judge:
        for row in check(judge, Chosen([probe_of(checkpoint, settings)])):
            if selected(row.name, settings.stages):
                yield row
