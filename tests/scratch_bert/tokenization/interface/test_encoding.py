"""A row's columns and the maps between characters, words and tokens."""

import pytest

from scratch_bert.tokenization.interface.encoding import Encoding, Frame
from scratch_bert.tokenization.interface.pieces import Details, Pieces

FRAME = Frame(("[CLS]", 101), ("[SEP]", 102), ("[PAD]", 9))
BARE = FRAME._replace(shown=False)

# "Café unaff!" with the accent removed: it is the third character of nobody.
DETAILS = Details(
    (1, 2, 3, 4), ("cafe", "un", "##aff", "!"), ((0, 4), (6, 8), (8, 11), (11, 12)), (0, 1, 1, 2)
)
FIRST = Pieces((1, 2, 3, 4), "", lambda _: DETAILS)
SECOND = Pieces((5, 6), "", lambda _: Details((5, 6), ("x", "y"), ((1, 2), (3, 4)), (0, 1)))
SINGLE, PAIR = Encoding(FRAME, [FIRST]), Encoding(FRAME, [FIRST, SECOND])
NONE = (0, 0)


def columns(row):
    return (
        row.ids,
        row.tokens,
        row.type_ids,
        row.attention_mask,
        row.special_tokens_mask,
        row.offsets,
        row.word_ids,
        row.sequence_ids,
    )


def test_a_single_text():
    assert columns(SINGLE) == (
        [101, 1, 2, 3, 4, 102],
        ["[CLS]", "cafe", "un", "##aff", "!", "[SEP]"],
        [0] * 6,
        [1] * 6,
        [1, 0, 0, 0, 0, 1],
        [NONE, (0, 4), (6, 8), (8, 11), (11, 12), NONE],
        [None, 0, 1, 1, 2, None],
        [None, 0, 0, 0, 0, None],
    )
    assert (len(SINGLE), SINGLE.n_sequences) == (6, 1)


def test_a_pair():
    assert columns(PAIR) == (
        [101, 1, 2, 3, 4, 102, 5, 6, 102],
        ["[CLS]", "cafe", "un", "##aff", "!", "[SEP]", "x", "y", "[SEP]"],
        [0, 0, 0, 0, 0, 0, 1, 1, 1],
        [1] * 9,
        [1, 0, 0, 0, 0, 1, 0, 0, 1],
        [NONE, (0, 4), (6, 8), (8, 11), (11, 12), NONE, (1, 2), (3, 4), NONE],
        [None, 0, 1, 1, 2, None, 0, 1, None],
        [None, 0, 0, 0, 0, None, 1, 1, None],
    )
    assert (len(PAIR), PAIR.n_sequences) == (9, 2)


def test_without_special_tokens():
    assert columns(Encoding(BARE, [FIRST, SECOND])) == (
        [1, 2, 3, 4, 5, 6],
        ["cafe", "un", "##aff", "!", "x", "y"],
        [0, 0, 0, 0, 1, 1],
        [1] * 6,
        [0] * 6,
        [(0, 4), (6, 8), (8, 11), (11, 12), (1, 2), (3, 4)],
        [0, 1, 1, 2, 0, 1],
        [0, 0, 0, 0, 1, 1],
    )


def test_windows():
    assert columns(Encoding(FRAME, [FIRST, SECOND], [(1, 3), (1, 2)])) == (
        [101, 2, 3, 102, 6, 102],
        ["[CLS]", "un", "##aff", "[SEP]", "y", "[SEP]"],
        [0, 0, 0, 0, 1, 1],
        [1] * 6,
        [1, 0, 0, 1, 0, 1],
        [NONE, (6, 8), (8, 11), NONE, (3, 4), NONE],
        [None, 1, 1, None, 1, None],
        [None, 0, 0, None, 1, None],
    )


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("frame", [FRAME, BARE])
def test_padding(side, frame):
    texts = [FIRST, SECOND]
    row, length = Encoding(frame, texts), len(Encoding(frame, texts))
    row.pad(length + 2, side)
    fillers = [9, "[PAD]", 0, 0, 1, NONE, None, None]
    for padded, column, filler in zip(
        columns(row), columns(Encoding(frame, texts)), fillers, strict=True
    ):
        filling = [filler] * 2
        assert padded == (filling + column if side == "left" else column + filling)
    assert len(row) == length + 2
    row.pad(length - 1, side)
    assert len(row) == length
    assert columns(row) == columns(Encoding(frame, texts))


def test_details_are_worked_out_once_and_only_when_asked():
    asked = []

    def details(text):
        asked.append(text)
        return Details((1,), ("a",), ((0, 1),), (0,))

    row = Encoding(FRAME, [Pieces((1,), "A", details)])
    assert (row.ids, row.type_ids, row.attention_mask, len(row)) == (
        [101, 1, 102],
        [0] * 3,
        [1] * 3,
        3,
    )
    assert (row.special_tokens_mask, row.sequence_ids) == ([1, 0, 1], [None, 0, None])
    assert not asked
    assert (row.tokens[1], row.offsets[1], row.word_ids[1]) == ("a", (0, 1), 0)
    assert asked == ["A"]


def test_a_column_is_a_list_of_its_own():
    SINGLE.ids.clear()
    Encoding(BARE, [FIRST]).ids.clear()
    Encoding(BARE, [FIRST]).tokens.clear()
    assert SINGLE.ids == [101, 1, 2, 3, 4, 102]
    assert (FIRST.ids, len(DETAILS.tokens)) == ((1, 2, 3, 4), 4)


def test_added_special_tokens():
    assert (FRAME.added(pair=False), FRAME.added(pair=True)) == (2, 3)
    assert (BARE.added(pair=False), BARE.added(pair=True)) == (0, 0)


def test_repr():
    assert repr(Encoding(FRAME, [SECOND])) == "Encoding(['[CLS]', 'x', 'y', '[SEP]'])"


@pytest.fixture(params=[0, 2])
def padded(request):
    """The pair, with that many tokens of padding on its left."""
    row = Encoding(FRAME, [FIRST, SECOND])
    row.pad(9 + request.param, "left")
    return row, request.param


def test_from_tokens(padded):
    row, left = padded
    places = range(left, left + 9)
    sequences = [None, 0, 0, 0, 0, None, 1, 1, None]
    assert [row.token_to_sequence(i) for i in places] == sequences
    assert [row.token_to_word(i) for i in places] == [None, 0, 1, 1, 2, None, 0, 1, None]
    spans = [None, (0, 4), (6, 8), (8, 11), (11, 12), None, (1, 2), (3, 4), None]
    assert [row.token_to_chars(i) for i in places] == spans
    for method in (row.token_to_sequence, row.token_to_word, row.token_to_chars):
        assert [method(i) for i in (*range(left), 99)] == [None] * (left + 1)


def test_from_characters(padded):
    row, left = padded
    found = [None if i is None else i - left for i in map(row.char_to_token, range(13))]
    assert found == [1, 1, 1, 1, None, None, 2, 2, 3, 3, 3, 4, None]
    assert [row.char_to_token(i, 1) for i in range(5)] == [None, left + 6, None, left + 7, None]
    assert list(map(row.char_to_word, range(13))) == [*[0] * 4, None, None, *[1] * 5, 2, None]
    assert [row.char_to_word(i, 1) for i in range(5)] == [None, 0, None, 1, None]


def test_from_words(padded):
    row, left = padded
    tokens = [(left + 1, left + 2), (left + 2, left + 4), (left + 4, left + 5), None]
    assert [row.word_to_tokens(i) for i in range(4)] == tokens
    assert [row.word_to_tokens(i, 1) for i in range(3)] == [
        (left + 6, left + 7),
        (left + 7, left + 8),
        None,
    ]
    assert [row.word_to_chars(i) for i in range(4)] == [(0, 4), (6, 11), (11, 12), None]
    assert [row.word_to_chars(i, 1) for i in range(3)] == [(1, 2), (3, 4), None]


def test_a_window_knows_only_what_is_in_it():
    row = Encoding(FRAME, [FIRST], [(2, 4)])  # the middle of a word
    assert row.word_to_tokens(0) is None
    assert row.word_to_tokens(1) == (1, 2)
    assert row.word_to_chars(1) == (8, 11)
    assert (row.char_to_token(0), row.char_to_token(8)) == (None, 1)


def test_without_special_tokens_the_second_text_follows_the_first():
    row = Encoding(BARE, [FIRST, SECOND])
    assert row.char_to_token(1, 1) == 4
    assert [row.token_to_sequence(i) for i in range(7)] == [0, 0, 0, 0, 1, 1, None]


def test_where_there_is_no_such_text_the_whole_row_is_searched():
    for sequence in (2, -1):
        assert PAIR.char_to_token(1, sequence) == 1
        assert SINGLE.char_to_token(6, sequence) == 2
        assert SINGLE.word_to_tokens(1, sequence) == (2, 4)
        assert PAIR.word_to_tokens(0, sequence) == (1, 2)  # the search ends at a later word


@pytest.mark.parametrize(
    "method",
    [
        "token_to_sequence",
        "token_to_word",
        "token_to_chars",
        "char_to_token",
        "char_to_word",
        "word_to_tokens",
        "word_to_chars",
    ],
)
def test_places_are_counted_from_0(method):
    name = method.partition("_")[0]
    with pytest.raises(ValueError, match=f"^{name} is -1, expected a place counted from 0$"):
        getattr(SINGLE, method)(-1)
