"""Every known mistake of the model, by name."""

from parity.core.mistake import Mistake
from parity.model.mistakes import (
    attention,
    attention_mask,
    embeddings,
    feed_forward,
    gradients_and_dropout,
    heads,
    loading,
    lookups,
    norms,
    residuals,
    softmax,
)

PARTS = (
    lookups,
    embeddings,
    norms,
    attention,
    attention_mask,
    softmax,
    residuals,
    feed_forward,
    loading,
    heads,
    gradients_and_dropout,
)

CATALOGUE: dict[str, Mistake] = {mistake.id: mistake for part in PARTS for mistake in part.MISTAKES}
