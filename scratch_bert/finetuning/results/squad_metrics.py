"""SQuAD's exact match and F1, as its official script evaluate-v2.0.py counts them."""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(answer: str) -> str:
    """Leave case, punctuation, articles and further spaces out.

    >>> normalized("The  Old Mill.")
    'old mill'
    """
    return " ".join(_ARTICLES.sub(" ", answer.lower().translate(_PUNCTUATION)).split())


def exact_match(given: str, right: Sequence[str]) -> float:
    """1 where an answer is one of those that are right; without any, the empty one is."""
    return float(any(normalized(given) == each for each in _right(right)))


def overlap_f1(given: str, right: Sequence[str]) -> float:
    """F1 of an answer's words and those of the most similar right one."""
    return max(_f1(normalized(given).split(), each.split()) for each in _right(right))


def _right(answers: Sequence[str]) -> list[str]:
    """Those with a word in them; "" where there is none."""
    return [found for each in answers if (found := normalized(each))] or [""]


def _f1(given: list[str], right: list[str]) -> float:
    if not given or not right:
        return float(given == right)
    common = sum((Counter(given) & Counter(right)).values())
    return 2 * common / (len(given) + len(right))
