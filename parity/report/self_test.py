"""What the judge sees: for a terminal, as JSON, and as a page."""

import html
import json
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.core.probes import probes
from parity.model.mistakes.catalogue import CATALOGUE
from parity.self_test.run import Results, TrialResult
from parity.self_test.trials import every_mistake

_PAGE = Path(__file__).with_name("self_test.html")
_PROBES = [probe.name for probe in probes(vocab_size=99, positions=80, segments=2)]
_TEXT = {
    "caught": "caught: something differs",
    "located": "the first difference is where the mistake was made",
    "named": "the mistake is named first",
}


def show(results: Results, console: Console) -> None:
    """Print a line for each trial that something is to be said of, and the score."""

    def say(line: str, style: str = "") -> None:
        console.print(Text(line, style=style), soft_wrap=True)

    for found in _all(results):
        if wrong := _complaint(found, results):
            at = "".join(f" at {stages[0]}" for _, stages in found.trial.made[:1])
            say(f"{found.trial.name}{at}: {wrong}", "red")
    for name, probe in results.of_one_probe.items():
        say(f"{name}: only {probe!r} shows it", "dim")
    score = results.score
    for key in ("caught", "located", "named"):
        whole = score["locatable" if key == "located" else "faults"]
        say(f"{score[key]:>4} of {whole} mistakes {key}", "" if score[key] == whole else "yellow")
    if results.draws:
        named = sum(found.named for (found,) in results.draws.values())
        say(f"{named:>4} of {len(results.draws)} draws of two or three mistakes named in full")
    noted = f"{score['noted']:>4} of {score['harmless']} harmless differences explained in a note"
    say(noted, "" if score["noted"] == score["harmless"] else "red")
    alarms = score["false_alarms"]
    say(
        f"{alarms:>4} of {score['variants']} correct implementations accused (false alarms)",
        "red" if alarms else "",
    )
    misled = sum(found.outputs for each in results.equivalent.values() for found in each)
    say(f"{misled:>4} of {len(results.equivalent)} harmless edits change an output")
    say(
        "holds" if results.holds else "does not hold", "bold green" if results.holds else "bold red"
    )


def _all(results: Results) -> Iterator[TrialResult]:
    right = (results.variants, results.equivalent, results.harmless)
    for kind in (*right, results.faults, results.draws):
        for each in kind.values():
            yield from each


def _complaint(found: TrialResult, results: Results) -> str:
    """What is not as it should be."""
    if found.trial.name in results.variants:
        accused = f"accused on {', '.join(found.probes)}, first at {found.first}"
        return accused if found.probes else ""
    if found.trial.name in results.harmless:
        accused = ", ".join(found.causes) or f"wrong on {', '.join(found.probes)}"
        return "" if found.named else f"no note: {accused if found.probes else 'not seen'}"
    if found.trial.name in results.equivalent:
        return "an output differs" if found.outputs else ""
    if found.trial.name in results.draws:
        made = ", ".join(name for name, _ in found.trial.made)
        called = f"{made} are called {', '.join(found.causes) or 'unknown'}"
        return "" if found.named else called
    if not found.probes:
        return "not caught"
    if not found.located and found.trial.name in CATALOGUE:
        return f"the first difference is at {found.first}"
    if not found.named:
        return f"called {', '.join(found.causes[:3]) or 'unknown'}"
    return f"besides, {len(found.unknown)} stages stay unexplained" if found.unknown else ""


def to_json(results: Results) -> str:
    """Return the score, and every trial."""
    fields = {
        "score": results.score,
        "only_one_probe": results.of_one_probe,
        "faults": [_row(found) for each in results.faults.values() for found in each],
        "harmless": [_row(found) for each in results.harmless.values() for found in each],
        "equivalent": [_row(found) for each in results.equivalent.values() for found in each],
        "draws": [_row(found) for each in results.draws.values() for found in each],
        "variants": [_row(found) for each in results.variants.values() for found in each],
    }
    return json.dumps(fields, indent=1, ensure_ascii=False)


def _row(found: TrialResult) -> dict[str, Any]:
    return {
        "name": found.trial.name,
        "made": [{"fault": name, "stages": stages} for name, stages in found.trial.made],
        "named": found.named,
        "probes": found.probes,
        "first": found.first,
        "causes": found.causes,
        "notes": found.notes,
        "unknown": found.unknown,
        "outputs": found.outputs,
    }


def to_html(results: Results) -> str:
    """Return a page: mistakes down, probes across."""
    trials = [*_all(results)]
    seen = dict.fromkeys(probe for found in trials for probe in found.probes)
    shown = [probe for probe in _PROBES if probe in seen]
    shown += [other for other in seen if other not in _PROBES]
    head = "".join(f"<th><span>{html.escape(probe)}</span></th>" for probe in shown)
    rows = [_line(found, shown, results) for each in results.faults.values() for found in each]
    score = results.score
    figures = "".join(
        f"<li><b>{score[key]}</b> of {score[whole]} {_TEXT[key]}</li>"
        for key, whole in (("caught", "faults"), ("located", "locatable"), ("named", "faults"))
    )
    right = "".join(f"<li>{html.escape(name)}</li>" for name in results.variants)
    same = "".join(
        f"<li><b>{name}</b>: {html.escape(every_mistake()[name].equivalent)}</li>"
        for name in results.equivalent
    )
    notes = "".join(
        f"<li><b>{name}</b>: {html.escape(every_mistake()[name].harmless)}</li>"
        for name in results.harmless
    )
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        head=head,
        rows="".join(rows),
        score=figures,
        alarms=f"{score['false_alarms']} of {score['variants']}",
        variants=right,
        draws=f"{sum(found.named for (found,) in results.draws.values())} of {len(results.draws)}",
        equivalent=same,
        noted=f"{score['noted']} of {score['harmless']}",
        harmless=notes,
    )


def _line(found: TrialResult, shown: list[str], results: Results) -> str:
    known = every_mistake()[found.trial.name]
    cells = "".join(
        f'<td class="{"seen" if probe in found.probes else "not"}" title="{html.escape(probe)}">'
        f"{'●' if probe in found.probes else '·'}</td>"
        for probe in shown
    )
    complaint = html.escape(_complaint(found, results))
    says = html.escape(known.description.replace("{value}", "another number"))
    hint = html.escape(known.fix)
    name, stage = html.escape(known.id), html.escape(found.trial.stage)
    return (
        f'<tr><th scope="row" title="{hint}"><b>{name}</b><i>{says}</i>'
        f"<code>{stage}</code>{f'<em>{complaint}</em>' if complaint else ''}</th>{cells}</tr>\n"
    )
