"""Tokens and entities, with every aggregation, are those of HuggingFace's pipeline."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from scratch_bert.inference.token_classification import TokenClassification
from tests.reference.pipelines import WRITTEN, drawn, pipeline, saved, texts

NAMES = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC", "E-LOC"]
STRATEGIES = ["none", "simple", "first", "average", "max"]


def tie(model):
    """Two labels always have one score; the scores of unlike words are often the same."""
    with torch.no_grad():
        for parameter in model.classifier.parameters():
            parameter[2] = parameter[1].clone()
        model.bert.embeddings.word_embeddings.weight[200:] = 0.1


@pytest.fixture(scope="module", params=["vocab.txt", "tokenizer.json", "ties"])
def sides(request, tmp_path_factory):
    place = saved(
        "BertForTokenClassification",
        tmp_path_factory.mktemp("model"),
        tokenizer_json=request.param == "tokenizer.json",
        change=tie if request.param == "ties" else lambda model: None,
        id2label=dict(enumerate(NAMES)),
    )
    ours = TokenClassification(place, attention="sdpa", batch_tokens=1)
    return place, ours, pipeline("token-classification", place)


def rows(side):
    return [[each if isinstance(each, dict) else each._asdict() for each in row] for row in side]


@pytest.mark.parametrize("aggregation", STRATEGIES)
def test_texts(aggregation, sides):
    _, ours, theirs = sides
    given = [*WRITTEN, "word " * 200, *texts()[len(WRITTEN) :: 4]]
    found = rows(ours(given, aggregation))
    assert found == rows(theirs(given, aggregation_strategy=aggregation))
    assert sum(map(len, found)) > 200
    few = given[:8]
    assert rows(ours(few, aggregation, ["PER", "I-PER"])) == rows(
        theirs(few, aggregation_strategy=aggregation, ignore_labels=["PER", "I-PER"])
    )


@settings(max_examples=15)
@given(drawn)
def test_any_text(sides, text):
    _, ours, theirs = sides
    for aggregation in STRATEGIES:
        told = theirs([text], aggregation_strategy=aggregation)
        assert rows(ours([text], aggregation)) == rows(told)


@pytest.mark.parametrize("aggregation", ["none", "average"])
def test_many_at_once(aggregation, sides):
    place, _, theirs = sides
    given = texts()[::2]
    found = rows(TokenClassification(place, dtype=torch.float64)(given, aggregation))
    theirs.model.double()
    try:
        told = rows(theirs(given, aggregation_strategy=aggregation))
    finally:
        theirs.model.float()
    scores = [[each.pop("score") for row in side for each in row] for side in (found, told)]
    assert found == told
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-12)
