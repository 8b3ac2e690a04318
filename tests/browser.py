"""Pages, as a reader's browser shows them: from disk, without a network, in headless Chromium."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium: apt-get install chromium, or brew install chromium"
)


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
    from playwright.sync_api import sync_playwright

    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # which root has none of
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        context = browser.new_context(
            offline=True,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
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
        browser.close()
