"""A text's way into BERT on a terminal, step by step."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from scratch_bert.inspection.flow import FlowText, TokenFlow
from scratch_bert.inspection.views.tables import heading, table_of
from scratch_bert.terminal import visible

_COLOURS = ("cyan", "magenta")  # of neighbouring words
_TENSORS = ("input_ids", "token_type_ids", "attention_mask")


def view(flow: TokenFlow, width: int) -> Iterator[RenderableType]:
    """Yield what Rich prints.

    Args:
        flow: is shown.
        width: of the terminal.
    """
    yield from heading(flow)
    for number, (name, says) in enumerate(flow.steps.items(), 1):
        yield Text.assemble((f"{number}. {name}", "bold"), f"  {says}")
        if name == "tensors":
            yield _tensors(flow)
        elif name == "ids":
            yield _tokens(flow)
        for text in flow.texts:
            if name == "text":
                yield _line(text.text)
            elif name == "normalised":
                yield _line(text.normalized)
            elif name == "words":
                yield _joined((word.text,) for word in text.words)
            elif name == "pieces":
                yield from _under(text, width)
                yield _joined([piece.token for piece in word.pieces] for word in text.words)
        yield ""


def _line(text: str) -> Text:
    return Text(visible(text)) if text else Text("(empty)", "dim")


def _joined(words: Iterable[Sequence[str]]) -> Text:
    """Write words, or their pieces, beside each other."""
    styled = [Text(" ".join(map(visible, word)), _COLOURS[i % 2]) for i, word in enumerate(words)]
    return Text(" | ", "dim").join(styled) if styled else Text("(none)", "dim")


def _under(text: FlowText, width: int) -> Iterator[Text]:
    """Draw the pieces' places under the text."""
    spans = [(piece.start, piece.end) for word in text.words for piece in word.pieces]
    for line in _wrapped(text.text, spans, width):
        yield Text(_ruler(line), "dim")
        yield Text("".join(column.shown for column in line))
        yield Text("".join(column.mark for column in line), "cyan")


def _tokens(flow: TokenFlow) -> RenderableType:
    pair = len(flow.texts) == 2
    columns = ["", "token", "id", *["segment"] * pair, "characters", "text there"]
    rows = []
    for i, (token, (start, end)) in enumerate(zip(flow.tokens, flow.offsets, strict=True)):
        segment = flow.token_type_ids[i]
        there = flow.texts[segment].text[start:end]
        place = f"{start}:{end}" if end else ""
        rows.append([str(i), token, str(flow.input_ids[i]), *[str(segment)] * pair, place, there])
    table = table_of(columns, rows)
    table.columns[-1].justify = "left"
    return table


def _tensors(flow: TokenFlow) -> RenderableType:
    count = len(flow.tokens)
    values = (flow.input_ids, flow.token_type_ids, flow.attention_mask)
    rows = [
        (name, f"(1, {count})", " ".join(map(str, row[:12])) + " …" * (count > 12))
        for name, row in zip(_TENSORS, values, strict=True)
    ]
    table = table_of(("tensor", "shape", "int64"), rows, left=3)
    if count > flow.longest:
        table.caption = f"{count} tokens are more than the {flow.longest} that the model takes"
    return table


class _Column(NamedTuple):
    """A character of the text, and what is under it."""

    place: int
    shown: str
    mark: str


def _wrapped(text: str, spans: Sequence[tuple[int, int]], width: int) -> Iterator[list[_Column]]:
    """Cut a text into lines of this width, with a bracket under each span."""
    marks = {}
    for start, end in spans:
        cells = [cell_len(visible(char)) for char in text[start:end]]
        whole = sum(cells)
        bracket = "╵" if whole == 1 else f"└{'─' * (whole - 2)}┘"
        for place, size in enumerate(cells, start):
            marks[place], bracket = bracket[:size], bracket[size:]
    line: list[_Column] = []
    used = 0
    for place, char in enumerate(text):
        shown = visible(char)
        size = cell_len(shown)
        if used + size > width:
            yield line
            line, used = [], 0
        line.append(_Column(place, shown, marks.get(place, " " * size)))
        used += size
    if line:
        yield line


def _ruler(line: Sequence[_Column]) -> str:
    """Write over a line's beginning, and over every tenth character, where in the text it is."""
    ruler, at = "", 0
    for column in line:
        if column is line[0] or (column.place % 10 == 0 and len(ruler) < at):
            ruler = f"{ruler:<{at}}{column.place}"
        at += cell_len(column.shown)
    return ruler
