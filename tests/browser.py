"""Pages, as a reader's browser shows them: from disk, without a network, in headless Chromium."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
_running: list["Browser"] = []


def needs_browser(test: Callable[..., object]) -> Callable[..., object]:
    """Mark a test that opens pages."""
    why = "needs Chromium: apt-get install chromium, or brew install chromium"
    marked = pytest.mark.usefixtures("chromium")(test)
    return pytest.mark.skipif(CHROMIUM is None, reason=why)(marked)


@contextmanager
def running() -> Iterator[None]:
    """Start Chromium; while inside, pages can be opened, and no other event loop can run."""
    from playwright.sync_api import sync_playwright

    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # which root has none of
    with sync_playwright() as playwright:
        _running.append(playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox))
        yield
        _running.pop().close()


@contextmanager
def opened(
    file: Path, *, width: int = 1200, height: int = 900, dark: bool = False
) -> Iterator["Page"]:
    """Open a page; at the end, nothing in it may have failed, or asked for anything else.

    Args:
        file: an HTML file.
        width: of the window, in CSS pixels; a phone's is 390.
        height: of the window, in CSS pixels.
        dark: whether the reader likes dark pages.
    """
    with _running[-1].new_context(
        offline=True,
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
    ) as context:
        page = context.new_page()
        complaints: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        yield page
        assert not complaints
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
