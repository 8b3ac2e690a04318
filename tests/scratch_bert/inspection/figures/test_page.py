"""A page shows its picture in any window, and a text in it is nothing but text."""

import pytest

from scratch_bert.inspection import token_flow
from scratch_bert.inspection.figures.page import page_of
from tests.browser import needs_browser, opened


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(("width", "dark"), [(1200, False), (390, True)])
def test_a_page(width, dark, tmp_path):
    given = "</title><script>throw 1</script> & <b>"
    file = tmp_path / "flow.html"
    file.write_text(page_of([token_flow(given), token_flow("a cat")]), encoding="utf-8")
    with opened(file, width=width, dark=dark) as page:
        titles = page.locator("h1").all_inner_texts()
        assert titles == [f"token flow: {given}", "token flow: a cat"]
        assert page.locator("svg").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") == width
        back, ink = (
            page.evaluate(f"getComputedStyle(document.body).{name}")
            for name in ("backgroundColor", "color")
        )
        assert (back < ink) == dark
        drawn = page.evaluate("getComputedStyle(document.querySelector('svg')).filter")
        assert (drawn != "none") == dark  # black on white becomes white on black
