"""Labels and scores of texts and pairs are those of HuggingFace's pipeline, in its order."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from scratch_bert.inference.text_classification import TextClassification
from tests.reference.pipelines import WRITTEN, drawn, pipeline, saved, texts

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


def rows(side):
    return [
        [(each["label"], each["score"]) if isinstance(each, dict) else tuple(each) for each in row]
        for row in side
    ]


@pytest.mark.parametrize("name", [*CONFIGS, "ties"])
def test_texts(name, sides):
    _, ours, theirs = sides(name)
    given = texts() if name == "named" else WRITTEN
    for top_k in (None, 2):
        assert rows(ours(given, top_k=top_k)) == rows(theirs(given, top_k=top_k))
    best = [[(each["label"], each["score"])] for each in theirs(given)]
    assert rows(ours(given)) == best


@settings(max_examples=40)
@given(drawn, drawn)
def test_any_pairs(sides, first, second):
    _, ours, theirs = sides("named")
    told = theirs([{"text": first, "text_pair": second}], top_k=None, truncation=True)
    assert rows(ours([first], [second], None, truncation=True)) == rows(told)


def test_what_is_too_long_is_cut(sides):
    _, ours, theirs = sides("two")
    given = ["word " * 200, "a"]
    assert rows(ours(given, top_k=None, truncation=True)) == rows(
        theirs(given, top_k=None, truncation=True)
    )


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
    assert [[label for label, _ in row] for row in ours] == [
        [label for label, _ in row] for row in rows(told)
    ]
    scores = [np.float32([[s for _, s in row] for row in side]) for side in (ours, rows(told))]
    np.testing.assert_array_max_ulp(*scores, maxulp=1)
