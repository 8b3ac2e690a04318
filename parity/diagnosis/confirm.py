"""Causes confirmed: the reference makes all of them at once, and the candidate is judged by that.

Every stage must then agree, in both lanes and on every probe. A stage alone cannot show that:
where a mask is multiplied in after a softmax that the judge sees, the probabilities are those of a
model without a mask, and what follows is not.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from parity.core.cause import Cause, Injections, injections
from parity.core.compare import Comparison, Status
from parity.core.mistake import Injection
from parity.core.probes import Mode
from parity.diagnosis.bench import LANES, Bench, Evidence
from parity.diagnosis.observations import Observations
from parity.diagnosis.search import Alternatives
from parity.model.expected import GRADIENT
from parity.model.mistakes.catalogue import CATALOGUE

_BY_ITSELF = "it differs only where the inputs are those of the mistakes that are named"
_OTHER_HEADS = ", cut into another number of heads,"
_TRIES = 16  # judgements in which other causes are tried


@dataclass
class Confirmed:
    """What is left of the causes that were found.

    Attributes:
        causes: with which everything agrees.
        withdrawn: stages whose causes did not stand, and why.
        evidence: the candidate judged by a reference that makes the causes.
    """

    evidence: Evidence
    causes: list[Cause] = field(default_factory=list)
    withdrawn: dict[str, list[str]] = field(default_factory=dict)


def confirm(
    bench: Bench,
    known: Injections,
    alternatives: Sequence[Alternatives],
    unknown: Collection[str],
    mode: Mode,
) -> Confirmed:
    """Choose the causes with which everything agrees.

    Args:
        bench: runs both sides.
        known: mistakes that are confirmed already.
        alternatives: of each stage that is explained, the causes that explain it.
        unknown: stages that nothing explains; what differs there is no contradiction.
        mode: which probes decide.
    """
    chosen, others = _most_common(alternatives)
    first, tries, left_out = [*chosen], _TRIES, list[Cause]()
    withdrawn: dict[str, list[str]] = {}
    before = ""
    while True:
        evidence = bench.judged_by(known + injections(chosen))
        contradiction = _first_wrong(bench, evidence, {*unknown, *withdrawn}, mode)
        if contradiction is None and mode is Mode.EVALUATE:
            contradiction = _wrong_with_other_heads(bench, known, chosen)
        if contradiction == before and left_out:  # it is no contradiction, but differs by itself
            withdrawn[contradiction] = [_BY_ITSELF]
            chosen, left_out = [*chosen, *left_out], []
            others += [iter(())] * (len(chosen) - len(others))
            first = [*first, *chosen[len(first) :]]
            continue
        withdrawn |= {
            stage: [f"consistent with {' and '.join(ids(cause))} here, but {before} is not"]
            for cause in left_out
            for stage in cause.stages
        }
        left_out = []
        is_random = any(each.mistake.is_random for each in injections(chosen))
        if contradiction is None or not chosen or is_random:
            return Confirmed(evidence, chosen, withdrawn)
        wrong = _kinds(chosen[_culprit(bench.counterfactual.stages, chosen, contradiction)])
        # A mistake that is made in all layers is wrong in all.
        tries, before = tries - 1, contradiction
        for place in reversed([i for i, cause in enumerate(chosen) if _kinds(cause) == wrong]):
            if tries > 0 and (another := next(others[place], None)):
                chosen[place] = another
                continue
            left_out.append(first.pop(place))
            chosen.pop(place)
            others.pop(place)


def of_the_whole(
    bench: Bench, observations: Observations, unknown: Collection[str]
) -> Confirmed | None:
    """Find a mistake by which stages change their order, so that only the whole model shows it.

    Args:
        bench: runs both sides.
        observations: what the candidate computed.
        unknown: stages that nothing else explains.
    """
    stages, layers = bench.counterfactual.stages, bench.counterfactual.layers
    for known in (each for each in CATALOGUE.values() if each.reorders):
        places = known.places(stages, layers)
        touched = {stage for place in places for stage in place}
        if not touched & {*unknown}:
            continue
        for value in known.values:
            mistakes = tuple(Injection(known, place, value) for place in places)
            evidence = bench.judged_by(mistakes)
            probes = _probes(evidence, Mode.EVALUATE)
            here = [
                row
                for row in evidence.rows
                if row.lane == "isolated" and row.name in touched and row.probe in probes
            ]
            if here and all(row.passed for row in here):
                wrong = {name: each for name, each in observations.wrong.items() if name in touched}
                after = {(row.name, row.probe): row.max_abs for row in here}
                return Confirmed(evidence, [_made_at(each, wrong, after) for each in mistakes])
    return None


def _made_at(
    made: Injection,
    wrong: Mapping[str, Mapping[str, Comparison]],
    after: Mapping[tuple[str, str], float],
) -> Cause:
    stages = tuple(stage for stage in wrong if stage in made.stages)
    probe, before = next(iter(wrong[stages[0]].items()))
    return Cause((made,), stages, probe, before.max_abs, after[stages[0], probe])


def ids(cause: Cause) -> tuple[str, ...]:
    """The names of what a cause makes, each once."""
    return tuple(dict.fromkeys(each.mistake.id for each in cause.mistakes))


def _kinds(cause: Cause) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What a cause makes, wherever it does; what is fitted to one place is of its own kind."""
    return tuple((each.mistake.id, each.mistake.stages) for each in cause.mistakes)


def _most_common(alternatives: Sequence[Alternatives]) -> tuple[list[Cause], list[Iterator[Cause]]]:
    """Of what explains a stage equally well choose what explains most stages; else the first.

    Returns:
        One cause for each stage, and for each stage the other causes.
    """
    votes = Counter(ids(cause) for causes in alternatives for cause in causes.best)
    chosen, others = list[Cause](), list[Iterator[Cause]]()
    for causes in alternatives:
        equal = [cause for cause in causes.best if cause.rank == causes.best[0].rank]
        first = max(equal, key=lambda cause: votes[ids(cause)])
        chosen.append(first)
        rest = [cause for cause in causes.best if cause is not first]
        others.append(chain(rest, causes.others))
    return chosen, others


def _first_wrong(
    bench: Bench, evidence: Evidence, unknown: Collection[str], mode: Mode
) -> str | None:
    """The first stage that differs, of what was compared before, though no unknown one is why."""
    before = {(row.name, row.probe, row.lane) for row in bench.evidence.rows}  # it may end early
    probes = _probes(evidence, mode)
    for alone in (True, False):
        for row in evidence.rows:
            if row.passed or row.probe not in probes or row.lane == "padding":
                continue
            if (row.name, row.probe, row.lane) not in before:
                continue
            if alone != (row.lane in LANES) or row.status is Status.MISSING_OURS:
                continue
            name = f"{row.name}{LANES.get(row.lane, '')}"
            follows = name.replace(".probabilities", ".scores") in unknown
            if name not in unknown and not follows and (alone or not unknown):
                return name
    return None


def _wrong_with_other_heads(bench: Bench, known: Injections, causes: Sequence[Cause]) -> str | None:
    """The first stage where a scale, which one head_dim shows, does not hold for another one."""
    stages = {s for cause in causes if _is_scale(cause) for s in cause.touched}
    if not stages:
        return None
    rows = bench.judged_with_other_heads(known + injections(causes))
    wrong = (row.name for row in rows if row.lane == "isolated" and not row.passed)
    return next((f"{name}{_OTHER_HEADS}" for name in wrong if name in stages), None)


def _is_scale(cause: Cause) -> bool:
    return any("scale" in name for name in ids(cause)) and not cause.is_harmless


def _probes(evidence: Evidence, mode: Mode) -> set[str]:
    """The names of a mode's probes that are not in low precision."""
    probes = evidence.recording.probes()
    return {each.name for each in probes if each.mode is mode and not each.dtype}


def _culprit(stages: Sequence[str], causes: Sequence[Cause], contradiction: str) -> int:
    """The number of the cause that is nearest to what contradicts it, if possible before it."""
    order = {name: place for place, name in enumerate(stages)}
    stage = contradiction.removesuffix(_OTHER_HEADS).removesuffix(GRADIENT)
    end = order.get(stage, len(order))
    begins = [order.get(cause.mistakes[0].stage, len(order)) for cause in causes]
    before = [place for place, begin in enumerate(begins) if begin <= end]
    return max(before or range(len(causes)), key=begins.__getitem__)
