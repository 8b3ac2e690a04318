"""Dynamic masking is DataCollatorForLanguageModeling's, bit for bit from the same seed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizerFast

from parity.reference import BEFORE_5
from scratch_bert.pretraining.dynamic.masking import continuing_pieces, whole_word_draws
from scratch_bert.pretraining.masking import generator_draws, hide
from scratch_bert.weights.checkpoints import resolve
from tests.reference.pretraining.collating import collator

TOKENIZER = BertTokenizerFast.from_pretrained(resolve("builtin:bert-base"))
WORDS = [
    "a",
    "unbelievable",
    "well-known",
    "[MASK]",
    "[SEP]",
    "pneumonoultramicroscopic",
    "x.",
    "٣",
]
SEEDS = st.integers(1 if BEFORE_5 else 0, 999)  # 4.57 takes 0 for none
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), min_size=1, max_size=5
)


def batch_of(texts):
    asked = {"return_special_tokens_mask": True, "return_offsets_mapping": True}
    return TOKENIZER(texts, padding=True, return_tensors="pt", **asked)


@settings(max_examples=100)
@given(TEXTS, SEEDS, st.sampled_from([0.15, 0.5, 0.0, 1.0]), st.booleans())
def test_two_batches_in_a_row(texts, seed, probability, whole_word):
    theirs = collator(TOKENIZER, seed=seed, mlm_probability=probability, whole_word_mask=whole_word)
    generator = torch.Generator().manual_seed(seed)
    for batch in (batch_of(texts), batch_of(texts[::-1])):
        ids, special = batch["input_ids"], batch["special_tokens_mask"].bool()
        if whole_word:
            continuing = continuing_pieces(batch["offset_mapping"], special)
            draws = whole_word_draws(special, continuing, generator, probability)
        else:
            draws = generator_draws(special, len(TOKENIZER), generator, probability)
        expected = theirs([{name: row[i] for name, row in batch.items()} for i in range(len(ids))])
        hidden, labels = hide(ids, draws, TOKENIZER.mask_token_id)
        assert torch.equal(hidden, expected["input_ids"])
        assert torch.equal(labels, expected["labels"])


@pytest.mark.parametrize("seed", range(3))
def test_torchs_own_generator(seed):
    batch = batch_of(["well-known a unbelievable x.", "a"])
    special = batch["special_tokens_mask"].bool()
    torch.manual_seed(seed)
    rows = [{name: row[i] for name, row in batch.items()} for i in range(2)]
    expected = collator(TOKENIZER)(rows)
    torch.manual_seed(seed)
    hidden, labels = hide(
        batch["input_ids"], generator_draws(special, len(TOKENIZER)), TOKENIZER.mask_token_id
    )
    assert torch.equal(hidden, expected["input_ids"])
    assert torch.equal(labels, expected["labels"])
