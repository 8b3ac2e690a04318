"""Which tokens can be added, and as what."""

import pytest

from scratch_bert.tokenization import AddedToken, TokenizerSettings
from scratch_bert.tokenization.interface.add_tokens import add, read_tokens

SETTINGS = TokenizerSettings({"[UNK]": 0, "a": 1})


def test_special_decides_about_normalized():
    (made,) = read_tokens([AddedToken("<E>", lstrip=True)], special=True)
    assert made == AddedToken("<E>", lstrip=True, normalized=False, special=True)
    (kept,) = read_tokens([AddedToken("<E>", normalized=True)], special=True)
    assert kept.normalized
    assert read_tokens("word", special=False) == [AddedToken("word", normalized=True)]


@pytest.mark.parametrize("token", [None, 5, b"a"])
def test_what_is_no_token(token):
    with pytest.raises(TypeError, match="is no token, expected a text or an AddedToken"):
        read_tokens([token], special=False)


def test_ids_follow():
    """So many that time which grew with their square would be felt."""
    settings, count = add(SETTINGS, [AddedToken(f"t{i}") for i in range(2000)])
    assert count == 2000
    assert list(settings.added_tokens) == list(range(2, 2002))
