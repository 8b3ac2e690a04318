"""Vectors are those of sentence-transformers; bit for bit where nothing is packed or padded."""

import json

import pytest
import torch
from hypothesis import given, settings
from sentence_transformers import SentenceTransformer

from parity import reference
from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings
from scratch_bert.weights.checkpoints import resolve
from tests.reference.inference.pipelines import WRITTEN, drawn, saved, texts


@pytest.fixture(scope="module")
def minilm():
    """Real weights, from the same folder."""
    place = resolve("builtin:minilm")
    with reference.quiet():
        theirs = SentenceTransformer(str(place), device="cpu")
    return SentenceEmbeddings(place, attention="sdpa", batch_tokens=1), theirs


def test_real_weights(minilm):
    ours, theirs = minilm
    given = [*WRITTEN[:8], "word " * 300]
    assert ours.max_length == 256
    assert torch.equal(ours(given), theirs.encode(given, batch_size=1, convert_to_tensor=True))
    packed = SentenceEmbeddings("builtin:minilm")(given)
    torch.testing.assert_close(packed, ours(given), rtol=0, atol=1e-6)


@pytest.fixture(scope="module", params=["mean", "cls"])
def tiny(request, tmp_path_factory):
    place = saved("BertModel", tmp_path_factory.mktemp("model"))
    parts = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling")]
    modules = [
        {
            "idx": int(name),
            "name": name,
            "path": path,
            "type": f"sentence_transformers.models.{kind}",
        }
        for name, path, kind in parts
    ]
    pooling = {
        "word_embedding_dimension": 24,
        "pooling_mode_cls_token": request.param == "cls",
        "pooling_mode_mean_tokens": request.param == "mean",
    }
    (place / "1_Pooling").mkdir()
    for name, values in {
        "modules": modules,
        "1_Pooling/config": pooling,
        "sentence_bert_config": {"max_seq_length": 30} if request.param == "mean" else {},
    }.items():
        (place / f"{name}.json").write_text(json.dumps(values))
    with reference.quiet():
        theirs = SentenceTransformer(str(place), device="cpu")
    return place, request.param, theirs


def encoded(theirs, given, **options):
    return theirs.encode(given, convert_to_tensor=True, **options)


@pytest.mark.sample(1)
@pytest.mark.parametrize("normalize", [True, False])
def test_pooling(normalize, tiny):
    place, pooling, theirs = tiny
    ours = SentenceEmbeddings(place, pooling, normalize, attention="sdpa", batch_tokens=1)
    assert ours.max_length == (30 if pooling == "mean" else 64)
    given = [*texts(), "word " * 100]
    told = encoded(theirs, given, batch_size=1, normalize_embeddings=normalize)
    assert torch.equal(ours(given), told)


def test_many_at_once(tiny):
    place, pooling, theirs = tiny
    given = [*texts(), "word " * 100]
    theirs.double()
    try:
        told = encoded(theirs, given, normalize_embeddings=True)
    finally:
        theirs.float()
    for attention in ("packed", "sdpa", "eager"):
        ours = SentenceEmbeddings(place, pooling, dtype=torch.float64, attention=attention)
        torch.testing.assert_close(ours(given), told, rtol=0, atol=1e-13)


@pytest.mark.sample(1)
@settings(max_examples=20)
@given(drawn)
def test_any_text(tiny, text):
    place, pooling, theirs = tiny
    ours = SentenceEmbeddings(place, pooling, False, attention="sdpa")
    assert torch.equal(ours([text]), encoded(theirs, [text]))
