"""The strategies reach what they promise, and shrink to little."""

import pytest
from hypothesis import find, given

from parity.strategies import call_options, hard_texts, texts


@pytest.mark.parametrize("wanted", ["\u0301", "\u200d", "\0", "[MASK]", "\U0002b91f", "\u200b"])
def test_hard_texts_shrink(wanted):
    assert len(find(hard_texts(), lambda text: wanted in text)) <= len("[MA\u200bSK]")


def test_hard_texts_have_long_words():
    assert len(find(hard_texts(), lambda text: any(len(w) > 100 for w in text.split()))) <= 202


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

    assert find(call_options(), overflows)["stride"] == 2


def test_call_options_are_those_of_the_call():
    names = set(find(call_options(), lambda options: len(options) == 15))
    assert {"padding_side", "split_special_tokens", "return_overflowing_tokens"} < names
