"""Hard texts reach what they promise; the judge's own shrinker goes on to what matters."""

import pytest
from hypothesis import Phase, find, given, settings

from parity.tokenizer.shrink import shrink
from parity.tokenizer.strategies import hard_texts

# The first that is found, and not the smallest; where one in 200 will do.
FIRST = settings(max_examples=20_000, phases=[Phase.generate])


@pytest.mark.sample(2)
@pytest.mark.parametrize("wanted", ["\u0301", "\u200d", "\0", "[MASK]", "\U0002b91f", "\u200b"])
def test_hard_texts_reach_it(wanted):
    def has_it(text):
        return wanted in text

    found = find(hard_texts(), has_it, settings=FIRST)
    assert shrink(found, has_it) == wanted


def test_hard_texts_have_long_words():
    def has_a_long_word(text):
        return any(len(word) > 100 for word in text.split())

    assert has_a_long_word(find(hard_texts(), has_a_long_word))


@given(hard_texts())
def test_hard_texts_are_text(text):
    text.encode()
