"""A diagnosis for a person: where, what, the proof, what to do."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parity.core.cause import Cause, Diagnosis
from parity.core.mistake import Injection

Line = tuple[str, str]  # and its style

_SHOWN = 8  # stages that nothing explains


@dataclass(frozen=True)
class Explanation:
    """Injections that were found together, everywhere they were.

    Attributes:
        descriptions: each mistake in words.
        where: the stages of the first ones.
        stages: all that are explained.
        place: in the candidate's code, `file:line`, or "".
        proof: the differences before and after, in words.
        fixes: what to do, for each kind of mistake.
        ids: the mistakes' ids.
        repeat: the command that shows it, or "" where no candidate has a name.
        harmless: why a model with these differences is correct, if it is.
    """

    descriptions: list[str]
    where: str
    stages: list[str]
    place: str
    proof: str
    fixes: list[str]
    ids: list[str]
    repeat: str
    harmless: str


def explanations(diagnosis: Diagnosis, candidate: object) -> list[Explanation]:
    """Put causes of the same mistakes together; harmless ones come last."""
    groups: dict[tuple[Injection, ...], list[Cause]] = {}
    for cause in (*diagnosis.causes, *diagnosis.harmless):
        # Alike but for the last digits of what was estimated.
        made = ((each.mistake, float(f"{each.value:.6g}")) for each in cause.mistakes)
        groups.setdefault(tuple(Injection(it, (), value) for it, value in made), []).append(cause)
    return [_explained(causes, diagnosis, candidate) for causes in groups.values()]


def lines(diagnosis: Diagnosis, candidate: object = "") -> Iterator[Line]:
    """Yield the lines to print; without a candidate's name, no command to repeat."""
    for each in explanations(diagnosis, candidate):
        first, *others = each.stages
        seen = "" if each.where == first else f", seen at {first}"
        place = f", at {each.place}" if each.place else ""
        kind, style = ("note", "bold yellow") if each.harmless else ("cause", "bold red")
        yield f"\n{kind}: {'; and '.join(each.descriptions)}", style
        yield f"  where  {each.where}{seen}{place}", ""
        if others:
            last = f" and {len(others) - 3} more" if len(others) > 3 else ""
            yield f"         and {', '.join(others[:3])}{last}", ""
        yield f"  proof  {each.proof}", ""
        if each.harmless:
            yield f"  why    this is correct: {each.harmless}", "green"
        else:
            yield from ((f"  fix    {hint}", "green") for hint in each.fixes)
        yield f"  called {', '.join(each.ids)}", "dim"
        if each.repeat:
            yield f"  again  {each.repeat}", "dim"
    unknown = [*diagnosis.unknown.items()]
    for stage, known in unknown[:_SHOWN]:
        place = diagnosis.places.get(stage, "")
        at = f", at {place}" if place else ""
        yield f"\nunknown: no known mistake explains {stage}{at}", "bold red"
        yield from ((f"  {fact}", "") for fact in known)
    if len(unknown) > _SHOWN:
        yield f"\nunknown: {len(unknown) - _SHOWN} more stages, which may follow from these", "red"
    for note in diagnosis.notes:
        yield f"\n{note}", "yellow"


def _explained(causes: Sequence[Cause], diagnosis: Diagnosis, candidate: object) -> Explanation:
    first = causes[0]
    stages = [stage for cause in causes for stage in cause.stages]
    command = f"parity diagnose {candidate} --checkpoint {diagnosis.checkpoint} --probe"
    return Explanation(
        descriptions=[*dict.fromkeys(each.description for each in first.mistakes)],
        where=" and ".join(each.stage for each in first.mistakes),
        stages=stages,
        place=diagnosis.places.get(stages[0], ""),
        proof=(
            f"on {first.probe!r} the largest difference is {first.before:.1e}; "
            f"from HuggingFace's BERT with this mistake it is {first.after:.1e}"
        ),
        fixes=[*dict.fromkeys(each.mistake.fix for each in first.mistakes)],
        ids=[*dict.fromkeys(each.mistake.id for each in first.mistakes)],
        harmless="; ".join(dict.fromkeys(each.mistake.harmless for each in first.mistakes)),
        repeat=f"{command} {shlex.quote(first.probe)}" if candidate else "",
    )
