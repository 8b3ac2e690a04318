"""How many neutral mutants the judge finds, locates and names.

Standard operators change one place of the book, of other models, of a tokenizer and of trainings;
the judge says what is wrong with each. See tools/mutation/.
"""

from collections import Counter
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from mutation import running, through_check
from mutation.reasons import reason_for
from mutation.results import Place, Result
from mutation.targets import TARGETS
from rich.console import Console
from rich.table import Table

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


class Seed(StrEnum):
    """Which sample."""

    A = "A"
    B = "B"
    C = "C"
    CI = "CI"


Results = Annotated[Path, typer.Option(help="The file of results, one a line; it is continued.")]
Work = Annotated[Path, typer.Option(help="A folder for checkpoints; it is used again.")]
Public = Annotated[
    Path | None,
    typer.Option(help="A checkout of github.com/dhlee347/pytorchic-bert.", show_default="none"),
]


@app.command()
def run(
    results: Results,
    seed: Annotated[
        Seed, typer.Option(help="Gaps are closed on A and B; the score is C's.")
    ] = Seed.A,
    number: Annotated[int, typer.Option(min=1, help="Mutants of the sample.")] = 500,
    target: Annotated[
        list[str] | None, typer.Option(help="Repeatable.", show_default="all")
    ] = None,
    public: Public = None,
    shard: Annotated[str, typer.Option(help="PART/PARTS of the sample, from 1.")] = "1/1",
    only: Annotated[
        list[str] | None, typer.Option(help="Part of an id; repeatable.", show_default="all")
    ] = None,
    work: Work = Path(".mutation"),
) -> None:
    """Judge a sample of mutants."""
    names = target or [name for name in TARGETS if name != "public" or public]
    use(public)
    part, parts = map(int, shard.split("/"))
    chosen = running.sample(running.population(names), seed, number)[part - 1 :: parts]
    if only:
        chosen = [each for each in chosen if any(part in running.key(*each) for part in only)]
    place = Place.prepared(work.resolve())
    for count, result in enumerate(running.run(place, chosen, results), 1):
        typer.echo(f"{count} {result['seconds']:.1f} s {told(result)}")


def use(public: Path | None) -> None:
    """Read the public model from a folder."""
    if public:
        TARGETS["public"] = replace(TARGETS["public"], root=public.resolve())


@app.command()
def check(
    results: Results,
    number: Annotated[int, typer.Option(min=1, help="Models that are judged again.")] = 60,
    public: Public = None,
    work: Work = Path(".mutation"),
) -> None:
    """Judge models again with `parity check`; exit with 1 where a verdict is another one."""
    use(public)
    place = Place.prepared(work.resolve())
    found = {each["id"]: each for each in running.read(results) if "verdict" in each}
    models = [name for name in TARGETS if TARGETS[name].kind == "model"]
    models = [name for name in models if name != "public" or public]
    again = [
        (target, mutant)
        for target, mutant in running.sample(running.population(models), "A", 10_000)
        if f"{target.name}/{mutant.id}" in found
    ][:number]
    others = 0
    for target, mutant in again:
        before = found[f"{target.name}/{mutant.id}"]["verdict"]
        after = through_check.verdict(place, target, mutant)
        others += before != after
        typer.echo(f"{target.name}/{mutant.id}: {before}, parity check: {after}")
    typer.echo(f"{len(again) - others} of {len(again)} verdicts are equal")
    raise typer.Exit(bool(others))


def told(result: Result) -> str:
    """Tell a result in a line."""
    if "failed" in result:
        return f"{result['id']} FAILED {result['failed'].splitlines()[-1]}"
    causes = ", ".join(each[0] for each in result.get("causes", ()))
    words = [name for name in ("located", "named", "equivalent") if result.get(name)]
    return f"{result['id']}: {result['verdict']} {result.get('first', '')} {words} {causes}"


@app.command()
def score(results: Results) -> None:
    """Show the score of results."""
    found = running.read(results)
    counts: dict[str, Counter[str]] = {}
    for each in found:
        for name in (each.get("target", "failed"), "all"):
            counts.setdefault(name, Counter()).update(facts(each))
    names = ("mutants", "equivalent", "killed", "located", "named", "named wrongly", "failed")
    table = Table("target", *names, title=f"{results}")
    for name, count in sorted(counts.items(), key=lambda each: each[0] == "all"):
        table.add_row(name, *(str(count[each]) for each in names))
    console = Console(width=120)
    console.print(table)
    total = counts["all"]
    judged = max(1, total["mutants"] - total["equivalent"])
    for name, number, of in (
        ("killed", total["killed"], judged),
        ("located", total["located"], judged),
        ("named", total["named"], judged),
        ("equivalent", total["equivalent"], max(1, total["mutants"])),
    ):
        typer.echo(f"{name}: {number} of {of}, {100 * number / of:.1f} %")
    for each in found:
        if each.get("equivalent") and not reason_for(each["before"], each["after"]):
            typer.echo(f"equivalent without a reason: {each['id']}")
            typer.echo(f"    - {each['before']}\n    + {each['after']}")
    for title, kind in (
        ("survivors", "survived"),
        ("located elsewhere", "misplaced"),
        ("named wrongly", "named wrongly"),
    ):
        typer.echo(f"\n{title}")
        for each in found:
            if kind in facts(each):
                typer.echo(f"  {told(each)}")
                typer.echo(f"    - {each['before']}\n    + {each['after']}")
                typer.echo(f"    expected {each.get('declared')}; {each.get('error', '')}")
                more = each.get("elsewhere") or each.get("named wrongly")
                typer.echo(f"    {more}" if more else "")


def facts(result: Result) -> list[str]:
    """Say what a result counts as."""
    if "failed" in result:
        return ["failed"]
    found = ["mutants"]
    if result.get("equivalent"):
        return [*found, "equivalent"]
    found.append("killed" if result["killed"] else "survived")
    if result["killed"]:
        found.append("located" if result["located"] else "misplaced")
    if result.get("named"):
        found.append("named")
    if result.get("named wrongly"):
        found.append("named wrongly")
    return found


if __name__ == "__main__":
    app()
