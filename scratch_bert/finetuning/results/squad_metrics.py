"""SQuAD's exact match and F1, as its official script evaluate-v2.0.py counts them."""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(answer: str) -> str:
    """Remove case, punctuation, articles and double spaces.

    >>> normalized("The  Old Mill.")
    'old mill'
    """
    return " ".join(_ARTICLES.sub(" ", answer.lower().translate(_PUNCTUATION)).split())


def exact_match(given: str, right: Sequence[str]) -> float:
    """Return 1 if an answer is one of the right ones; without right answers the empty one is."""
    return float(any(normalized(given) == each for each in _right(right)))


def overlap_f1(given: str, right: Sequence[str]) -> float:
    """Return the F1 of an answer's words and the words of the most similar right answer."""
    return max(_f1(normalized(given).split(), each.split()) for each in _right(right))


def _right(answers: Sequence[str]) -> list[str]:
    """Return the answers that have a word; "" if there is no such answer."""
    return [found for each in answers if (found := normalized(each))] or [""]


def _f1(given: list[str], right: list[str]) -> float:
    if not given or not right:
        return float(given == right)
    common = sum((Counter(given) & Counter(right)).values())
    return 2 * common / (len(given) + len(right))
