"""Text that is safe to show on a terminal."""


def visible(text: str) -> str:
    r"""Spell out what would not show, or would command the terminal.

    >>> print(visible("a\tb\u200b\x1b[31m"))
    a\tb\u200b\x1b[31m
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
