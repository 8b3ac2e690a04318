"""The learning rate: up in a line, then down to nothing in another."""

from enum import StrEnum


class Preset(StrEnum):
    """Whose optimiser and schedule.

    HUGGINGFACE is the `Trainer`'s: AdamW, eps 1e-8, decay of the learning rate after the warm-up.
    ORIGINAL is google-research/bert's: AdamW without bias correction, eps 1e-6, decay from step 0.
    """

    HUGGINGFACE = "huggingface"
    ORIGINAL = "original"


def huggingface_schedule(step: int, warmup: int, total: int) -> float:
    """Return the share of the learning rate at a step (HF `get_linear_schedule_with_warmup`).

    >>> [huggingface_schedule(step, 2, 6) for step in range(7)]
    [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0]
    """
    if step < warmup:
        return step / max(1, warmup)
    return max(0.0, (total - step) / max(1, total - warmup))


def original_schedule(step: int, warmup: int, total: int) -> float:
    """Return the share in google-research/bert, where the way down begins at step 0.

    So it falls from 1 to 1 - warmup / total in one step when the warm-up ends.

    >>> [round(original_schedule(step, 2, 6), 3) for step in range(7)]
    [0.0, 0.5, 0.667, 0.5, 0.333, 0.167, 0.0]
    """
    if step < warmup:
        return step / warmup
    return max(0.0, 1 - step / total)
