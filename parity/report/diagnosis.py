"""A diagnosis for a person at a terminal: where, what, the proof, what to do."""

import shlex
from collections.abc import Iterator, Sequence

from parity.causes import Cause, Diagnosis
from parity.edits import Mistake

Line = tuple[str, str]  # and its style

_SHOWN = 8  # stages that nothing explains


def lines(diagnosis: Diagnosis, candidate: object) -> Iterator[Line]:
    """Yield the lines to print."""
    command = f"parity diagnose {candidate} --checkpoint {diagnosis.checkpoint} --probe"
    groups: dict[tuple[Mistake, ...], list[Cause]] = {}
    for cause in diagnosis.causes:
        made = tuple(Mistake(each.fault, (), each.value) for each in cause.mistakes)
        groups.setdefault(_rounded(made), []).append(cause)
    for causes in groups.values():
        yield from _explained(causes, diagnosis)
        yield f"  again  {command} {shlex.quote(causes[0].probe)}", "dim"
    unknown = [*diagnosis.unknown.items()]
    for stage, known in unknown[:_SHOWN]:
        yield f"\nunknown: no known mistake explains {stage}{_place(diagnosis, stage)}", "bold red"
        yield from ((f"  {fact}", "") for fact in known)
    if len(unknown) > _SHOWN:
        yield f"\nunknown: {len(unknown) - _SHOWN} more stages, which may follow from these", "red"
    for note in diagnosis.notes:
        yield f"\n{note}", "yellow"


def _rounded(made: Sequence[Mistake]) -> tuple[Mistake, ...]:
    return tuple(Mistake(each.fault, (), float(f"{each.value:.6g}")) for each in made)


def _explained(causes: Sequence[Cause], diagnosis: Diagnosis) -> Iterator[Line]:
    first = causes[0]
    stages = [stage for cause in causes for stage in cause.stages]
    said = dict.fromkeys(each.says for each in first.mistakes)
    yield f"\ncause: {'; and '.join(said)}", "bold red"
    made = " and ".join(each.stage for each in first.mistakes)
    seen = "" if made == stages[0] else f", seen at {stages[0]}"
    yield f"  where  {made}{seen}{_place(diagnosis, stages[0])}", ""
    if len(stages) > 1:
        last = f" and {len(stages) - 4} more" if len(stages) > 4 else ""
        yield f"         and {', '.join(stages[1:4])}{last}", ""
    proof = (
        f"on {first.probe!r} the largest difference is {first.before:.1e}; "
        f"from HuggingFace's BERT with this mistake it is {first.after:.1e}"
    )
    yield f"  proof  {proof}", ""
    for hint in dict.fromkeys(each.fault.hint for each in first.mistakes):
        yield f"  mend   {hint}", "green"
    yield f"  called {', '.join(dict.fromkeys(each.fault.name for each in first.mistakes))}", "dim"


def _place(diagnosis: Diagnosis, stage: str) -> str:
    place = diagnosis.places.get(stage, "")
    return f", at {place}" if place else ""
