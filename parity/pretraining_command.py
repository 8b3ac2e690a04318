"""`parity pretraining`: is a BERT pretrained as HuggingFace's is, from the first number on?"""

from typing import Annotated

from parity.checks.pretraining import PRETRAINING
from parity.command_options import Format, FormatOption
from parity.suite_command import candidate_argument, check_option, judge


def pretraining_command(
    candidate: Annotated[str, candidate_argument(PRETRAINING)] = PRETRAINING.scratch_bert,
    check: Annotated[list[str] | None, check_option(PRETRAINING)] = None,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare a pretraining with HuggingFace: first weights, hidden words, pairs, loss, steps.

    Where it diverges, known mistakes are tried until one gives its numbers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    return judge(PRETRAINING, candidate, check or (), form)
