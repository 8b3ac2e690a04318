from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.pretraining.static.masking import Masking, Words, mask_words
from scratch_bert.tokenization.files.vocabulary import SPECIAL

PIECES = [*SPECIAL, *"abcdef", "##x", "##y"]
VOCABULARY = {piece: i for i, piece in enumerate(PIECES)}
WORDS = Words.of(VOCABULARY)
TOKENS = st.integers(5, len(PIECES) - 1)


@given(
    st.lists(TOKENS, min_size=1, max_size=20),
    st.lists(TOKENS, min_size=1, max_size=20),
    st.builds(Masking, st.floats(0, 1), st.integers(1, 30), st.booleans()),
    st.integers(0, 99),
)
def test_any_sequence(first, second, masking, seed):
    ids = [WORDS.cls, *first, WORDS.sep, *second, WORDS.sep]
    hidden, positions, labels = mask_words(ids, WORDS, masking, Random(seed))
    assert labels == [ids[position] for position in positions]
    assert not {WORDS.cls, WORDS.sep} & {*labels}
    assert positions == sorted({*positions})
    elsewhere = {*range(len(ids))} - {*positions}
    assert all(hidden[i] == ids[i] for i in elsewhere)
    number = min(masking.max_predictions, max(1, round(len(ids) * masking.masked_lm_prob)))
    if masking.whole_word:
        assert len(positions) <= number
        starts = [i for i, token in enumerate(ids) if token not in WORDS.continuing]
        for begin, end in zip(starts, [*starts[1:], len(ids)], strict=True):
            if begin and ids[begin] != WORDS.sep:
                assert len({i in positions for i in range(begin, end)}) == 1
    else:
        assert len(positions) == min(number, len(ids) - 3)


def test_eight_of_ten_and_one_and_one():
    """Of 30,000 chosen, with 13 words to draw from; by chance alone a share moves by 0.003."""
    ids, rng = [WORDS.cls, *[5] * 300, WORDS.sep, *[5] * 298, WORDS.sep], Random(0)
    became = Counter()
    for _ in range(100):
        hidden, positions, _ = mask_words(ids, WORDS, Masking(0.5, 300), rng)
        became.update(hidden[position] for position in positions)
    total = became.total()
    assert total == 30_000
    assert became[WORDS.mask] / total == pytest.approx(0.8 + 0.1 / 13, abs=0.01)
    assert became[5] / total == pytest.approx(0.1 + 0.1 / 13, abs=0.01)
    for other in (0, 1, 2, 3, *range(6, 13)):
        assert became[other] / total == pytest.approx(0.1 / 13, abs=0.003)


def test_pythons_rounding():
    """0.15 x 70 is 10.5: to the even number, as the original's Python does."""
    ids = [WORDS.cls, *[5] * 67, WORDS.sep, WORDS.sep]
    assert len(mask_words(ids, WORDS, Masking(), Random(0)).positions) == 10


def test_a_vocabulary_without_a_mask():
    with pytest.raises(ValueError, match=r"lacks \[MASK\]$"):
        Words.of({piece: i for piece, i in VOCABULARY.items() if piece != "[MASK]"})


def test_special_tokens_wherever_they_are():
    words = replace(WORDS, every=(5,))
    ids = [WORDS.cls, 6, WORDS.sep, 6, WORDS.sep]
    assert mask_words(ids, words, Masking(1.0, 9), Random(0)).positions == [1, 3]
