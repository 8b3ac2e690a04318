"""Words for [MASK] are those of HuggingFace's pipeline, in its order."""

import numpy as np
import pytest
import torch
from transformers import pipeline

from parity import reference
from scratch_bert.cli.main import main
from scratch_bert.inference.fill_mask import FillMask
from tests.reference.inference.pipelines import check_rows


@pytest.fixture(scope="module")
def both(folder):
    with reference.quiet():
        theirs = pipeline("fill-mask", model=str(folder), device="cpu")
    return FillMask(folder, attention="sdpa", batch_tokens=1), theirs


TEXTS = [
    "[MASK]",
    "Paris is the [MASK] of France.",
    "a [MASK] b [MASK], c!",
    "[MASK][MASK]",
    "[PAD] a [MASK] of [MASK]",
    "[SEP] it is [MASK] [PAD] 東京 😀 e\u0301",
]


def check(ours, theirs):
    """Theirs has no list around the words of a single mask."""
    for text, mine, yours in zip(TEXTS, ours, theirs, strict=True):
        lists = yours if isinstance(yours[0], list) else [yours]
        check_rows([text] * len(lists), mine, lists)


@pytest.mark.parametrize("top_k", [1, 5, 40])
def test_the_same_words(both, top_k):
    ours, theirs = both
    check(ours(TEXTS, top_k=top_k), theirs(TEXTS, top_k=top_k))


@pytest.mark.parametrize("targets", [["paris"], ["paris", "london", "paris", "##s", "[MASK]"]])
def test_targets(both, targets):
    ours, theirs = both
    check(ours(TEXTS, 3, targets), theirs(TEXTS, top_k=3, targets=targets))


def test_targets_that_are_no_words(both):
    ours, theirs = both
    targets = ["unaffable", "Zürich", " "]
    with pytest.warns(match="is not in the vocabulary") as told:
        found = ours(TEXTS, 3, targets)
    assert [str(each.message).partition("; ")[2] for each in told] == [
        "its first piece, una, is taken",
        "its first piece, zurich, is taken",
        "it is left out",
    ]
    with reference.quiet():
        check(found, theirs(TEXTS, top_k=3, targets=targets))
    with pytest.warns(match="it is left out"), pytest.raises(ValueError, match="none of the"):
        ours(TEXTS, 3, [""])


def test_many_at_once(folder):
    texts = [f"word {n} " * (n % 7) + "is [MASK]." for n in range(40)]
    found = FillMask(folder, dtype=torch.float64)(texts)
    told = FillMask(folder, attention="sdpa", batch_tokens=1, dtype=torch.float64)(texts)
    for ours, theirs in zip(found, told, strict=True):
        assert [each.token for each in ours[0]] == [each.token for each in theirs[0]]
        scores = [[each.score for each in side[0]] for side in (ours, theirs)]
        np.testing.assert_allclose(*scores, rtol=0, atol=1e-12)


def test_a_model_that_was_pretrained_here(tmp_path, capfd):
    small = "--steps 2 --layers 1 --hidden 64 --vocab-size 300 --batch-size 2 --seq-length 16"
    with pytest.raises(SystemExit) as ended:
        main(["pretrain", "-o", str(tmp_path), *small.split()])
    assert ended.value.code == 0
    ours, theirs = (
        FillMask(tmp_path / "model", attention="sdpa"),
        pipeline("fill-mask", model=str(tmp_path / "model")),
    )
    text = "The function returns a [MASK]."
    found = [(each["token"], each["score"], each["sequence"]) for each in theirs(text)]
    assert [(each.token, each.score, each.sequence) for each in ours([text])[0][0]] == found
