"""What the looks inside have in common on a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from scratch_bert.inspection.result import Inspection
from scratch_bert.terminal import visible

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def heading(seen: Inspection) -> Iterator[RenderableType]:
    """Yield its title and explanation."""
    yield Text(visible(seen.title), "bold")
    yield Text(seen.explanation, "dim")
    yield ""


def table_of(columns: Sequence[str], rows: Iterable[Sequence[str]], left: int = 2) -> Table:
    """Lay rows of text out, whatever is in them; the first columns to the left, numbers right."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(Text(visible(column)), justify="left" if place < left else "right")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table


def bar(share: float, width: int) -> str:
    """Draw a share of 1 as a bar.

    >>> bar(0.3, 10)
    '███'
    """
    eighths = round(share * width * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).strip()
