"""All checks of a fine-tuning, one after the other."""

from functools import partial

from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.head_dropout import check_head_dropout
from parity.finetuning.inputs import ARCHITECTURES
from parity.finetuning.labels import check_align, check_windows
from parity.finetuning.loss import check_task_loss
from parity.finetuning.runs import check_accumulation, check_finetuning
from parity.suite.suite import Check, Suite

FINETUNING = Suite(
    "finetuning",
    FinetuningCandidate,
    {
        **{
            task: Check(("build", "loss"), partial(check_task_loss, task)) for task in ARCHITECTURES
        },
        "dropout": Check(("build", "loss"), check_head_dropout),
        "align": Check(("align",), check_align),
        "windows": Check(("windows",), check_windows),
        "run": Check(("build", "run"), check_finetuning),
        "accumulate": Check(("build", "run"), check_accumulation),
    },
    scratch_bert="parity.ours.finetuning:ScratchFinetuning",
)
