"""Bars say what is done, of how much, and how fast."""

from io import StringIO

from rich.console import Console

from scratch_bert.pretraining.corpus.progress import BYTES, stages


def shown(total, unit, *, done):
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with stages(console) as begin:
        begin("the one before", 10, "steps")(3)
        advance = begin("doing this", total, unit)
        for number in done:
            advance(number)
    return screen.getvalue().splitlines()


def test_bytes_are_shown_in_millions():
    lines = shown(5_000_000, BYTES, done=[1_000_000, 1_500_000])
    last = [line for line in lines if "doing this" in line][-1]
    assert "2.5/5.0 MB, " in last
    assert " MB/s" in last
    assert "the one before" not in last


def test_of_unknown_number():
    last = [line for line in shown(None, "rows", done=[7, 1200]) if "doing this" in line][-1]
    assert "1,207 rows" in last
    assert "rows/s" in last


def test_nothing_is_left_on_the_screen_or_in_a_file():
    screen = StringIO()
    with stages(Console(file=screen)) as begin:
        begin("doing this", 10, "steps")(3)
    assert screen.getvalue().strip() == ""
