"""The oracle of word tags follows run_ner.py: `label_all_tokens` off, special tokens -100.

That rule is in no package, neither in transformers 4.57 nor in 5, so the cases are written by hand.
"""

import pytest

from parity import reference
from parity.finetuning.texts import LABELS, write_tokenizer
from parity.oracles.word_tags import label_tokens

CONTROL = "\u200d"  # has no token


@pytest.mark.parametrize(
    ("words", "tags", "expected"),
    [
        # [CLS] the b ##o ##b was in [SEP]
        ("the Bob was in", "O B-PER O O", [-100, 0, 1, -100, -100, 0, 0, -100]),
        # [CLS] b ##o ##b b ##o ##b [SEP]: two equal words side by side
        ("Bob Bob", "B-PER I-PER", [-100, 1, -100, -100, 2, -100, -100, -100]),
        (f"the {CONTROL} city", "O B-ORG B-LOC", [-100, 0, 3, -100]),
        # [CLS] she was b ##o ##r ##i [SEP]: what does not fit is cut
        ("she was Boris born", "O O B-PER O", [-100, 0, 0, 1, -100, -100, -100, -100]),
    ],
)
def test_the_first_token_of_a_word_has_its_tag(words, tags, expected, tmp_path):
    write_tokenizer(tmp_path)
    tokenizer = reference.tokenizer(tmp_path)
    row = label_tokens(tokenizer, words.split(" "), tags.split(), LABELS, 8)
    assert row["labels"] == expected
    assert len(row["input_ids"]) == len(expected)
    first, *_, last = row["input_ids"]
    assert (first, last) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
