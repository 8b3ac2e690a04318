"""Spaces go where the reference puts them."""

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import decoders

from parity import reference
from scratch_bert.tokenization.interface.decoding import clean_up, join
from scratch_bert.weights.builtin import minilm

THEIRS = decoders.WordPiece(prefix="##", cleanup=True)
# What rules are made of, so that random pieces meet them.
FRAGMENTS = [" do", " not", "do not", " n't", "n't", " 'm", "'s", "'ve", " 're", " ' ", " .", "##"]
PIECE = st.one_of(
    st.text(" .?!,'ntmdo svreab#", max_size=9),
    st.lists(st.sampled_from(FRAGMENTS), max_size=4).map("".join),
    st.text(max_size=4),
)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_all_short_pieces(length):
    """All of one or two ASCII characters; of three, those of the rules' letters and marks."""
    characters = [chr(code) for code in range(128)]
    if length == 3:
        unused = set(string.ascii_letters + string.digits) - set("ntmdosvre")
        characters = [c for c in characters if c.isprintable() and c not in unused]
    for piece in map("".join, itertools.product(characters, repeat=length)):
        assert join([piece]) == THEIRS.decode([piece]), repr(piece)
        assert join(["", piece]) == THEIRS.decode(["", piece]), repr(piece)


@given(st.lists(PIECE, max_size=5))
def test_any_pieces(tokens):
    assert join(tokens) == THEIRS.decode(tokens)


@given(st.lists(PIECE, max_size=5).map(" ".join))
def test_clean_up(text):
    assert clean_up(text) == reference.tokenizer(minilm()).clean_up_tokenization(text)
