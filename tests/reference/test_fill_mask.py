"""Words for [MASK] are those of HuggingFace's pipeline, in its order."""

import pytest
from transformers import pipeline

from parity import reference
from scratch_bert.inference.fill_mask import FillMask


@pytest.fixture(scope="module")
def both(folder):
    with reference.quiet():
        return FillMask(folder), pipeline("fill-mask", model=str(folder), device="cpu")


@pytest.mark.parametrize(
    "text", ["[MASK]", "Paris is the [MASK] of France.", "a [MASK] b [MASK], c!", "[MASK][MASK]"]
)
@pytest.mark.parametrize("top_k", [1, 5, 40])
def test_the_same_words(both, text, top_k):
    ours, theirs = (side(text, top_k=top_k) for side in both)
    theirs = [theirs] if text.count("[MASK]") == 1 else theirs
    assert len(ours) == len(theirs) == text.count("[MASK]")
    for mine, yours in zip(ours, theirs, strict=True):
        assert [each.token for each in mine] == [each["token"] for each in yours]
        assert [each.token_str for each in mine] == [each["token_str"] for each in yours]
        assert [each.score for each in mine] == [each["score"] for each in yours]
    if text.count("[MASK]") == 1:
        assert [each.sequence for each in ours[0]] == [each["sequence"] for each in theirs[0]]
