"""Is this BERT the same as HuggingFace's, and if not, where?

Read in this order: stages (what is compared) → trace (how a model is tapped) → compare (two
tensors) → diff (two models) → report. `reference.py` alone knows transformers and tokenizers,
`scratch.py` alone knows scratch_bert. `parity.Stage` is what an adapter
needs of it, `parity.load` builds one to try things on, `parity.examine` judges it, and
`parity.parametrize_with_checks` makes tests of it. `parity.reference_attentions` is what
HuggingFace's looks at.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.api import examine, reference_attentions
    from parity.core.stages import Stage
    from parity.model.candidate_under_test import load
    from parity.testing.checks import parametrize_with_checks

__all__ = ["Stage", "examine", "load", "parametrize_with_checks", "reference_attentions"]

_PLACES = {
    "Stage": "parity.core.stages",
    "examine": "parity.api",
    "load": "parity.model.candidate_under_test",
    "parametrize_with_checks": "parity.testing.checks",
    "reference_attentions": "parity.api",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
