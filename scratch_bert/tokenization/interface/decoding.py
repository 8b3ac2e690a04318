"""From pieces back to text, with HF's rules for where spaces go; what was lost stays lost."""

from collections.abc import Sequence

# In this order, and in each piece by itself: a mark after a word, a contraction.
_IN_PIECE = (
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
)
_IN_TEXT = tuple(pair for pair in _IN_PIECE if pair[0] != " do not")


def join(tokens: Sequence[str]) -> str:
    """Join pieces to text: ## joins to what is before it, all else gets a space.

    The first piece keeps its ##. Marks lose their space, except where two pieces make up one rule:

    >>> join(["un", "##aff", "##able", ",", "isn", "'", "t", "it", "?"])
    "unaffable, isn ' t it?"
    >>> join(["##able"])
    '##able'
    """
    text = []
    for i, token in enumerate(tokens):
        if i > 0:
            token = token[2:] if token.startswith("##") else " " + token
        text.append(_replaced(token, _IN_PIECE))
    return "".join(text)


def clean_up(text: str) -> str:
    """Close the gaps that `join` left (HF `clean_up_tokenization_spaces=True`).

    >>> clean_up("unaffable, isn ' t it?")
    "unaffable, isn't it?"
    """
    return _replaced(text, _IN_TEXT)


def _replaced(text: str, rules: tuple[tuple[str, str], ...]) -> str:
    for old, new in rules:
        text = text.replace(old, new)
    return text
