"""What a call's texts are: rows, pairs, words; and what they cannot be."""

import pytest

from scratch_bert.tokenization.interface.inputs import read_inputs


@pytest.mark.parametrize(
    ("text", "text_pair", "rows", "batched"),
    [
        ("a", None, [("a", None)], False),
        ("", None, [("", None)], False),
        ("a", "b", [("a", "b")], False),
        ("a", "", [("a", None)], False),  # alone, an empty one counts as none
        ("a", [], [("a", None)], False),
        (["a"], None, [("a", None)], True),
        (("a", "b"), None, [("a", None), ("b", None)], True),
        (["a", "b"], None, [("a", None), ("b", None)], True),
        ([("a", "b")], None, [("a", "b")], True),
        ([["a", "b"]], None, [("a", "b")], True),
        ([("a", ""), "c"], None, [("a", ""), ("c", None)], True),
        (["a", "b"], ["c", ""], [("a", "c"), ("b", "")], True),
        (("a",), ("b",), [("a", "b")], True),
    ],
)
def test_texts(text, text_pair, rows, batched):
    assert read_inputs(text, text_pair, in_words=False) == (rows, batched)


@pytest.mark.parametrize(
    ("text", "text_pair", "rows", "batched"),
    [
        (["a", "b"], None, [(["a", "b"], None)], False),
        (("a", "b"), None, [(["a", "b"], None)], False),
        ([], None, [([], None)], False),
        (["a"], ["b", "c"], [(["a"], ["b", "c"])], False),
        (["a"], [], [(["a"], None)], False),
        ([["a", "b"], ["c"]], None, [(["a", "b"], None), (["c"], None)], True),
        ([[]], None, [([], None)], True),
        ([["a", "b"]], None, [(["a", "b"], None)], True),  # two words, no pair
        ([(["a"], ["b", "c"])], None, [(["a"], ["b", "c"])], True),
        ([[("a",), ("b",)]], None, [(["a"], ["b"])], True),
        ([["a"], ["b"]], [["c"], []], [(["a"], ["c"]), (["b"], [])], True),
    ],
)
def test_words(text, text_pair, rows, batched):
    assert read_inputs(text, text_pair, in_words=True) == (rows, batched)


@pytest.mark.parametrize(
    ("text", "text_pair", "in_words", "message"),
    [
        (["a", 5], None, False, "^text 1 is 5, expected a text$"),
        ([["a", "b", "c"]], None, False, r"^text 0 is \['a', 'b', 'c'\], expected a text$"),
        ([["a"]], None, False, r"^text 0 is \['a'\], expected a text$"),
        ([("a", None)], None, False, "^text 0 is None, expected a text$"),
        ([("a", "b")], ["c"], False, r"^text 0 is \('a', 'b'\), expected a text$"),
        ([None], None, False, "^text 0 is None, expected a text$"),
        ("a", 5, False, "^text_pair is 5, expected a text$"),
        ("a", ["b"], False, r"^text_pair is \['b'\], expected a text$"),
        (["a"], "b", False, "^text_pair is 'b', expected a list, one for each text$"),
        (["a"], [5], False, "^text_pair 0 is 5, expected a text$"),
        ("a b", None, True, "^text is 'a b', expected a list of words$"),
        (["a"], "b", True, "^text_pair is 'b', expected a list of words$"),
        (["a", 5], None, True, "^text, word 1 is 5, expected a text$"),
        ([[["a"], "b"]], None, True, r"^text 0, word 0 is \['a'\], expected a text$"),
        ([["a"], "b"], None, True, "^text 1 is 'b', expected a list of words$"),
        ([["a"], ["b", 5]], None, True, "^text 1, word 1 is 5, expected a text$"),
        ([["a"]], ["b"], True, "^text_pair 0 is 'b', expected a list of words$"),
        ([["a"]], [["b", None]], True, "^text_pair 0, word 1 is None, expected a text$"),
    ],
)
def test_what_is_no_text(text, text_pair, in_words, message):
    with pytest.raises(TypeError, match=message):
        read_inputs(text, text_pair, in_words)


@pytest.mark.parametrize(
    ("text", "text_pair", "message"),
    [
        (None, None, "^text is None, expected a text, a list of texts or of pairs$"),
        ({"a"}, None, "^text is {'a'}, expected a text, a list"),
        (b"a", None, "^text is b'a', expected a text, a list"),
        ([], None, "^there are no texts$"),
        ([], [], "^there are no texts$"),
        (["a", "b"], ["c"], "^there are 2 texts but 1 second texts$"),
        (["a"], [], "^there are 1 texts but 0 second texts$"),
    ],
)
def test_what_is_no_batch(text, text_pair, message):
    with pytest.raises(ValueError, match=message):
        read_inputs(text, text_pair, in_words=False)


@pytest.mark.parametrize(
    ("text", "text_pair", "in_words", "place"),
    [
        ("a\ud800", None, False, "text has a lone surrogate, U+D800, at character 1"),
        ("\udfffé", None, False, "text has a lone surrogate, U+DFFF, at character 0"),
        ("a", "é\udc80", False, "text_pair has a lone surrogate, U+DC80, at character 1"),
        (["a", "b\udabc"], None, False, "text 1 has a lone surrogate, U+DABC, at character 1"),
        ([("a", "\ud800")], None, False, "text 0 has a lone surrogate, U+D800, at character 0"),
        (["a"], ["\ud800"], False, "text_pair 0 has a lone surrogate, U+D800, at character 0"),
        (["a", "b\ud800"], None, True, "text, word 1 has a lone surrogate, U+D800, at character 1"),
    ],
)
def test_a_lone_surrogate(text, text_pair, in_words, place):
    with pytest.raises(TypeError) as caught:
        read_inputs(text, text_pair, in_words)
    remedy = "; it is no character, decode the text with errors='replace'"
    assert str(caught.value) == place + remedy


def test_a_pair_of_surrogates_written_as_one_character_is_text():
    assert read_inputs("\U0001f600", None, in_words=False)[0] == [("\U0001f600", None)]
