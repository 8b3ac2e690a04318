"""Step two: cut a normalized text into words and punctuation marks (HF `BertPreTokenizer`).

>>> from scratch_bert.tokenization.normalizer import Normalizer
>>> for word in words(Normalizer().normalize("Don't  panic!")):
...     print(word.text, word.origins)
don [0, 1, 2]
' [3]
t [4]
panic [7, 8, 9, 10, 11]
! [12]
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from scratch_bert.tokenization.normalizer import Normalized
from scratch_bert.tokenization.unicode.characters import is_punctuation


class Word(NamedTuple):
    """A word of a normalized text, or a punctuation mark.

    Its characters `start` to `end` (excluded) stand in the original from `origins[start]` to
    `origins[end - 1] + 1`.
    """

    text: str
    origins: Sequence[int]


def words(normalized: Normalized) -> list[Word]:
    """Cut at spaces, which are the only white space left, and before and after punctuation.

    Punctuation is Unicode's (categories P*) and all of ASCII's 32 signs. Unicode calls nine of
    these symbols ($ + < = > ^ ` | ~). Google's `_is_punctuation` counts them too, so that all signs
    of a keyboard behave alike; the symbols beyond ASCII are letters of a word.

    >>> [word.text for word in words(Normalized("$5 €5", origins=[0, 1, 2, 3, 4]))]
    ['$', '5', '€5']
    """
    text, origins = normalized
    cuts = [0]
    for index, char in enumerate(text):
        if char == " " or is_punctuation(char):
            cuts += (index, index + 1)
    cuts.append(len(text))
    # Between two cuts lies a word, a mark, a space, or nothing where two cuts are the same.
    return [Word(text[a:b], origins[a:b]) for a, b in pairwise(cuts) if a < b and text[a] != " "]
