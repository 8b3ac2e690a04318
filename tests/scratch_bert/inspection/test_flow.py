"""A text's way in is the tokenizer's own, and a terminal shows where each piece stands."""

import pytest
from rich.console import Console

from scratch_bert import BertTokenizer
from scratch_bert.inspection import token_flow
from scratch_bert.inspection.tokenizer_steps import FlowWord
from scratch_bert.inspection.views.texts import _ruler, _wrapped


@pytest.mark.parametrize(
    "text", ["", "_Unaffâble $x$ 东\u200b京 🦄\t[MASK]", ("A pair,", "ofâ texts.")]
)
def test_the_words_and_pieces_are_the_tokenizers(text):
    tokenizer = BertTokenizer.from_pretrained("builtin:minilm")
    flow = token_flow(text, tokenizer)
    row = tokenizer([text])
    assert flow.tokens == row.tokens()
    assert [flow.input_ids] == row["input_ids"]
    assert [flow.token_type_ids] == row["token_type_ids"]
    for number, each in enumerate(flow.texts):
        pieces = [piece for word in each.words for piece in word.pieces]
        places = [i for i, of in enumerate(row.sequence_ids()) if of == number]
        assert [piece.token for piece in pieces] == [flow.tokens[i] for i in places]
        assert [(piece.start, piece.end) for piece in pieces] == [flow.offsets[i] for i in places]


def test_each_step():
    (text,) = token_flow("Unaffâble[MASK]东!").texts
    assert text.normalized == "unaffable[MASK] 东 !"
    words = [FlowWord(*word)[:3] for word in text.words]
    expected = [("unaffable", 0, 9), ("[MASK]", 9, 15), ("东", 15, 16), ("!", 16, 17)]
    assert words == expected
    assert [piece.token for piece in text.words[0].pieces] == ["una", "##ffa", "##ble"]


def test_rules_are_the_tokenizers_own():
    plain = BertTokenizer.from_pretrained("builtin:minilm", lowercase=False, split_cjk=False)
    said = token_flow("a", plain).steps["normalized"]
    assert said == "Invisible characters go, all white space becomes a space."
    assert "accents go; capitals become small." in token_flow("a").steps["normalized"]


def test_brackets_stand_under_what_they_mark():
    text = "Unaffable 东\tb"
    lines = [*_wrapped(text, [(0, 3), (3, 6), (6, 9), (10, 11), (12, 13)], width=12)]
    drawn = [["".join(column[i] for column in line) for i in (1, 2)] for line in lines]
    assert drawn == [["Unaffable 东", "└─┘└─┘└─┘ └┘"], ["\\tb", "  ╵"]]
    assert [_ruler(line) for line in lines] == ["0         10", "11"]


def test_a_text_that_is_too_long_is_told_of():
    flow = token_flow("the " * 511)
    console = Console(width=80)
    with console.capture() as printed:
        console.print(flow)
    assert "513 tokens are more than the 512 that the model takes" in printed.get()
