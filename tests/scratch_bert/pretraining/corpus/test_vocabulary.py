"""A learned vocabulary: most frequent pairs first, and then the same always."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.pretraining.corpus.vocabulary import WordCounter, learn_vocabulary, without_rarest
from scratch_bert.tokenization import BertTokenizer, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL
from scratch_bert.tokenization.normalizer import Normalizer

WORDS = st.dictionaries(st.text("abcd", min_size=1, max_size=6), st.integers(1, 9), min_size=1)


def test_words_are_those_of_the_tokenizer():
    counter = WordCounter(Normalizer())
    for _ in range(2):  # what it remembers changes nothing
        counts = counter(["Café, café!", "is 東", "e\x85n\x1dd"])
        assert counts == Counter({"cafe": 2, ",": 1, "!": 1, "is": 1, "東": 1, "end": 1})


def test_characters_come_first_then_the_most_frequent_pair():
    learned = learn_vocabulary({"ab": 3, "cab": 2, "ba": 1}, 99)
    assert learned[:5] == [*SPECIAL]
    assert learned[5:10] == ["a", "b", "c", "##a", "##b"]
    assert learned[10:] == ["ab", "##ab", "cab", "ba"]


def test_pairs_overlap():
    assert learn_vocabulary({"aaaaa": 1}, 99)[7:] == ["##aa", "##aaaa", "aaaaa"]


def joined(word, pair):
    """Slowly: join a pair from the left."""
    place = 0
    while place < len(word) - 1:
        if (word[place], word[place + 1]) == pair:
            word[place : place + 2] = [pair[0] + pair[1].removeprefix("##")]
        place += 1
    return word


@given(WORDS)
def test_as_if_all_were_counted_anew_each_time(counts):
    words = [[word[0], *(f"##{c}" for c in word[1:])] for word in counts]
    pieces = []
    while True:
        pairs = Counter()
        for word, number in zip(words, counts.values(), strict=True):
            for pair in pairwise(word):
                pairs[pair] += number
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        pieces.append(best[0] + best[1].removeprefix("##"))
        words = [joined(word, best) for word in words]
    learned = learn_vocabulary(counts, 10_000)
    alphabet = [piece for piece in learned if len(piece.removeprefix("##")) == 1]
    assert learned[len(SPECIAL) + len(alphabet) :] == [*dict.fromkeys(pieces)]


@given(WORDS, st.integers(20, 40))
def test_every_word_can_be_cut(counts, size):
    learned = learn_vocabulary(counts, size)
    assert len(learned) <= size
    tokenizer = BertTokenizer(TokenizerSettings({piece: i for i, piece in enumerate(learned)}))
    assert "[UNK]" not in [piece for word in counts for piece in tokenizer.tokenize(word)]


@pytest.mark.parametrize("size", [1, 5])
def test_characters_are_there_whatever_the_size(size):
    assert learn_vocabulary({"ab": 1}, size) == [*SPECIAL, "a", "b", "##b"]


def test_what_is_forgotten_can_still_be_cut():
    counts = Counter({"the": 90, "cat": 9, "zebra": 2, "東京": 1})
    few = without_rarest(counts, 2)
    assert [*few.items()][:2] == [("the", 90), ("cat", 9)]
    assert without_rarest(few, 2) == few
    assert without_rarest(counts, 4) == counts
    learned = learn_vocabulary(few, 1000)
    assert not {"zebra", "ze", "zz", "東東"} & {*learned}
    tokenizer = BertTokenizer(TokenizerSettings({piece: i for i, piece in enumerate(learned)}))
    assert tokenizer.tokenize("zebra the") == ["z", "##e", "##b", "##r", "##a", "the"]
