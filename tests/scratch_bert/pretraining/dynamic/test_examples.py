"""Batches: what is in them, and on what it depends."""

from itertools import pairwise
from random import Random

import pytest
import torch

from scratch_bert.pretraining.dynamic.examples import DynamicExamples
from scratch_bert.pretraining.dynamic.pairs import dynamic_pair, full_sentences, stretches
from scratch_bert.pretraining.static.masking import Words
from scratch_bert.training.run.batches import IGNORED

LENGTH, SEED = 24, 3
PAD, CLS, SEP, MASK = range(4)
WORDS = Words(CLS, SEP, MASK, tuple(range(200)), frozenset(range(100, 200)))
DOCUMENTS = [
    [[4 + (d + s + i) % 196 for i in range(3 + s % 4)] for s in range(12)] for d in range(20)
]
STRETCHES = [
    stretch
    for number, document in enumerate(DOCUMENTS)
    for stretch in stretches(number, [*map(len, document)], LENGTH - 3, Random(number))
]
NUMBERS = [*range(len(STRETCHES))]


def examples(**options):
    return DynamicExamples(DOCUMENTS, STRETCHES, LENGTH, WORDS, PAD, SEED, **options)


def read(batch, row):
    """What stood in a row before words were hidden."""
    ids, labels, mask = (batch[name][row] for name in ("input_ids", "labels", "attention_mask"))
    return ids.where(labels == IGNORED, labels)[mask.bool()].tolist()


@pytest.mark.parametrize("epoch", [0, 5])
def test_pairs(epoch):
    batch = examples().batch(NUMBERS, epoch)
    assert {*batch} == {
        *("input_ids", "attention_mask", "token_type_ids", "labels", "next_sentence_label")
    }
    assert batch["input_ids"].shape == (len(STRETCHES), LENGTH)
    for row, stretch in enumerate(STRETCHES):
        rng = Random(f"{SEED} {epoch} {row}")
        first, second, is_random = dynamic_pair(DOCUMENTS, stretch, LENGTH - 3, rng)
        assert read(batch, row) == [CLS, *first, SEP, *second, SEP]
        segments = batch["token_type_ids"][row]
        ones = slice(len(first) + 2, len(first) + len(second) + 3)
        assert segments.sum() == segments[ones].sum() == len(second) + 1
        assert batch["next_sentence_label"][row] == is_random
    assert batch["next_sentence_label"].dtype == torch.int64


def test_without_pairs():
    batch = examples(next_sentence=False).batch(NUMBERS, 1)
    assert {*batch} == {"input_ids", "attention_mask", "token_type_ids", "labels"}
    assert not batch["token_type_ids"].any()
    assert batch["input_ids"].shape == (len(STRETCHES), LENGTH)
    for row, stretch in enumerate(STRETCHES):
        ids = full_sentences(DOCUMENTS, stretch, LENGTH - 2, Random(f"{SEED} 1 {row}"))
        assert read(batch, row) == [CLS, *ids, SEP]


def test_what_is_hidden():
    batch = examples().batch(NUMBERS, 0)
    ids, mask, labels = (batch[name] for name in ("input_ids", "attention_mask", "labels"))
    chosen = labels != IGNORED
    was = labels.where(chosen, ids)
    assert not chosen[(was <= MASK) | ~mask.bool()].any()
    assert (ids[~mask.bool()] == PAD).all()
    assert 0.1 < chosen.sum() / mask.sum() < 0.18
    assert 0.7 < (ids[chosen] == MASK).float().mean() < 0.9


def test_whole_words():
    batch = examples(whole_word=True).batch(NUMBERS, 0)
    chosen = batch["labels"] != IGNORED
    for row in NUMBERS:
        whole = read(batch, row)
        for at, (before, after) in enumerate(pairwise(whole)):
            if after in WORDS.continuing and before > MASK:
                assert chosen[row][at] == chosen[row][at + 1]
    assert chosen.any()


def test_an_example_depends_on_epoch_and_number_alone():
    made = examples()
    alone = made.batch([7], 1)
    among = made.batch([3, 7, 1], 1)
    length = alone["input_ids"].shape[1]
    for name in ("input_ids", "labels", "token_type_ids"):
        assert torch.equal(alone[name][0], among[name][1][:length])
    assert alone["next_sentence_label"][0] == among["next_sentence_label"][1]


def test_each_epoch_has_other_pairs():
    batches = [examples().batch(NUMBERS, epoch) for epoch in range(4)]
    for row, stretch in enumerate(STRETCHES):
        kinds = {str(read(batch, row)) for batch in batches}
        assert len(kinds) > 1 or stretch.end - stretch.begin == 2  # is cut in one place only
    labels = torch.stack([batch["next_sentence_label"] for batch in batches])
    assert (labels.min(0).values != labels.max(0).values).float().mean() > 0.5
