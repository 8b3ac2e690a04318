"""Step three: a word the vocabulary does not have becomes pieces that it has.

With a vocabulary of four:

>>> vocabulary = {"un", "##aff", "##able", "able"}
>>> wordpiece("unaffable", vocabulary)
['un', '##aff', '##able']
>>> wordpiece("unstable", vocabulary) is None
True
"""

from collections.abc import Container

MAX_CHARS = 100  # a longer word is [UNK] as a whole, as in HF; the original code allows 200


def wordpiece(word: str, vocabulary: Container[str]) -> list[str] | None:
    """Take the longest piece that fits, again and again (Wu et al., 2016, section 4.1, greedily).

    Pieces inside a word begin with ##. None where some part fits nothing, or the word is longer
    than 100 characters: such a word is unknown as a whole.
    """
    if len(word) > MAX_CHARS:
        return None
    pieces = []
    start = 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            piece = prefix + word[start:end]
            if piece in vocabulary:
                break
        else:
            return None
        pieces.append(piece)
        start = end
    return pieces
