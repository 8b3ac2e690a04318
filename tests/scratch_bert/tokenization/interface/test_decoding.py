"""Where spaces go; that this is the reference's is tests/reference/tokenizer/test_decoding.py."""

import pytest

from scratch_bert.tokenization.interface.decoding import clean_up, join


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ([], ""),
        (["##a", "##b", "c"], "##ab c"),
        (["a", "####b"], "a##b"),
        (["", "", ""], "  "),
        (["what", "?", "!"], "what?!"),
        (["i", "'", "m"], "i ' m"),
        (["i", "'m", "here"], "i'm here"),
        (["we", "do not"], "we don't"),
        (["do not"], "do not"),
        ([" ' "], "'"),
    ],
)
def test_join(tokens, text):
    assert join(tokens) == text


def test_clean_up_sees_the_whole_text():
    assert clean_up("i ' m , we do not .") == "i'm, we do not."
