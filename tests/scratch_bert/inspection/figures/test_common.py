"""Whatever the text, a picture is drawn: without a warning, and twice the same."""

import io
import re

import pytest
from PIL import Image
from rich.cells import cell_len
from rich.console import Console

from scratch_bert.inspection import (
    attention_maps,
    cls_evolution,
    draw,
    embedding_parts,
    layer_states,
    token_flow,
)
from scratch_bert.inspection.figures.common import extent, label, new_figure, render, token_ticks

HARD = "_Unaffâble $x$ [bold]东\u200b京[/bold] 🦄\t\x1b[31m ##ing [MASK] [/] \\"
LOOKS = [token_flow, embedding_parts, attention_maps, layer_states, cls_evolution]


@pytest.mark.sample(2)
@pytest.mark.parametrize("look", LOOKS)
def test_no_text_is_too_short(look, bert):
    draw(look("", bert)).draw_without_rendering()


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
def test_a_long_text_is_drawn(look, bert):
    """Slow: there are hundreds of labels to lay out."""
    figure = draw(look("long " * 200, bert))
    image = Image.open(io.BytesIO(render(figure, "png")))
    assert max(image.size) <= 4000
    (title,) = figure.texts
    assert max(axes.get_tightbbox().y1 for axes in figure.axes) <= title.get_window_extent().y0
    assert title.get_window_extent().y1 <= figure.bbox.y1


@pytest.mark.sample(1)
@pytest.mark.parametrize("look", LOOKS)
def test_a_hard_text_is_drawn_twice_the_same(look, bert):
    first, second = (render(draw(look(HARD, bert)), "svg") for _ in range(2))
    assert first == second
    assert not re.search(rb"\d{4}-\d\d-\d\d", first)


@pytest.mark.sample(8)
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("text", ["", HARD, ("A pair,", "of texts."), "long " * 200])
def test_every_text_is_printed(look, text, bert):
    console = Console(width=80, file=io.StringIO())
    console.print(look(text, bert))
    printed = console.file.getvalue()
    assert max(map(cell_len, printed.splitlines())) <= 80
    assert "\x1b" not in printed
    if "bold" in text:
        assert "[bold]" in printed.replace("\n", "")


def test_labels():
    assert label("café 🦄\t") == r"café U+1F984\t"
    assert label("$a$") == r"\$a\$"
    assert label("a" * 30, longest=5) == "aaaa…"


@pytest.mark.parametrize(("tokens", "shown"), [(2, 2), (30, 30), (200, 200), (512, 171)])
def test_as_many_labels_as_there_is_room_for(tokens, shown):
    axes = new_figure(4, 4, "").add_subplot()
    token_ticks(axes.xaxis, ["token"] * tokens, extent(tokens))
    assert len(axes.get_xticks()) == shown
