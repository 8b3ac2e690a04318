"""Attention is the model's own; what is shown is what was asked for."""

import json

import pytest
import torch

from scratch_bert.inspection import attention_maps, draw


@pytest.fixture(scope="module")
def maps(bert):
    return attention_maps("An unaffable cat.", bert)


def test_every_layer_and_head(maps, bert):
    model, tokenizer = bert
    with torch.inference_mode():
        inputs = tokenizer(["An unaffable cat."], return_tensors="pt")
        expected = model(**inputs, output_attentions=True).attentions
    assert torch.equal(maps.ours, torch.cat(expected))
    assert maps.batch["input_ids"].tolist() == inputs["input_ids"].tolist()


def test_what_is_shown(maps):
    assert (maps.layer, maps.head, maps.shown) == (5, None, "layer 5, all heads")
    assert torch.equal(maps.cls_row, maps.ours[5, :, 0].mean(0))
    one = maps.at(2, 3)
    assert one.shown == "layer 2, head 3"
    assert torch.equal(one.cls_row, maps.ours[2, 3, 0])
    assert one.to_dict()["attention"] == maps.ours[2, 3].tolist()
    assert len(json.loads(json.dumps(maps.to_dict()))["attention"]) == 12


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ((6, None), "layer is 6, expected 0 to 5"),
        ((-1, None), "layer is -1, expected 0 to 5"),
        ((0, 12), "head is 12, expected 0 to 11"),
    ],
)
def test_there_is_no_such_layer_or_head(place, message, maps):
    with pytest.raises(ValueError, match=message):
        maps.at(*place)


def test_beside_another(maps):
    assert maps.verdict is None
    assert maps.beside(maps.ours.clone()).verdict == "equal bit for bit, in every layer and head"
    other = maps.ours.clone()
    other[1, 4, 2, 3] += 0.25
    assert maps.beside(other).verdict == "different in layer 1 (by 2.5e-01)"
    assert float(maps.beside(other).difference[1, 4, 2, 3]) == pytest.approx(-0.25)


def written(figure):
    texts = [text.get_text() for text in figure.findobj(lambda each: hasattr(each, "get_text"))]
    return " ".join(texts).replace("\n", " ")


@pytest.mark.slow
def test_a_picture_says_where_there_is_no_difference(maps):
    same = maps.beside(maps.ours.clone())
    assert "none here; over all: equal bit for bit" in written(draw(same))
    other = maps.ours.clone()
    other[1, 4, 2, 3] += 0.25
    beside = maps.beside(other)
    assert "none here; over all: different in layer 1" in written(draw(beside.at(2)))
    assert "none here" not in written(draw(beside.at(1)))
    assert "none here" not in written(draw(beside.at(1, 4)))
    assert "none here" in written(draw(beside.at(1, 3)))
