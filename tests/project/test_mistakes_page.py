"""docs/mistakes.md says what the catalogue says."""

import sys

from tests import forked


def test_the_page_is_the_catalogue():
    command = [sys.executable, "tools/generate_mistakes_page.py", "--check"]
    done = forked.run(command)
    assert done.returncode == 0, done.stdout + done.stderr
