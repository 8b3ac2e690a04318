"""Which parts of a text are added tokens; which ids new tokens get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.interface.add_tokens import add, with_special_tokens
from scratch_bert.tokenization.interface.added_tokens import AddedTokens

SPECIAL = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"]
VOCABULARY = {token: i for i, token in enumerate([*SPECIAL, "a", "b"])}
MASK = AddedToken("[MASK]", special=True)


def split(text, *tokens, split_special_tokens=False):
    """Parts as texts, found ones with their place in `tokens`."""
    found = AddedTokens(dict(enumerate(tokens))).split(text, split_special_tokens)
    return [text[start:end] if i is None else (text[start:end], i) for start, end, i in found]


def raw(content, **flags):
    return AddedToken(content, normalized=False, **flags)


@pytest.mark.parametrize(
    ("text", "contents", "parts"),
    [
        ("", ["x"], []),
        ("ab", ["x"], ["ab"]),
        ("ab", [], ["ab"]),
        ("x", ["x"], [("x", 0)]),
        ("xx", ["x"], [("x", 0), ("x", 0)]),
        ("axb", ["x"], ["a", ("x", 0), "b"]),
        ("[mask][MASK]", ["[MASK]"], ["[mask]", ("[MASK]", 0)]),
        ("abcd", ["ab", "abc"], [("abc", 1), "d"]),  # the longest, not the first given
        ("abcd", ["bcd", "ab"], [("ab", 1), "cd"]),  # the leftmost, not the longest
        ("abab", ["aba", "ab"], [("aba", 0), "b"]),
        ("a.c abc", ["a.c"], [("a.c", 0), " abc"]),
        ("a|b", ["a|b", "a"], [("a|b", 0)]),
        ("ab", [""], ["ab"]),
        ("ab", ["", "b"], ["a", ("b", 1)]),
        ("xx", ["x", "x"], [("x", 0), ("x", 0)]),  # two that are alike: the lower id
        ("a\nb", ["a\nb"], [("a\nb", 0)]),
    ],
)
def test_the_leftmost_and_longest_is_found(text, contents, parts):
    assert split(text, *map(raw, contents)) == parts


def test_of_two_alike_the_lower_id_is_found_whatever_their_order():
    tokens = {9: raw("x"), 4: raw("x")}
    assert list(AddedTokens(tokens).split("x")) == [(0, 1, 4)]


@pytest.mark.parametrize(
    ("text", "flags", "parts"),
    [
        ("a \t x \n b", {}, ["a \t ", ("x", 0), " \n b"]),
        ("a \t x \n b", {"lstrip": True}, ["a", (" \t x", 0), " \n b"]),
        ("a \t x \n b", {"rstrip": True}, ["a \t ", ("x \n ", 0), "b"]),
        ("a \t x \n b", {"lstrip": True, "rstrip": True}, ["a", (" \t x \n ", 0), "b"]),
        ("  x  ", {"lstrip": True, "rstrip": True}, [("  x  ", 0)]),
        ("\x0b\u3000x\x1c", {"lstrip": True, "rstrip": True}, [("\x0b\u3000x", 0), "\x1c"]),
        ("\u200bx\u200b", {"lstrip": True, "rstrip": True}, ["\u200b", ("x", 0), "\u200b"]),
        ("x  x", {"lstrip": True}, [("x", 0), ("  x", 0)]),
        ("x  x", {"lstrip": True, "rstrip": True}, [("x  ", 0), ("x", 0)]),  # the first takes them
    ],
)
def test_white_space_at_its_sides(text, flags, parts):
    assert split(text, raw("x", **flags)) == parts


def test_a_token_that_begins_with_white_space_is_found_in_what_another_took():
    assert split("x y", raw("x", rstrip=True), raw(" y")) == [("x ", 0), (" y", 1)]


def test_with_lstrip_it_begins_where_the_other_ends():
    assert split("x y", raw("x", rstrip=True), raw(" y", lstrip=True)) == [("x ", 0), ("y", 1)]


@pytest.mark.parametrize("neighbor", ["a", "é", "7", "_", "東", "\u0301", "x"])
def test_a_single_word_is_touched_by_no_word_character(neighbor):
    token = raw("<x>", single_word=True)
    assert split(f"{neighbor}<x>", token) == [f"{neighbor}<x>"]
    assert split(f"<x>{neighbor}", token) == [f"<x>{neighbor}"]


@pytest.mark.parametrize("neighbor", ["", " ", "-", "€", "\u200b", "\n"])
def test_a_single_word_may_stand_beside_anything_else(neighbor):
    parts = split(f"{neighbor}x{neighbor}", raw("x", single_word=True))
    assert ("x", 0) in parts
    assert len(parts) == (3 if neighbor else 1)


def test_a_refused_token_hides_those_inside_it():
    assert split("axb b", raw("xb", single_word=True), raw("b")) == ["axb ", ("b", 1)]
    assert split("[x]x", AddedToken("[x]", special=True), raw("x"), split_special_tokens=True) == [
        "[x]",
        ("x", 1),
    ]


def test_special_tokens_may_be_text():
    tokens = MASK, raw("x")
    assert split("x[MASK]", *tokens) == [("x", 1), ("[MASK]", 0)]
    assert split("x[MASK]", *tokens, split_special_tokens=True) == [("x", 1), "[MASK]"]


def test_occur_and_bool():
    tokens = AddedTokens({4: MASK})
    assert tokens
    assert tokens.occur("a[MASK]b")
    assert not tokens.occur("a[mask]b")
    none = AddedTokens({})
    assert not none
    assert not none.occur("")
    assert list(none.split("ab")) == [(0, 2, None)]


def naive_split(text, contents):
    """Leftmost, then longest, place by place."""
    parts, between, at = [], "", 0
    while at < len(text):
        here = [c for c in contents if text.startswith(c, at)]
        if not here:
            between += text[at]
            at += 1
            continue
        longest = max(here, key=len)
        parts += [between, (longest, contents.index(longest))]
        between, at = "", at + len(longest)
    return [part for part in (*parts, between) if part]


CONTENTS = st.lists(st.text("ab.|", min_size=1, max_size=4), max_size=5, unique=True)


@given(st.text("ab.|\n", max_size=12), CONTENTS)
def test_a_naive_search_finds_the_same(text, contents):
    assert split(text, *map(raw, contents)) == naive_split(text, contents)


FLAGGED = st.builds(
    raw, st.sampled_from(["x", "ab", "-"]), lstrip=st.booleans(), rstrip=st.booleans()
)


@given(st.text("xab- \t", max_size=12), st.lists(FLAGGED, max_size=3))
def test_the_parts_are_the_text(text, tokens):
    parts = list(AddedTokens(dict(enumerate(tokens))).split(text))
    bounds = [bound for start, end, _ in parts for bound in (start, end)]
    assert bounds[::2] == [0, *bounds[1:-1:2]] if parts else text == ""
    assert "".join(text[start:end] for start, end, _ in parts) == text
    assert all(start < end for start, end, _ in parts)


BASE = TokenizerSettings(VOCABULARY)


def added(tokens, settings=BASE):
    settings, count = add(settings, tokens)
    return dict(settings.added_tokens), count


def test_a_new_token_gets_the_next_free_id():
    assert added([raw("x"), raw("y")]) == ({7: raw("x"), 8: raw("y")}, 2)


def test_a_piece_of_the_vocabulary_keeps_its_id():
    assert added([raw("b"), raw("x")]) == ({6: raw("b"), 7: raw("x")}, 2)


def test_ids_go_on_after_the_highest():
    settings = TokenizerSettings(VOCABULARY, added_tokens={20: raw("x")})
    assert added([raw("y")], settings) == ({20: raw("x"), 21: raw("y")}, 1)


def test_an_id_beyond_the_vocabulary_may_be_in_it():
    settings = TokenizerSettings({"[UNK]": 0, "far": 50})  # two pieces: 2 is the next, as in HF
    assert added([raw("x")], settings) == ({2: raw("x")}, 1)


def test_what_is_there_already_or_empty_is_not_counted():
    settings = add(BASE, [raw("x")])[0]
    assert added([raw("x"), raw(""), raw("y"), raw("y")], settings) == (
        {7: raw("x"), 8: raw("y")},
        1,
    )


def test_a_token_may_change_its_flags_but_stays_special():
    settings = add(BASE, [raw("x", special=True)])[0]
    changed = raw("x", lstrip=True)
    assert added([changed], settings) == ({7: raw("x", lstrip=True, special=True)}, 1)
    settings = add(BASE, [changed])[0]
    assert added([raw("x", special=True)], settings) == ({7: raw("x", special=True)}, 1)


def test_the_given_settings_stay_as_they_are():
    add(BASE, [raw("x")])
    assert BASE.added_tokens == {}
    assert add(BASE, [raw("x")])[0].vocabulary is VOCABULARY


def test_special_tokens_are_added_roles_first():
    vocabulary = {"[UNK]": 0, "[SEP]": 1, "a": 2}
    roles = {"bos_token": "<s>"}
    settings = TokenizerSettings(vocabulary, **roles, extra_special_tokens=("<e>", "a"))
    names = [(i, token.content) for i, token in with_special_tokens(settings).added_tokens.items()]
    assert names == [
        (3, "<s>"),
        (0, "[UNK]"),
        (1, "[SEP]"),
        (4, "[PAD]"),
        (5, "[CLS]"),
        (6, "[MASK]"),
        (7, "<e>"),
        (2, "a"),
    ]
    assert all(token.special for token in with_special_tokens(settings).added_tokens.values())


def test_special_tokens_that_are_there_stay_as_they_are():
    mask = AddedToken("[MASK]", lstrip=True, normalized=True, special=True)
    settings = TokenizerSettings(VOCABULARY, added_tokens={4: mask})
    complete = with_special_tokens(settings)
    assert complete.added_tokens[4] is mask
    assert sorted(complete.added_tokens) == [0, 1, 2, 3, 4]
    assert with_special_tokens(complete) == complete
