import pytest
import torch

from scratch_bert.pretraining.dynamic.masking import continuing_pieces, counter_draws
from scratch_bert.pretraining.masking import generator_draws, hide
from scratch_bert.training.run.batches import IGNORED

MASK, VOCAB = 99, 50


def flags(row):
    return torch.tensor(row, dtype=torch.bool)


def counted(length, seed=0, epoch=0, example=0, **options):
    return counter_draws(flags([[0] * length]), VOCAB, seed, epoch, [example], **options)


def test_an_examples_draws_are_its_own():
    """Whatever is drawn for others; and none are those of another seed, epoch or example."""
    first = counted(40, 1, 2, 3)
    counted(400, 1, 2, 4)
    again = counted(40, 1, 2, 3)
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))
    others = [counted(40, *place) for place in [(0, 2, 3), (1, 3, 3), (1, 2, 4), (1, 3, 2)]]
    assert not any(torch.equal(first.random_ids, other.random_ids) for other in others)
    longer = counted(60, 1, 2, 3)  # with more tokens, the first ones keep theirs
    assert torch.equal(longer.random_ids[:, :40], first.random_ids)


def test_in_a_batch_each_has_its_own():
    special = flags([[1, 0, 0, 0, 0, 0, 1, 1], [1, 0, 0, 0, 0, 0, 0, 1]])
    both = counter_draws(special, VOCAB, 1, 2, [7, 3], 0.4)
    for row, example in enumerate((7, 3)):
        alone = counter_draws(special[row : row + 1], VOCAB, 1, 2, [example], 0.4)
        assert all(torch.equal(a[row], b[0]) for a, b in zip(both, alone, strict=True))


@pytest.mark.parametrize("source", ["counter", "generator"])
def test_shares(source):
    """Of 200,000 tokens: by chance alone a share of the chosen moves by 0.002."""
    ids, special = torch.full((1, 200_000), 7), torch.zeros(1, 200_000, dtype=torch.bool)
    if source == "counter":
        draws = counter_draws(special, VOCAB, 0, 0, [0])
    else:
        draws = generator_draws(special, VOCAB, torch.Generator().manual_seed(0))
    hidden, labels = hide(ids, draws, MASK)
    chosen = labels != IGNORED
    assert chosen.float().mean() == pytest.approx(0.15, abs=0.004)
    assert (hidden[chosen] == MASK).float().mean() == pytest.approx(0.8, abs=0.01)
    assert (hidden[chosen] == 7).float().mean() == pytest.approx(0.1 + 0.1 / VOCAB, abs=0.01)
    assert {*hidden[chosen].tolist()} == {*range(VOCAB), MASK}
    assert torch.equal(hidden[~chosen], ids[~chosen])
    assert (labels[chosen] == 7).all()


@pytest.mark.parametrize("continuing", [None, flags([[0, 0, 1, 0]])])
def test_at_least_one_is_chosen(continuing):
    special, places = flags([[1, 0, 0, 1]]), set()
    for example in range(50):
        draws = counter_draws(special, VOCAB, 0, 0, [example], 0.0, continuing)
        places |= {tuple(draws.chosen[0].tolist())}
    one, other, both = (
        (False, True, False, False),
        (False, False, True, False),
        (False, True, True, False),
    )
    assert places == ({one, other} if continuing is None else {both})


def test_special_tokens_are_never_chosen():
    special = flags([1, 0, 1, 0, 1])
    draws = counter_draws(special[None], VOCAB, 0, 0, [0], masked_lm_prob=1.0)
    assert torch.equal(draws.chosen[0], ~special)
    draws = generator_draws(special[None], VOCAB, masked_lm_prob=1.0)
    assert torch.equal(draws.chosen[0], ~special)


def test_words_are_chosen_whole():
    special, continuing = flags([[1, 0, 0, 0, 1, 0, 0, 1]]), flags([[0, 0, 1, 0, 0, 0, 1, 0]])
    seen = set()
    for example in range(200):
        draws = counter_draws(special, VOCAB, 0, 0, [example], 0.5, continuing)
        _, a, b, c, _, d, e, _ = draws.chosen[0].tolist()
        assert a == b
        assert d == e
        assert not (draws.chosen[0] & special).any()
        alone = counter_draws(special, VOCAB, 0, 0, [example], 0.5).chosen[0]
        first = alone[[1, 3, 5]].tolist()
        assert [a, c, d] == first or not any(first)  # a word's first piece decides
        seen.add((a, c, d))
    assert len(seen) == 7  # not none


def test_where_a_word_goes_on():
    """[CLS] well - known [SEP] a b [SEP] [PAD]: by offsets, which start again after [SEP]."""
    offsets = torch.tensor(
        [[[0, 0], [0, 4], [4, 5], [5, 10], [0, 0], [0, 1], [2, 3], [0, 0], [0, 0]]]
    )
    special = flags([[1, 0, 0, 0, 1, 0, 0, 1, 1]])
    expected = [[0, 0, 1, 1, 0, 0, 0, 0, 0]]
    assert continuing_pieces(offsets, special).int().tolist() == expected
