"""Are pairs of sentences BERT's: some follow, others are from elsewhere, as their labels say?"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise
from random import Random

from parity.core.mistake import Mistake
from parity.core.outcome import Outcome
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.packed_pairs import Pair, Places, drawn_from, filled
from parity.suite.candidate import SuiteCandidate
from parity.suite.statistics import Measures, alike, named, share

_DOCUMENTS, _SENTENCES, _LONGEST = 60, 40, 12
_APART = 10_000  # from one document's ids to the next one's
_SEQ_LENGTH = 32
_LONG, _TOO_LONG = 1 / 30, 45  # of the sentences so many have no room, and so many tokens at most
_SEEDS = 8
"""Pairs of so many are counted together. The rarest of what happens by chance is counted 20 times
or more if it is as likely as the others."""
_RANDOM = (0.35, 0.75)
"""Half of the pairs are random in the paper; in the original also each stretch that is a single
sentence, which were 52% of all here."""
_REPEATED = 0.5
"""Pairs that two seeds have in common: less than 1% with the original's code here."""
_NEXT = 0.9
"""0.997 in the original, where a part may be cut just where a sentence ends; 0 where each second
sentence is left out."""
_OTHERWISE = 0.25
"""By how much a mistake's shares may differ in two programs, which cut stretches otherwise."""


def check_sentence_pairs(candidate: SuiteCandidate) -> Outcome:
    """Look where both parts of some thousand pairs come from.

    Raises:
        CandidateCrashedError: the candidate raised.
    """
    outcome, documents = Outcome("pairs"), corpus()

    def asked(seed: int) -> list[Pair]:
        return candidate.ask(
            TrainingCandidate.pairs, documents=documents, seq_length=_SEQ_LENGTH, seed=seed
        )

    measured = _measures(asked, 0)
    outcome.rows = [measure.row("pairs") for measure in measured.values()]
    if outcome.different:
        from parity.pretraining.mistakes.sentence_pairs import MISTAKES

        outcome.explain(MISTAKES, lambda mistake: alike(measured, _wrong(mistake), _OTHERWISE))
    return outcome


@cache
def corpus() -> list[list[list[int]]]:
    """Documents whose ids count on, each from a multiple of `_APART`; some sentences are long."""
    rng, documents = Random(0), list[list[list[int]]]()  # noqa: S311
    for number in range(1, _DOCUMENTS + 1):
        place, document = number * _APART, list[list[int]]()
        for _ in range(_SENTENCES):
            is_long = rng.random() < _LONG
            length = rng.randint(_SEQ_LENGTH, _TOO_LONG) if is_long else rng.randint(3, _LONGEST)
            document.append(list(range(place, place + length)))
            place += length
        documents.append(document)
    return documents


@cache
def _wrong(mistake: Mistake) -> Measures:
    from parity.pretraining.mistaken import with_mistake

    made = partial(with_mistake(mistake).pairs, corpus(), _SEQ_LENGTH)
    return _measures(made, _SEEDS)


def _measures(make: Callable[[int], list[Pair]], first_seed: int) -> Measures:
    """Measure all pairs of some seeds."""
    each = [make(first_seed + number) for number in range(_SEEDS)]
    pairs = [pair for made in each for pair in made]
    whole = [pair for pair in pairs if pair[0] and pair[1]]
    following = [pair for pair in whole if pair[2] == 0]
    random = [pair for pair in whole if pair[2] == 1]
    kept, others = ({tuple(map(tuple, pair[:2])) for pair in made} for made in each[:2])
    again = sum(a == b for a, b in zip(each[0], make(first_seed), strict=False))
    room, places = _SEQ_LENGTH - 3, Places(corpus())
    uncut = [pair for pair in following if _is_known(pair) and places.is_whole(pair)]
    return named(
        share("whether there are pairs", bool(whole), 1),
        share("pairs of two parts", len(whole), len(pairs)),
        share("labels that are 0 or 1", len(following) + len(random), len(whole)),
        share("pairs labeled 1, random", len(random), len(whole), *_RANDOM),
        share("parts that are text in a row", sum(_in_a_row(p) for p in whole), len(whole)),
        share("pairs labeled 0 that follow", sum(map(_follows, following)), len(following)),
        share(
            "pairs labeled 0 of whole sentences with nothing between them",
            sum(second[0] == first[-1] + 1 for first, second, _ in uncut),
            len(uncut),
            _NEXT,
            1,
        ),
        share(
            "pairs labeled 1 that are of two documents",
            sum(_document(first) != _document(second) for first, second, _ in random),
            len(random),
        ),
        share("pairs labeled 1 that follow", sum(map(_follows, random)), len(random), 0.0),
        share(
            f"pairs of {room} tokens at most",
            sum(len(first) + len(second) <= room for first, second, _ in whole),
            len(whole),
        ),
        share("pairs that the same seed makes again", again, len(each[0])),
        share("pairs that another seed makes, too", len(kept & others), len(kept), 0.0, _REPEATED),
        *drawn_from([pair for pair in random if _is_known(pair)], places),
        *filled([pair for pair in whole if _is_known(pair)], places, room),
    )


def _is_known(pair: Pair) -> bool:
    """Whether all documents are the corpus's, so that nothing is read from elsewhere."""
    return all(1 <= _document(part) <= _DOCUMENTS for part in pair[:2])


def _document(part: Sequence[int]) -> int:
    return part[0] // _APART


def _in_a_row(pair: Pair) -> bool:
    return all(b == a + 1 for part in pair[:2] for a, b in pairwise(part))


def _follows(pair: Pair) -> bool:
    """Whether the second goes on where the first ends, or soon, where both were truncated."""
    first, second, _ = pair
    gap = second[0] - first[-1]
    return _document(first) == _document(second) and 0 < gap <= _SEQ_LENGTH + _TOO_LONG
