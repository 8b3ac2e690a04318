"""A Hypothesis strategy for anybody's tests of a tokenizer.

@given(hard_texts())
def test_my_tokenizer(text):
    assert mine(text) == theirs(text)
"""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from parity.tokenizer.adversarial_texts import pools

_SCALARS = st.characters(exclude_categories=["Cs"])


def hard_texts() -> SearchStrategy[str]:
    """Text that tokenizers get wrong.

    Mixed scripts, combining sequences, emoji joined by ZWJ, control characters, every kind of
    white space, ideographs at the edges of their blocks, special tokens inside words and nearly
    special ones, words of about a hundred characters. It shrinks to few pieces;
    `parity.tokenizer.shrink` goes on to single code points.
    """
    groups = [st.sampled_from(pieces) for _, pieces in pools().values()]
    return st.lists(st.one_of(_SCALARS, *groups), max_size=12).map("".join)
