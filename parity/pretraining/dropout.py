"""Is anything dropped in training, and does the seed decide what is?

Other draws end elsewhere, but not where no dropout ends.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from parity.core.compare import Comparison, Status, bit_equal
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.suite.training_runs import State

Train = Callable[[int], Sequence[State]]

_LEFT_OFF = 0.1
"""How near a training with dropout may come to one without, as a share of the distance between the
reference's two: five with other draws were 0.97 to 1.06 away, one without dropout 0.001, by
rounding alone."""


_ALIKE = 1e-3
"""How near two trainings are that drop the same, as a share of how far a few steps go: 0 here, on
one thread; with other draws they are 2 apart, where few steps were taken."""


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


def judge_seeds(outcome: Outcome, train: Train, seed: int, where: str = "") -> None:
    """Judge whether a training with dropout ends alike from equal seeds, and only from these.

    Args:
        outcome: gets two rows.
        train: takes a few steps from a seed, from the same weights each time; returns the
            candidate's parameters after each.
        seed: that is tried twice, and then the next one once.
        where: the probe; by default the check's name.
    """
    probe = where or outcome.check
    runs = [train(each) for each in (seed, seed, seed + 1)]
    if not all(runs):
        note = f"a training of a few steps took none from a seed of {seed}"
        outcome.rows.append(Comparison("seed", Status.VALUE, note=note, probe=probe))
        return
    first, again, other = (each[-1] for each in runs)
    moved = _distance(first, first, runs[0][0])  # whose rate is 0, in a warm-up
    for name, there, is_same in (("one seed", again, True), ("two seeds", other, False)):
        share = _distance(first, first, there) / moved if moved else math.nan
        expected = f"{'at most' if is_same else 'more than'} {_ALIKE}"
        note = (
            f"two trainings with dropout from {name} end {share:.1e} apart, as a share of how far "
            f"they go; expected {expected}, where settings['seed'] decides what is dropped"
        )
        is_right = share <= _ALIKE if is_same else share > _ALIKE  # NaN is wrong, too
        status = Status.MATCH if is_right else Status.VALUE
        outcome.rows.append(Comparison(name, status, note=note, probe=probe))


def _distance(names: Iterable[str], ours: State, theirs: State) -> float:
    return sum((ours[name] - theirs[name]).abs().sum().item() for name in names)
