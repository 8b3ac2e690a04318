"""Inspections as a page: title, explanation and picture of each, in one file."""

import html
from collections.abc import Sequence
from pathlib import Path
from string import Template

from scratch_bert.inspection.figures.common import render
from scratch_bert.inspection.figures.draw import draw
from scratch_bert.inspection.result import Inspection

_PAGE = Path(__file__).with_name("page.html")


def page_of(found: Sequence[Inspection]) -> str:
    """Return a page of inspections, at least one."""
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        title=html.escape(found[0].title), sections="\n".join(map(_section, found))
    )


def _section(seen: Inspection) -> str:
    title = html.escape(seen.title)
    details = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(says)}</dd>"
        for name, says in seen.details.items()
    )
    figure = draw(seen)
    figure.suptitle("")  # the page has it
    svg = render(figure, "svg", transparent=True).decode()
    drawing = svg[svg.index("<svg") :]  # without what only a file of its own begins with
    return (
        f"<section>\n<h1>{title}</h1>\n<p>{html.escape(seen.explanation)}</p>\n<dl>{details}</dl>\n"
        f'<div class="picture" role="img" aria-label="{title}" tabindex="0">\n{drawing}</div>\n'
        "</section>"
    )
