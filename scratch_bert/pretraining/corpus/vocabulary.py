"""A vocabulary of one's own: WordPiece, learned from the words of a corpus.

As HF's `WordPieceTrainer` does it: byte-pair encoding (Sennrich et al., 2016) whose inner pieces
begin with ##. Of pairs that are equally frequent the alphabetically first is joined; there HF's
order is that of a hash table, and its ids are others from run to run.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from itertools import chain, pairwise
from typing import Any

from scratch_bert.tokenization.fast.caches import Remembered
from scratch_bert.tokenization.fast.path import chunks
from scratch_bert.tokenization.files.vocabulary import SPECIAL
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.splitter import words

Pair = tuple[str, str]

_CHUNKS = 1 << 16  # whose words are remembered


class WordCounter:
    """Counts the words that a tokenizer will cut into pieces.

    Args:
        normalizer: the tokenizer's.
    """

    def __init__(self, normalizer: Normalizer) -> None:
        self._normalizer = normalizer
        self._words = Remembered(self._words_of, _CHUNKS)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._normalizer,)

    def __call__(self, texts: Iterable[str]) -> Counter[str]:
        """Count those of some texts."""
        counts: Counter[str] = Counter()
        for chunk, number in Counter(chain.from_iterable(map(chunks, texts))).items():
            for word in self._words[chunk]:
                counts[word] += number
        return counts

    def _words_of(self, chunk: str) -> list[str]:
        return [word for word, _ in words(self._normalizer.normalize(chunk))]


def without_rarest(counts: Counter[str], number: int) -> Counter[str]:
    """Keep so many words, the most frequent ones, and every character of the others.

    >>> without_rarest(Counter({"often": 9, "seldom": 2, "ox": 1}), 2)
    Counter({'often': 9, 'seldom': 2, 'oo': 0, 'xx': 0})
    """
    kept = Counter(dict(counts.most_common(number)))
    for word in counts:
        if word not in kept:
            kept.update({2 * char: 0 for char in word})  # it begins a word, and goes on with one
    return kept


def learn_vocabulary(
    counts: Mapping[str, int], size: int, advance: Callable[[int], object] = lambda _: None
) -> list[str]:
    """Learn pieces: all characters, then joined pairs of pieces, the most frequent first.

    >>> learn_vocabulary({"low": 5, "lower": 2, "newer": 6}, 19)[15:]
    ['##er', '##wer', 'lo', '##ewer']

    Args:
        counts: how often each word is there.
        size: pieces at most, special tokens included; there may not be as many.
        advance: is told when one more was joined.
    """
    cut = [[word[0], *(f"##{char}" for char in word[1:])] for word in counts]
    numbers = [*counts.values()]
    alphabet = {char for word in counts for char in word}
    inner = {piece for word in cut for piece in word[1:]}
    pieces = dict.fromkeys((*SPECIAL, *sorted(alphabet), *sorted(inner)))
    pairs: Counter[Pair] = Counter()
    places: dict[Pair, set[int]] = defaultdict(set)
    for place, word in enumerate(cut):
        for pair in pairwise(word):
            pairs[pair] += numbers[place]
            places[pair].add(place)
    heap = [(-number, pair) for pair, number in pairs.items()]
    heapify(heap)
    while heap and len(pieces) < size:
        number, pair = heappop(heap)
        if -number != pairs[pair]:  # it has changed since it was put there
            continue
        if number == 0:
            break
        pieces[_joined(pair)] = None
        advance(1)
        changes: Counter[Pair] = Counter()
        for place in places.pop(pair):
            cut[place], gone, come = _join(cut[place], pair)
            for each in gone:
                changes[each] -= numbers[place]
            for each in come:
                changes[each] += numbers[place]
                places[each].add(place)
        for each, change in changes.items():
            pairs[each] += change
            if change and each != pair:
                heappush(heap, (-pairs[each], each))
    return [*pieces]


def _joined(pair: Pair) -> str:
    return pair[0] + pair[1].removeprefix("##")


def _join(word: list[str], pair: Pair) -> tuple[list[str], list[Pair], list[Pair]]:
    """Join a pair wherever it is in a word, from the left.

    Returns:
        The word, the pairs that are no longer in it, and those that are new.
    """
    joined, gone, come = list[str](), list[Pair](), list[Pair]()
    new, at, was_joined = _joined(pair), 0, False
    while at < len(word):
        joins = word[at] == pair[0] and word[at + 1 : at + 2] == [pair[1]]
        piece = new if joins else word[at]
        if joined and (joins or was_joined):
            gone.append((word[at - 1], word[at]))
            come.append((joined[-1], piece))
        if joins:
            gone.append(pair)
        joined.append(piece)
        at += 2 if joins else 1
        was_joined = joins
    return joined, gone, come
