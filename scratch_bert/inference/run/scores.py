"""Logits → probabilities, in numpy and in the order of operations of HF's pipelines."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]


def softmax(logits: Numbers) -> Numbers:
    """Return shares of the last axis that add up to 1: (…, labels) → (…, labels)."""
    shifted = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def sigmoid(logits: Numbers) -> Numbers:
    """Return each number's own share, between 0 and 1."""
    return 1.0 / (1.0 + np.exp(-logits))
