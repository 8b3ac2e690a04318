"""Write docs/mistakes.md: what the judge knows of how BERTs go wrong."""

from pathlib import Path
from typing import Annotated

import typer

from parity.core.mistake import Mistake
from parity.model.mistakes.catalogue import PARTS
from parity.self_test.trials import mistakes_by_title
from parity.tokenizer.mistakes.catalogue import CATALOGUE as TOKENIZER

PATH = Path(__file__).parents[1] / "docs" / "mistakes.md"
HEADER = """\
# How BERTs go wrong

What `parity diagnose`, `tokenizer`, `pretraining`, `finetuning` and `inference` try, and
`parity self-test` makes: {number} mistakes, and {same} edits that look like one. Each is a few
lines in a folder or file `mistakes` of [`parity`](../parity), from which
`tools/generate_mistakes_page.py` writes this page.
"""


def page() -> str:
    """Return the page."""
    parts = {part.__doc__ or "": part.MISTAKES for part in PARTS}
    parts["Tokenizer mistakes."] = tuple(TOKENIZER.values())
    for title, mistakes in mistakes_by_title().items():
        parts[title] = mistakes
    every = [mistake for mistakes in parts.values() for mistake in mistakes]
    same = sum(bool(mistake.equivalent) for mistake in every)
    lines = [HEADER.format(number=len(every) - same, same=same)]
    for title, mistakes in parts.items():
        lines += [f"\n## {title.strip().splitlines()[0].rstrip('.')}\n"]
        lines += ["| id | mistake | detected by | fix | breaks |", "|---|---|---|---|---|"]
        lines += [_row(mistake) for mistake in mistakes]
    return "\n".join(lines) + "\n"


def _row(mistake: Mistake) -> str:
    done = mistake.description.replace("{value}", "another number")
    done += f"; seen in: {mistake.seen}" if mistake.seen else ""
    instead = f"correct: {mistake.equivalent}" if mistake.equivalent else mistake.fix
    cells = (f"`{mistake.id}`", done, mistake.detected_by, instead, _broken(mistake))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _broken(mistake: Mistake) -> str:
    """Link the function of scratch_bert that it breaks."""
    assert mistake.breaks is not None
    file = f"{mistake.breaks.__module__.replace('.', '/')}.py"
    return f"[`{mistake.breaks.__qualname__}`](../{file})"


def main(
    check: Annotated[
        bool, typer.Option(help="Write nothing; 1 where the page is another.")
    ] = False,
) -> None:
    """Write the page."""
    if not check:
        PATH.write_text(page(), encoding="utf-8")
    elif PATH.read_text(encoding="utf-8") != page():
        typer.echo(f"{PATH}: is not what the catalogue says; run this without --check")
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
