"""Whether a text follows another is what the reference's logits say."""

import numpy as np
import pytest
import torch

from parity import reference
from scratch_bert.inference.tasks.next_sentence import NextSentence, NextSentencePrediction
from tests.reference.inference.pipelines import texts


@pytest.mark.sample(1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pairs(dtype, folder):
    firsts = texts()
    seconds = firsts[1:] + firsts[:1]
    tokenizer = reference.tokenizer(folder)
    model = reference.load("BertForNextSentencePrediction", folder, attention="sdpa")
    model = model.eval().to(getattr(torch, dtype))
    told = []
    for pair in zip(firsts, seconds, strict=True):
        with torch.inference_mode():
            logits = model(**tokenizer([pair[0]], [pair[1]], return_tensors="pt")).logits[0]
        shares = np.exp(logits.float().numpy() - logits.float().numpy().max())
        shares /= shares.sum()
        best = int(logits.argmax())
        told.append(NextSentence(["IsNext", "NotNext"][best], shares[best].item()))
    exact = {"attention": "sdpa", "batch_tokens": 1} if dtype == "float32" else {}
    ours = NextSentencePrediction(folder, dtype=dtype, **exact)(firsts, seconds)
    assert {label for label, _ in told} == {"IsNext", "NotNext"}
    if dtype == "float32":
        assert ours == told
    else:
        assert [label for label, _ in ours] == [label for label, _ in told]
        scores = [np.float32([score for _, score in side]) for side in (ours, told)]
        np.testing.assert_array_max_ulp(*scores, maxulp=1)
