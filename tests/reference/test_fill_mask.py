"""Words for [MASK] are those of HuggingFace's pipeline, in its order."""

import pytest
from transformers import pipeline

from parity import reference
from scratch_bert.cli import main
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


def test_a_model_that_was_pretrained_here(tmp_path, capfd):
    small = "--steps 2 --layers 1 --hidden 64 --vocab-size 300 --batch-size 2 --seq-length 16"
    with pytest.raises(SystemExit) as ended:
        main(["pretrain", "-o", str(tmp_path), *small.split()])
    assert ended.value.code == 0
    ours, theirs = (
        FillMask(tmp_path / "model"),
        pipeline("fill-mask", model=str(tmp_path / "model")),
    )
    text = "The function returns a [MASK]."
    found = [(each["token"], each["score"], each["sequence"]) for each in theirs(text)]
    assert [(each.token, each.score, each.sequence) for each in ours(text)[0]] == found
