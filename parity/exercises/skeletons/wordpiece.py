"""Exercise wordpiece. The book's: scratch_bert/tokenization/wordpiece.py."""

from collections.abc import Container


def wordpiece(word: str, vocabulary: Container[str]) -> list[str] | None:
    """Take the longest piece that fits, again and again (Wu et al., 2016, section 4.1, greedily).

    With the vocabulary un, ##aff, ##able and able, "unaffable" becomes ["un", "##aff", "##able"].

    What must hold:
        - A piece that does not begin the word is looked up with ## in front.
        - Where some part fits nothing, the whole word is unknown: None, whatever was found before.
        - A word of more than 100 characters is unknown as a whole.

    Args:
        word: of a text that was cleaned and split, at least one character.
        vocabulary: asked with `in`.

    Returns:
        The pieces in order, or None.
    """
    raise NotImplementedError
