"""The original builder's examples, by their digests where its text is there; and their form."""

import hashlib
import json
from pathlib import Path
from random import Random

import pytest

from scratch_bert.pretraining.corpus.documents import read_documents
from scratch_bert.pretraining.static.examples import ExampleRecipe, build_examples
from scratch_bert.pretraining.static.masking import Masking, Words
from scratch_bert.tokenization import BertTokenizer, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import read_vocabulary
from scratch_bert.weights.checkpoints import resolve

SAMPLE = Path(__file__).parents[5] / "shared" / "data" / "sample_text.txt"
VOCABULARY = read_vocabulary(resolve("builtin:bert-base") / "vocab.txt")
WORDS = Words.of(VOCABULARY)
TOKENIZER = BertTokenizer(TokenizerSettings(VOCABULARY))

TEXT = """The river rose in the night, and the mill stood in water.
Nobody had seen it so high.
In the morning they rowed from door to door with bread.
By noon the rain had stopped.

A kettle holds two litres; it takes four minutes to boil them.
With the lid off, it takes five.
Height matters as well: on a mountain water boils at a lower temperature.
"""

# Made with the original builder from its own sample text, seed 12345.
GOLDEN = {
    False: "649a385fa346e957eae7563a9955ab4cf107aad6511addbbe679028d14e79a1f",
    True: "c90dd23351f7fc4286ae8bf83dd5d8845f06aae40ae64f9681369c9048ff6d9d",
}
# Made with this builder, when those were equal; so that they are asked for wherever it is tested.
OURS = {
    False: "349af9c7ade80bee0159e160c0d2904187f303316297594881a9377e9b05918d",
    True: "41d85942ec25707996ceb8cbbf08e330e0c263d485da3f04214ce4abf5485ceb",
}


def digest(path, recipe):
    examples = build_examples(read_documents(path, TOKENIZER), WORDS, recipe, Random(12345))
    return hashlib.sha256(json.dumps(examples, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.skipif(not SAMPLE.is_file(), reason="runs where the original's sample text is")
@pytest.mark.parametrize("whole_word", GOLDEN)
def test_the_originals_examples(whole_word):
    recipe = ExampleRecipe(dupe_factor=5, masking=Masking(whole_word=whole_word))
    assert digest(SAMPLE, recipe) == GOLDEN[whole_word]


@pytest.mark.parametrize("whole_word", OURS)
def test_they_stay_the_same(whole_word, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    recipe = ExampleRecipe(32, 5, masking=Masking(whole_word=whole_word))
    assert digest(tmp_path / "text.txt", recipe) == OURS[whole_word]


def test_an_example(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    documents = read_documents(tmp_path / "text.txt", TOKENIZER)
    before = json.dumps(documents)
    examples = build_examples(documents, WORDS, ExampleRecipe(24, 3), Random(1))
    assert json.dumps(documents) == before
    assert {example.is_random_next for example in examples} == {0, 1}
    for ids, segments, positions, labels, _ in examples:
        whole = list(ids)
        for position, label in zip(positions, labels, strict=True):
            whole[position] = label
        assert len(ids) == len(segments) <= 24
        assert whole[0] == WORDS.cls
        cut = whole.index(WORDS.sep)
        assert [i for i, token in enumerate(whole) if token == WORDS.sep] == [cut, len(ids) - 1]
        assert segments == [0] * (cut + 1) + [1] * (len(ids) - cut - 1)
