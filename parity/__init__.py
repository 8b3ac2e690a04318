"""Is this BERT the same as HuggingFace's, and if not, where and why?

    model/ tokenizer/ pretraining/ finetuning/ inference/
                each judges this part of a BERT: its candidate, its checks, its known mistakes
    diagnosis/  finds the cause of a wrong stage: makes known mistakes in the reference
    adapter/    pairs an unknown model with HuggingFace's weights and stages
    core/       what all of them stand on: stages, probes, tolerance, comparison, recordings
    suite/      what pretraining, fine-tuning and inference share
    ours/       scratch_bert as a candidate
    self_test/  measures the judge: injects every known mistake
    exercises/  a learner writes one part of BERT
    report/ testing/ cli/
                results for people, for pytest, for the command line
    reference   HuggingFace; no other file of both packages imports transformers

Public names: `Stage` is what an adapter needs, `load` builds a candidate to try it, `examine`
judges it, `parametrize_with_checks` makes tests of it, `reference_attentions` is HuggingFace's
attention.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.api import examine, reference_attentions
    from parity.core.stages import Stage
    from parity.model.model_under_test import load
    from parity.testing.checks import parametrize_with_checks

__all__ = ["Stage", "examine", "load", "parametrize_with_checks", "reference_attentions"]

_PLACES = {
    "Stage": "parity.core.stages",
    "examine": "parity.api",
    "load": "parity.model.model_under_test",
    "parametrize_with_checks": "parity.testing.checks",
    "reference_attentions": "parity.api",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
