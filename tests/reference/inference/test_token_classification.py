"""Tokens and entities, with every aggregation, are those of HuggingFace's pipeline."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from parity.reference import pipeline
from scratch_bert.inference.tasks.token_classification import TokenClassification
from tests.reference.inference.pipelines import WRITTEN, check_rows, drawn, saved, texts

NAMES = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC", "E-LOC"]
STRATEGIES = ["none", "simple", "first", "average", "max"]


def tie(model):
    """Two labels always have one score; the scores of unlike words are often the same."""
    with torch.no_grad():
        for parameter in model.classifier.parameters():
            parameter[6] = parameter[5].clone()
        words = model.bert.embeddings.word_embeddings.weight
        words[1000::2] = words[1000].clone()


@pytest.fixture(scope="module", params=["vocab.txt", "tokenizer.json", "ties"])
def sides(request, tmp_path_factory):
    place = saved(
        "BertForTokenClassification",
        tmp_path_factory.mktemp("model"),
        tokenizer_json=request.param == "tokenizer.json",
        seed=2,
        change=tie if request.param == "ties" else lambda model: None,
        id2label=dict(enumerate(NAMES)),
    )
    ours = TokenClassification(place, attention="sdpa", batch_tokens=1)
    return place, ours, pipeline("token-classification", place)


@pytest.mark.sample(3)
@pytest.mark.parametrize("aggregation", STRATEGIES)
def test_texts(aggregation, sides):
    _, ours, theirs = sides
    given = [*WRITTEN, "word " * 200, *texts()[len(WRITTEN) :: 4]]
    found = ours(given, aggregation)
    check_rows(given, found, theirs(given, aggregation_strategy=aggregation))
    assert len({each[0] for row in found for each in row}) >= (4 if aggregation == "none" else 3)
    few, ignored = given[:8], ["PER", "I-PER", "MISC"]
    told = theirs(few, aggregation_strategy=aggregation, ignore_labels=ignored)
    check_rows(few, ours(few, aggregation, ignored), told)


@pytest.mark.sample(1)
@settings(max_examples=15)
@given(drawn)
def test_any_text(sides, text):
    _, ours, theirs = sides
    for aggregation in STRATEGIES:
        told = theirs([text], aggregation_strategy=aggregation)
        check_rows([text], ours([text], aggregation), told)


@pytest.mark.sample(2)
@pytest.mark.parametrize("aggregation", ["none", "average"])
def test_many_at_once(aggregation, sides):
    place, _, theirs = sides
    given = texts()[::2]
    found = TokenClassification(place, dtype=torch.float64)(given, aggregation)
    theirs.model.double()
    try:
        told = theirs(given, aggregation_strategy=aggregation)
    finally:
        theirs.model.float()
    scores = [each.score for row in found for each in row]
    np.testing.assert_allclose(
        scores, [each["score"] for row in told for each in row], rtol=0, atol=1e-12
    )
    for mine, yours in zip(found, told, strict=True):
        without = [each._replace(score=0) for each in mine]
        check_rows([mine], [without], [[{**each, "score": 0} for each in yours]])
