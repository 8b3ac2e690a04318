"""`parity finetuning`: does a BERT learn tasks as HuggingFace's does, from the labels on?"""

from typing import Annotated

from parity.checks.finetuning import FINETUNING
from parity.command_options import Format, FormatOption
from parity.suite_command import candidate_argument, check_option, judge


def finetuning_command(
    candidate: Annotated[str, candidate_argument(FINETUNING)] = FINETUNING.scratch_bert,
    check: Annotated[list[str] | None, check_option(FINETUNING)] = None,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare a fine-tuning with HuggingFace: each task's loss, labels of tokens, whole epochs.

    Where it diverges, known mistakes are tried until one gives its numbers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    return judge(FINETUNING, candidate, check or (), form)
