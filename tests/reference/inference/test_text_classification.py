"""Labels and scores of texts and pairs are those of HuggingFace's pipeline, in its order."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from parity.reference import pipeline
from scratch_bert.inference.text_classification import TextClassification
from tests.reference.inference.pipelines import WRITTEN, check_rows, drawn, saved, texts

CONFIGS = {
    "one label": {"num_labels": 1},
    "two": {"num_labels": 2},
    "named": {"id2label": dict(enumerate(["no", "maybe", "yes", "never", "x"]))},
    "several at once": {"num_labels": 3, "problem_type": "multi_label_classification"},
    "a number": {"num_labels": 1, "problem_type": "regression"},
    "numbers": {"num_labels": 3, "problem_type": "regression"},
}


def tie(model):
    with torch.no_grad():
        for parameter in model.classifier.parameters():
            parameter[1:4] = parameter[1].clone()


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    made = {}

    def both(name, **options):
        if name not in made:
            place = tmp_path_factory.mktemp("model")
            saved(
                "BertForSequenceClassification",
                place,
                tokenizer_json=name == "named",
                **({"num_labels": 6, "change": tie} if name == "ties" else CONFIGS[name]),
            )
            ours = TextClassification(place, attention="sdpa", batch_tokens=1)
            made[name] = place, ours, pipeline("text-classification", place)
        return made[name]

    return both


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", [*CONFIGS, "ties"])
def test_texts(name, sides):
    _, ours, theirs = sides(name)
    given = texts() if name == "named" else WRITTEN
    for top_k in (None, 2):
        check_rows(given, ours(given, top_k=top_k), theirs(given, top_k=top_k))
    check_rows(given, ours(given), [[best] for best in theirs(given)])


@settings(max_examples=40)
@given(drawn, drawn)
def test_any_pairs(sides, first, second):
    _, ours, theirs = sides("named")
    told = theirs([{"text": first, "text_pair": second}], top_k=None, truncation=True)
    check_rows([first], ours([first], [second], None, truncation=True), told)


def test_what_is_too_long_is_cut(sides):
    _, ours, theirs = sides("two")
    given = ["word " * 200, "a"]
    options = {"top_k": None, "truncation": True}
    check_rows(given, ours(given, **options), theirs(given, **options))


@pytest.mark.sample(1)
@pytest.mark.parametrize("attention", ["packed", "sdpa", "eager"])
def test_many_at_once(attention, sides):
    """The pipeline's scores are of single precision, whatever the model's is."""
    place, _, theirs = sides("named")
    given = texts()
    ours = TextClassification(place, attention=attention, dtype=torch.float64)(given, top_k=None)
    theirs.model.double()
    try:
        told = theirs(given, top_k=None)
    finally:
        theirs.model.float()
    assert [[each.label for each in row] for row in ours] == [
        [each["label"] for each in row] for row in told
    ]
    scores = [[each.score for each in row] for row in ours]
    expected = [[each["score"] for each in row] for row in told]
    np.testing.assert_array_max_ulp(np.float32(scores), np.float32(expected), maxulp=1)
