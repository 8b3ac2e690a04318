"""The learning rate: a linear warm-up, then a linear decay to 0 (paper: appendix A.2).

In the first steps Adam divides by a mean of only a few squared gradients, a bad estimate (Liu et
al., 2020). The warm-up keeps those steps small. The decay lets the parameters settle at the end.
"""


def huggingface_schedule(step: int, warmup: int, total: int) -> float:
    """Return the share of the learning rate at a step (HF `get_linear_schedule_with_warmup`).

    Steps count from 0, so the first one of a warm-up has rate 0 and changes no parameter.

    >>> [huggingface_schedule(step, 2, 6) for step in range(7)]
    [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0]
    """
    if step < warmup:
        return step / max(1, warmup)
    return max(0.0, (total - step) / max(1, total - warmup))


def original_schedule(step: int, warmup: int, total: int) -> float:
    """Return the share of the learning rate at a step in google-research/bert (optimization.py).

    The decay counts from step 0: after a warm-up the share goes on from 1 - warmup / total, not 1.

    >>> [round(original_schedule(step, 4, 6), 3) for step in range(7)]
    [0.0, 0.25, 0.5, 0.75, 0.333, 0.167, 0.0]
    """
    if step < warmup:
        return step / warmup
    return max(0.0, 1 - step / total)
