"""Is anything dropped in training? Other draws end elsewhere, but not where no dropout ends."""

from collections.abc import Callable, Iterable

from parity.core.compare import Comparison, Status, bit_equal
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.suite.training_runs import State

_LEFT_OFF = 0.1
"""How near a training with dropout may come to one without, as a share of the distance between the
reference's two: five with other draws were 0.97 to 1.06 away, one without dropout 0.001, by
rounding alone."""


def judge_dropped(
    outcome: Outcome,
    ours: State,
    theirs: State,
    without: State,
    mistake: Callable[[], Mistake],
    where: str = "",
) -> None:
    """Judge a training with dropout by its end.

    That the bits are the reference's from the same seed is told and not demanded; that something
    is dropped is demanded.

    Args:
        outcome: gets a row, the bits, and the cause.
        ours: the candidate's parameters in the end; none if there are none.
        theirs: the reference's.
        without: those of the reference without dropout.
        mistake: returns the mistake that nothing is dropped.
        where: the probe; by default the check's name.
    """
    probe = where or outcome.check
    both = [name for name in theirs if name in ours and ours[name].shape == theirs[name].shape]
    equal, of = outcome.bits or (0, 0)
    own = sum(bit_equal(ours[name], theirs[name]) for name in both)
    outcome.bits = equal + own, of + len(theirs)
    if not both:
        note = "nothing was trained under HuggingFace's names"
        outcome.rows.append(Comparison("parameters", Status.MISSING_OURS, note=note, probe=probe))
        return
    near = _distance(both, ours, without) / _distance(both, theirs, without)
    left_off = not near > _LEFT_OFF  # so that NaN is wrong, too
    note = (
        f"trained with dropout it is {near:.1e} of the reference's distance from a training "
        f"without, expected more than {_LEFT_OFF}"
    )
    status = Status.VALUE if left_off else Status.MATCH
    outcome.rows.append(Comparison("parameters", status, note=note, probe=probe))
    if near <= _LEFT_OFF and mistake() not in outcome.causes:
        outcome.causes.append(mistake())


def _distance(names: Iterable[str], ours: State, theirs: State) -> float:
    return sum((ours[name] - theirs[name]).abs().sum().item() for name in names)
