"""A model over texts: what is refused, and that packing and batches change nothing but rounding."""

import pytest
import torch

from scratch_bert import BertForSequenceClassification, BertForTokenClassification
from scratch_bert.errors import CheckpointError, TextError
from scratch_bert.inference.run.runner import Runner
from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings
from scratch_bert.inference.tasks.token_classification import TokenClassification
from scratch_bert.inference.text_classification import TextClassification
from tests.models import saved

TEXTS = ["a cat", "", "the cat sat on the mat, and slept", "b", "a cat"]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    place = tmp_path_factory.mktemp("classifier")
    return saved(BertForSequenceClassification, place, num_labels=3)


@pytest.mark.parametrize("attention", ["packed", "sdpa", "eager"])
@pytest.mark.parametrize("batch_tokens", [1, 20, 2048])
def test_batches_change_nothing(attention, batch_tokens, classifier):
    options = {"attention": attention, "batch_tokens": batch_tokens, "dtype": torch.float64}
    found = TextClassification(classifier, **options)(TEXTS, top_k=None)
    alone = TextClassification(classifier, attention="eager", batch_tokens=1, dtype=torch.float64)
    for ours, theirs in zip(found, alone(TEXTS, top_k=None), strict=True):
        assert [each.label for each in ours] == [each.label for each in theirs]
        assert [each.score for each in ours] == pytest.approx([each.score for each in theirs])
    assert found[0] == found[4]


def test_gradients_are_not_kept(classifier):
    runner = Runner(BertForSequenceClassification, classifier)
    (logits,) = runner.run(runner.encode(["a"]), lambda batch: runner.forward(batch).logits)
    assert logits.is_inference()


def test_no_texts(classifier):
    assert TextClassification(classifier)([]) == []
    assert SentenceEmbeddings("builtin:adversarial")([]).shape == (0, 48)


def test_a_text_that_is_too_long(classifier):
    classify = TextClassification(classifier)
    with pytest.raises(TextError, match=r"^text 2: has 42 tokens, and the model takes 32$") as told:
        classify(["a", "the " * 40, "a"])
    assert told.value.place == 1
    assert classify(["the " * 40], truncation=True) == classify(["the " * 30])


def test_pairs_must_be_as_many(classifier):
    with pytest.raises(ValueError, match="shorter"):
        TextClassification(classifier)(["a", "b"], ["c"])


@pytest.mark.parametrize("name", ["builtin:adversarial", "builtin:minilm"])
def test_a_head_that_is_not_there(name, recwarn):
    with pytest.raises(CheckpointError, match=f"^{name}: has no .*classifier.weight.* at random"):
        TextClassification(name)
    assert not recwarn


def test_a_head_for_another_task(classifier, tmp_path):
    with pytest.raises(
        CheckpointError, match="is a BertForSequenceClassification, expected a Bert"
    ):
        TokenClassification(classifier)
    other = saved(BertForTokenClassification, tmp_path)
    with pytest.raises(CheckpointError, match="is a BertForTokenClassification, expected a Bert"):
        TextClassification(other)


def test_unknown_choices(classifier, tmp_path):
    with pytest.raises(ValueError, match="pooling is 'max', expected 'mean' or 'cls'"):
        SentenceEmbeddings("builtin:adversarial", "max")
    tag = TokenClassification(saved(BertForTokenClassification, tmp_path))
    with pytest.raises(ValueError, match="aggregation is 'last', expected one of none, simple,"):
        tag(["a"], "last")


def test_segments_that_a_tokenizer_does_not_name(classifier):
    runner = Runner(BertForSequenceClassification, classifier)
    rows = runner.encode([("a", "b")])
    (batch,) = runner.run(rows, lambda batch: [batch])
    assert batch["token_type_ids"].tolist() == [[0, 0, 0, 1, 1]]
    runner.tokenizer.model_input_names = ["input_ids", "attention_mask"]
    (batch,) = runner.run(rows, lambda batch: [batch])
    assert batch.keys() == {"input_ids", "attention_mask"}
