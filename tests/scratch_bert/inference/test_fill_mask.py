"""Words for [MASK]: several masks, few words, and texts that cannot be filled."""

import json
from functools import partial

import pytest

from scratch_bert.cli.main import main
from scratch_bert.inference.fill_mask import FillMask


def test_each_mask_has_its_words(folder):
    ((first, second),) = FillMask(folder)(["a [MASK] b [MASK]"], top_k=3)
    assert [len(first), len(second)] == [3, 3]
    assert [each.score for each in first] == sorted((each.score for each in first), reverse=True)
    assert first[0].sequence == f"[CLS] a {first[0].token_str} b [MASK] [SEP]"
    assert second[0].sequence == f"[CLS] a [MASK] b {second[0].token_str} [SEP]"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a b", "text 2: there is no [MASK] in it"),
        ("[MASK] " * 600, "text 2: has 602 tokens, and the model takes"),
    ],
)
def test_a_text_that_cannot_be_filled(text, why, folder):
    with pytest.raises(ValueError) as told:  # noqa: PT011
        FillMask(folder)(["[MASK]", text])
    assert why in str(told.value)


@pytest.fixture
def run(command_line, folder):
    return partial(command_line, main, "fill-mask", "--checkpoint", folder)


def test_the_command(run):
    code, out, _ = run("a [MASK]", "[MASK] [MASK]", "--top-k", "2", "--format", "json")
    assert not code
    rows = [json.loads(line) for line in out.splitlines()]
    assert [[len(words) for words in row] for row in rows] == [[2], [2, 2]]
    assert rows[0][0][0].keys() == {"score", "token", "token_str", "sequence"}
    code, out, _ = run("a [MASK]")
    assert rows[0][0][0]["token_str"] in out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["a b"], "there is no [MASK]"),
        (["[MASK]", "--checkpoint", "nowhere/at/all"], "nowhere/at/all"),
    ],
)
def test_usage(arguments, why, run):
    code, _, err = run(*arguments)
    assert (code, why in err) == (4, True)
