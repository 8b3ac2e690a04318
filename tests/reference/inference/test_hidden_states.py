"""A text's states are HuggingFace's: the last layer its pipeline's, the others its model's."""

import pytest
import torch

from parity.reference import pipeline
from scratch_bert.errors import TextError
from scratch_bert.inference.tasks.hidden_states import HiddenStates
from tests.reference.inference.pipelines import POSITIONS, saved, texts


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    place = saved("BertModel", tmp_path_factory.mktemp("model"))
    return place, pipeline("feature-extraction", place)


def test_every_layer(tiny):
    place, theirs = tiny
    given = [text for text in texts()[::4] if text]
    found = HiddenStates(place, attention="sdpa", batch_tokens=1)(given)
    for text, (tokens, states) in zip(given, found, strict=True):
        inputs = theirs.tokenizer(text, return_tensors="pt")
        assert tokens == theirs.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
        with torch.no_grad():
            expected = theirs.model(**inputs, output_hidden_states=True).hidden_states
        assert torch.equal(states, torch.cat(expected)), text
        assert states[-1].tolist() == theirs(text)[0]


def test_packed(tiny):
    place, _ = tiny
    given = [*texts()[:9], ("a pair", "of texts")]
    plain = HiddenStates(place, attention="sdpa", dtype=torch.float64)(given)
    packed = HiddenStates(place, dtype=torch.float64)(given)
    for (_, theirs), (_, ours) in zip(plain, packed, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_a_text_is_too_long(tiny):
    with pytest.raises(TextError, match=f"has 502 tokens, and the model takes {POSITIONS}"):
        HiddenStates(tiny[0])(["a " * 500])
