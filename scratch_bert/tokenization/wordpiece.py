"""Step three: a word that the vocabulary lacks becomes pieces that it has.

Single letters are pieces too, so hardly any word is unknown, and yet bert-base-uncased needs only
30,522 pieces. With a vocabulary of four:

>>> vocabulary = {"un", "##aff", "##able", "able"}
>>> wordpiece("unaffable", vocabulary)
['un', '##aff', '##able']
>>> wordpiece("unstable", vocabulary) is None
True

The trap is greed: a long first piece may leave a rest that no piece fits, as una does below, where
un ##able would fit. bert-base-uncased has una too: unaffable is una ##ffa ##ble.

>>> wordpiece("unable", {"un", "una", "##able"}) is None
True
"""

from collections.abc import Container

# A longer word, such as a hash, is [UNK] as a whole: the time of the search grows with the square
# of the length. 100 is HF's limit; Google's code allows 200.
MAX_CHARS = 100


def wordpiece(word: str, vocabulary: Container[str]) -> list[str] | None:
    """Take the longest piece that fits, again and again (Wu et al., 2016, section 4.1, greedily).

    Returns:
        the pieces, or None for a word that is unknown as a whole: no piece fits some part of it, or
        it has more than 100 characters.
    """
    if len(word) > MAX_CHARS:
        return None
    pieces = []
    start = 0
    while start < len(word):
        # ## says "inside a word": able and ##able are two pieces, each with its own vector, and ids
        # can be joined to words again.
        prefix = "##" if start else ""
        # Longest first, and what was taken is never given back.
        for end in range(len(word), start, -1):
            piece = prefix + word[start:end]
            if piece in vocabulary:
                break
        else:  # no piece fits: the pieces found so far are dropped, as in Google's code
            return None
        pieces.append(piece)
        start = end
    return pieces
