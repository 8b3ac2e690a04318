"""[CLS] in each layer, and the words that the head of masked words reads there."""

import pytest
import torch

from scratch_bert import BertForMaskedLM
from scratch_bert.inference.fill_mask import FillMask
from scratch_bert.inspection import cls_evolution, layer_states
from tests.models import saved


@pytest.fixture(scope="module")
def filler(tmp_path_factory):
    return saved(BertForMaskedLM, tmp_path_factory.mktemp("filler"), num_hidden_layers=3)


def test_cls_of_each_text(bert):
    texts = ["A cat.", ("Dogs", "bark.")]
    found = cls_evolution(texts, bert)
    for states, text in zip(found.states, texts, strict=True):
        assert torch.equal(states, layer_states(text, bert).states[:, 0])
    expected = torch.cosine_similarity(found.states[1, 2], found.states[1, 3], 0)
    torch.testing.assert_close(found.to_next[1, 2], expected)
    torch.testing.assert_close(found.to_last[:, -1], torch.ones(2))
    torch.testing.assert_close(found.to_last[:, -2], found.to_next[:, -1])


def test_the_path_is_the_nearest_plane(bert):
    found = cls_evolution(["A cat.", "Dogs bark."], bert)
    vectors = found.states.flatten(0, 1).double()
    vectors = vectors - vectors.mean(0)
    variances = torch.linalg.svdvals(vectors) ** 2
    shares = (variances / variances.sum())[:2]
    assert found.explained == pytest.approx(shares.tolist())
    spread = (found.path.flatten(0, 1) ** 2).sum(0)
    torch.testing.assert_close(spread, variances[:2])


def test_the_last_layer_reads_what_fill_mask_says(filler):
    text = "the [MASK] of the [MASK]"
    (lens,) = cls_evolution(text, filler, top_k=3).lenses
    expected = FillMask(filler, attention="eager")([text], top_k=3)[0][0]
    assert (lens.place, lens.token) == (2, "[MASK]")
    assert [guess.word for guess in lens.guesses[-1]] == [each.token_str for each in expected]
    assert [guess.probability for guess in lens.guesses[-1]] == pytest.approx(
        [each.score for each in expected]
    )
    assert len(lens.guesses) == 4
    assert lens.guesses[0] != lens.guesses[-1]


def test_without_a_mask_cls_is_read(filler):
    (lens,) = cls_evolution("the cat", filler).lenses
    assert (lens.place, lens.token) == (0, "[CLS]")


def test_no_head(bert):
    assert cls_evolution("a", bert).lenses is None


def test_no_texts(bert):
    with pytest.raises(ValueError, match="there are no texts"):
        cls_evolution([], bert)
