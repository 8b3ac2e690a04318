"""Is this BERT the same as HuggingFace's, and if not, where?

Read in this order: stages (what is compared) → trace (how a model is tapped) → compare (two
tensors) → diff (two models) → report. `reference.py` alone knows transformers and tokenizers,
`scratch.py` alone knows scratch_bert. `parity.Stage` is what an adapter needs of it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.stages import Stage

__all__ = ["Stage"]


def __getattr__(name: str) -> Any:
    if name != "Stage":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from parity.stages import Stage

    return Stage
