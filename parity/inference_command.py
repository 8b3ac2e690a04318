"""`parity inference`: does a BERT that is used say what HuggingFace's pipelines say?"""

from typing import Annotated

from parity.checks.inference import INFERENCE
from parity.command_options import Format, FormatOption
from parity.suite_command import candidate_argument, check_option, judge


def inference_command(
    candidate: Annotated[str, candidate_argument(INFERENCE)] = INFERENCE.scratch_bert,
    check: Annotated[list[str] | None, check_option(INFERENCE)] = None,
    form: FormatOption = Format.HUMAN,
) -> int:
    """Compare what a trained model is used for with HuggingFace: words, classes, tags, answers.

    Where it diverges, known mistakes are tried until one gives its answers.

    Exit codes: 0 parity, 1 diverges, 2 the candidate crashed, 3 not comparable, 4 usage,
    5 nothing was compared.
    """
    return judge(INFERENCE, candidate, check or (), form)
