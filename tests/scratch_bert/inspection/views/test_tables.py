"""A table shows what is in it, and is commanded by none of it."""

import io

from rich.console import Console

from scratch_bert.inspection.views.tables import table_of


def test_cells_are_no_markup():
    console = Console(width=80, file=io.StringIO())
    console.print(table_of(("[b]token[/b]", "[pad]"), [("[red]a[/red]", "\x1b[31m")]))
    head, row = console.file.getvalue().splitlines()
    assert head.split() == ["[b]token[/b]", "[pad]"]
    assert row.split() == ["[red]a[/red]", r"\x1b[31m"]
