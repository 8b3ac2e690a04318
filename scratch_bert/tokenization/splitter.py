"""Step two: cut a normalised text into words and punctuation marks.

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
    """A word of a normalised text, or a punctuation mark.

    Its characters `start` to `end` (excluded) stand in the original from `origins[start]` to
    `origins[end - 1] + 1`.
    """

    text: str
    origins: Sequence[int]


def words(normalized: Normalized) -> list[Word]:
    """Cut at spaces, which are the only white space left, and before and after punctuation."""
    text, origins = normalized
    cuts = [0]
    for index, char in enumerate(text):
        if char == " " or is_punctuation(char):
            cuts += (index, index + 1)
    cuts.append(len(text))
    return [Word(text[a:b], origins[a:b]) for a, b in pairwise(cuts) if a < b and text[a] != " "]
