"""Which known mistakes explain a divergence: those that, made by the reference, give its numbers.

Each stage that was born wrong is a question of its own, since in the isolated lane everything
before it is right; so several mistakes in one model do not hide each other. A mistake is named only
if it gives the candidate's numbers to the judge's own tolerance, on every probe and at every stage
that it touches. What no mistake explains stays unknown.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from parity.causes import Cause, Diagnosis, Mistakes
from parity.counterfactual import Counterfactual
from parity.describe import describe
from parity.evidence import Evidence
from parity.search import Search


def diagnose(
    counterfactual: Counterfactual,
    evidence: Evidence,
    known: Mistakes = (),
    settled: Collection[str] = (),
) -> Diagnosis:
    """Explain each stage that was born wrong, first to last.

    Args:
        counterfactual: the reference.
        evidence: what the candidate computed.
        known: mistakes that it makes in any case.
        settled: stages that those explain.
    """
    search, found = Search(counterfactual, evidence, known), Diagnosis()
    explained, alternatives = {*settled}, list[list[Cause]]()
    for stage in evidence.wrong:
        if stage in explained:
            continue
        causes = search.explain(stage)
        if causes:
            alternatives.append(causes)
            explained |= {*causes[0].stages}
        else:
            found.unknown[stage] = describe(evidence, stage, counterfactual.heads)
    found.causes = _most_common(alternatives)
    return found


def _most_common(alternatives: Sequence[Sequence[Cause]]) -> list[Cause]:
    """Of what explains a stage equally well choose what explains most stages; else the first."""
    votes = Counter(_faults(cause) for causes in alternatives for cause in causes)
    return [max(causes, key=lambda cause: votes[_faults(cause)]) for causes in alternatives]


def _faults(cause: Cause) -> tuple[str, ...]:
    return tuple(mistake.fault.name for mistake in cause.mistakes)
