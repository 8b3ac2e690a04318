"""What holds with one major version of transformers only, and why."""

import pytest

from parity import reference

BEFORE_5 = reference.VERSIONS["transformers"].startswith("4.")


def differs_in_4(line: str) -> pytest.MarkDecorator:
    """Mark a test that must fail with transformers 4.57.

    Args:
        line: of the table in docs/reference_versions.md that says why.
    """
    return pytest.mark.xfail(BEFORE_5, reason=f"docs/reference_versions.md: {line}", strict=True)
