from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scratch_bert.pretraining.pairs import sentence_pairs

LENGTHS = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=9), min_size=1, max_size=5)


def numbered(lengths):
    """Documents of these lengths in which every token is another."""
    tokens = iter(range(10_000))
    return [[[next(tokens) for _ in range(n)] for n in document] for document in lengths]


@given(LENGTHS, st.integers(2, 30), st.sampled_from([0.0, 0.1, 1.0]), st.integers(0, 99))
def test_pairs_of_any_documents(lengths, room, short, seed):
    documents, rng = numbered(lengths), Random(seed)
    flat = [[token for sentence in document for token in sentence] for document in documents]
    for place, own in enumerate(flat):
        for first, second, is_random in sentence_pairs(documents, place, room, short, rng):
            assert first
            assert second
            assert len(first) + len(second) <= room
            for part in (first, second):
                assert part == [*range(part[0], part[0] + len(part))]  # a stretch as it stands
            assert {*first} <= {*own}
            if not is_random:
                assert {*second} <= {*own}
                assert second[0] > first[-1]


def test_all_text_is_used_once():
    """Where there is room and nothing is shortened, each token of a document is once in a pair."""
    documents = numbered([[3, 4, 2, 5, 1, 4, 3], [2, 2]])
    for seed in range(30):
        used = []
        for first, second, is_random in sentence_pairs(documents, 0, 40, 0.0, Random(seed)):
            used += first if is_random else first + second
        assert used == [*range(22)]


def test_nothing_follows_a_single_sentence():
    """So more than half of the pairs are random: half of the others, and all of these."""
    documents = numbered([[3] * 400, [13] * 400])
    of_several, alone = (
        [*sentence_pairs(documents, place, 12, 0.0, Random(0))] for place in (0, 1)
    )
    assert 0.4 < sum(pair.is_random_next for pair in of_several) / len(of_several) < 0.6
    assert all(pair.is_random_next for pair in alone)
    elsewhere = [pair.second for pair in of_several if pair.is_random_next]
    assert min(map(min, elsewhere)) >= 1200  # of the other document
