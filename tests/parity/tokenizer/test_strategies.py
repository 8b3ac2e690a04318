"""The strategies reach what they promise; the judge's own shrinker goes on to what matters."""

import pytest
from hypothesis import Phase, find, given, settings

from parity.tokenizer.shrink import shrink
from parity.tokenizer.strategies import call_options, hard_texts, texts

# The first that is found, and not the smallest; where one in 200 will do.
FIRST = settings(max_examples=20_000, phases=[Phase.generate])


@pytest.mark.thorough(but=2)
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


def test_surrogates_are_asked_for():
    def has_surrogate(text):
        return any("\ud800" <= char <= "\udfff" for char in text)

    assert find(texts(surrogates=True), has_surrogate) == "\ud800"


@given(texts(), hard_texts())
def test_texts_are_text(some, hard):
    (some + hard).encode()


def test_call_options_cut_and_overflow():
    def overflows(options):
        return options.get("truncation") is True and options.get("stride", 0) > 1

    assert find(call_options(), overflows, settings=FIRST)["stride"] > 1


def test_call_options_are_those_of_the_call():
    names = set(find(call_options(), lambda options: len(options) == 15, settings=FIRST))
    assert {"padding_side", "split_special_tokens", "return_overflowing_tokens"} < names
