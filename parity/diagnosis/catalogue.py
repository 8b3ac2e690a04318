"""The catalogue: every known mistake, by name."""

from parity.core.mistake import Fault
from parity.diagnosis.mistakes import (
    attention,
    embeddings,
    feed_forward,
    heads,
    loading,
    lookups,
    masks,
    norms,
    residuals,
    softmax,
    training,
)

PARTS = (
    lookups,
    embeddings,
    norms,
    attention,
    masks,
    softmax,
    residuals,
    feed_forward,
    loading,
    heads,
    training,
)

CATALOGUE: dict[str, Fault] = {fault.name: fault for part in PARTS for fault in part.FAULTS}
