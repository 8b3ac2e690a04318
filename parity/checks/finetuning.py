"""All checks of a fine-tuning, one after the other."""

from functools import partial

from parity.checks.finetuning_loss import check_task_loss
from parity.checks.finetuning_run import check_accumulation, check_finetuning
from parity.checks.head_dropout import check_head_dropout
from parity.checks.task_rows import check_align, check_windows
from parity.finetuning_candidate import FinetuningCandidate
from parity.plain_finetuning import TASKS
from parity.suite import Check, Suite

FINETUNING = Suite(
    "finetuning",
    FinetuningCandidate,
    {
        **{task: Check(("build", "loss"), partial(check_task_loss, task)) for task in TASKS},
        "dropout": Check(("build", "loss"), check_head_dropout),
        "align": Check(("align",), check_align),
        "windows": Check(("windows",), check_windows),
        "run": Check(("build", "run"), check_finetuning),
        "accumulate": Check(("build", "run"), check_accumulation),
    },
    scratch_bert="parity.scratch_finetuning:ScratchFinetuning",
)
