"""The best of a training's evaluations, and when to wait no longer for a better one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Best:
    """Early stopping (HF `EarlyStoppingCallback` with `load_best_model_at_end`).

    What it says depends on the evaluations alone, so that a training that was stopped goes on
    waiting where it was.

    Attributes:
        metric: a name of an evaluation's; more is better.
        patience: evaluations in a row without a better one, after which it is over.
        keep: is called when the last evaluation is the best.
    """

    metric: str
    patience: int
    keep: Callable[[], object]

    def place(self, evaluations: Sequence[Mapping[str, float]]) -> int:
        """Return which of them is the best, the first one of equals."""
        found = [each[self.metric] for each in evaluations]
        return found.index(max(found))

    def note(self, evaluations: Sequence[Mapping[str, float]]) -> None:
        """Keep what is the best so far, after an evaluation."""
        if self.place(evaluations) == len(evaluations) - 1:
            self.keep()

    def over(self, evaluations: Sequence[Mapping[str, float]]) -> bool:
        """Whether nothing better came for long."""
        waited = len(evaluations) - 1 - self.place(evaluations) if evaluations else 0
        return waited >= self.patience
