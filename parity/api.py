"""For a program or a notebook: `parity check` as a function, and the reference's attention."""

import io
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from rich.console import Console
from torch import Tensor

from parity import reference
from parity.core.verdict import Report
from parity.report.check import CheckReport
from parity.session import CheckRun, chosen
from scratch_bert.weights.builtin import ADVERSARIAL
from scratch_bert.weights.checkpoints import Checkpoint

_WIDTH = 100  # columns


@dataclass
class Examination(Report):
    """A report that is printed as `parity check` prints it."""

    def __str__(self) -> str:
        text = io.StringIO()
        console = Console(file=text, width=_WIDTH, color_system=None, force_jupyter=False)
        CheckReport(console).summary(self)
        return text.getvalue().strip()


def examine(
    candidate: str, checkpoint: str = ADVERSARIAL, probes: Collection[str] = ()
) -> Examination:
    """Compare a BERT with HuggingFace's, stage by stage, and say why it differs where it does.

    Args:
        candidate: path/to/file.py:NAME or package.module:NAME, a class with `build`.
        checkpoint: a folder, a hub id or a built-in one.
        probes: names of the inputs; none means all, and the laws.

    Raises:
        CheckpointError: there is no such checkpoint.
        ValueError: there is no such candidate or probe.
        CandidateCrashedError: the candidate's own code raised, ended, or took too long.
    """
    run = CheckRun(candidate, {checkpoint: chosen(checkpoint, probes, CheckRun.seed)})
    options = ["--checkpoint", checkpoint, *(f"--probe={probe}" for probe in probes)]
    again = shlex.join(["parity", "check", candidate, *options])
    begun = run.report()
    facts = {**begun.environment, "rerun": again}
    report = Examination(environment=facts, asked=begun.asked)
    for row in run.rows(report):
        report.rows.append(row)
    return report


@torch.inference_mode()
def reference_attentions(
    checkpoint: str | Path, batch: Mapping[str, Tensor]
) -> Float[Tensor, "layers heads seq seq"]:
    """Run the reference's eager attention.

    Args:
        checkpoint: a folder, a hub id or a built-in one.
        batch: of one text, as a model takes it.
    """
    model = reference.load(
        "BertModel", Checkpoint.of(checkpoint).folder, attention="eager", add_pooling_layer=False
    )
    return torch.cat(model(**batch, output_attentions=True).attentions)
