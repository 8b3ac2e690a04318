"""A diagnosis for a person: where, what, the proof, what to do."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parity.core.cause import Cause, Diagnosis, injections
from parity.core.stages import grouped

Line = tuple[str, str]  # and its style

_SHOWN = 8  # kinds of stages that nothing explains
_EXPLAINED = 4  # stages besides those where a mistake is made


@dataclass(frozen=True)
class Explanation:
    """Injections that were found together, everywhere they were.

    Attributes:
        descriptions: each mistake in words.
        where: the stages at which they are made; those of several layers stand as one.
        explains: further stages that are explained.
        place: in the candidate's code, `file:line`, or "".
        proof: the differences before and after, in words.
        fixes: what to do, for each kind of mistake.
        ids: the mistakes' ids.
        repeat: the command that shows it, or "" where no candidate has a name.
        harmless: why a model with these differences is correct, if it is.
    """

    descriptions: list[str]
    where: list[str]
    explains: list[str]
    place: str
    proof: str
    fixes: list[str]
    ids: list[str]
    repeat: str
    harmless: str


@dataclass(frozen=True)
class Unknown:
    """Stages that nothing explains, and of which the same is known.

    Attributes:
        stages: those of several layers stand as one.
        known: facts.
        place: in the candidate's code, `file:line`, or "".
    """

    stages: list[str]
    known: list[str]
    place: str


def explanations(diagnosis: Diagnosis, candidate: object) -> list[Explanation]:
    """Put causes of the same mistakes together; harmless ones come last."""
    groups: dict[tuple[tuple[str, str], ...], list[Cause]] = {}
    for cause in (*diagnosis.causes, *diagnosis.harmless):
        same = dict.fromkeys((each.mistake.id, each.description) for each in cause.mistakes)
        groups.setdefault(tuple(same), []).append(cause)
    return [_explained(causes, diagnosis, candidate) for causes in groups.values()]


def unknowns(diagnosis: Diagnosis) -> list[Unknown]:
    """Put stages together of which the same is known."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for stage, known in diagnosis.unknown.items():
        kind = ".".join(part for part in stage.split(".") if not part.isdigit())
        groups.setdefault((kind, *known), []).append(stage)
    return [
        Unknown(grouped(stages), [*known], diagnosis.places.get(stages[0], ""))
        for (_, *known), stages in groups.items()
    ]


def lines(diagnosis: Diagnosis, candidate: object = "") -> Iterator[Line]:
    """Yield the lines to print; without a candidate's name, no command to repeat."""
    for each in explanations(diagnosis, candidate):
        place = f", at {each.place}" if each.place else ""
        kind, style = ("note", "bold yellow") if each.harmless else ("cause", "bold red")
        yield f"\n{kind}: {'; and '.join(each.descriptions)}", style
        yield f"  where  {', '.join(each.where)}{place}", ""
        if each.explains:
            more = len(each.explains) - _EXPLAINED
            last = f" and {more} more" if more > 0 else ""
            yield f"         explains {', '.join(each.explains[:_EXPLAINED])}{last}", ""
        yield f"  proof  {each.proof}", ""
        if each.harmless:
            yield f"  why    this is correct: {each.harmless}", "green"
        else:
            yield from ((f"  fix    {hint}", "green") for hint in each.fixes)
        yield f"  called {', '.join(each.ids)}", "dim"
        if each.repeat:
            yield f"  again  {each.repeat}", "dim"
    left = unknowns(diagnosis)
    for unknown in left[:_SHOWN]:
        at = f", at {unknown.place}" if unknown.place else ""
        yield f"\nunknown: no known mistake explains {', '.join(unknown.stages)}{at}", "bold red"
        yield from ((f"  {fact}", "") for fact in unknown.known)
    if len(left) > _SHOWN:
        yield f"\nunknown: {len(left) - _SHOWN} more stages, which may follow from these", "red"
    for note in diagnosis.notes:
        yield f"\n{note}", "yellow"


def _explained(causes: Sequence[Cause], diagnosis: Diagnosis, candidate: object) -> Explanation:
    first, made = causes[0], injections(causes)
    places = [stage for each in made for stage in each.stages]
    stages = [stage for cause in causes for stage in cause.stages]
    command = f"parity diagnose {candidate} --checkpoint {diagnosis.checkpoint} --probe"
    return Explanation(
        descriptions=[*dict.fromkeys(each.description for each in first.mistakes)],
        where=grouped(places),
        explains=grouped(stage for stage in stages if stage not in places),
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
