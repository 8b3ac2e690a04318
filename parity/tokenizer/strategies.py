"""Hypothesis strategies for anybody's tests of a tokenizer or a BERT.

@given(hard_texts())
def test_my_tokenizer(text):
    assert mine(text) == theirs(text)
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from parity.tokenizer.adversarial_texts import pools

_SCALARS = st.characters(exclude_categories=["Cs"])
_STRATEGIES = (True, False, "longest_first", "only_first", "only_second", "do_not_truncate")


def texts(*, surrogates: bool = False) -> SearchStrategy[str]:
    """Any text, of all Unicode scalar values.

    Args:
        surrogates: with lone ones, which are no text and which the reference refuses.
    """
    return st.text() if not surrogates else st.text(st.characters())


def hard_texts() -> SearchStrategy[str]:
    """Text that tokenizers get wrong.

    Mixed scripts, combining sequences, emoji joined by ZWJ, control characters, every kind of
    white space, ideographs at the edges of their blocks, special tokens inside words and nearly
    special ones, words of about a hundred characters. It shrinks to few pieces;
    `parity.tokenizer.shrink` goes on to single code points.
    """
    groups = [st.sampled_from(pieces) for _, pieces in pools().values()]
    return st.lists(st.one_of(_SCALARS, *groups), max_size=12).map("".join)


def call_options() -> SearchStrategy[dict[str, Any]]:
    """Options of a tokenizer's call, with lengths so small that texts are cut and overflow.

    Not all of them go together; where the reference raises an error, so should a candidate.
    """
    flag = st.booleans()
    return st.fixed_dictionaries(
        {},
        optional={
            "add_special_tokens": flag,
            "padding": st.sampled_from([True, False, "longest", "max_length", "do_not_pad"]),
            "truncation": st.sampled_from(_STRATEGIES),
            "max_length": st.integers(0, 30),
            "stride": st.integers(0, 5),
            "pad_to_multiple_of": st.sampled_from([2, 3, 8]),
            "padding_side": st.sampled_from(["left", "right"]),
            "return_tensors": st.sampled_from([None, "np", "pt"]),
            "return_token_type_ids": flag,
            "return_attention_mask": flag,
            "return_overflowing_tokens": flag,
            "return_special_tokens_mask": flag,
            "return_offsets_mapping": flag,
            "return_length": flag,
            "split_special_tokens": flag,
        },
    )
