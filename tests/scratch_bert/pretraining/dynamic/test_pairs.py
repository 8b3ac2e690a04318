"""Stretches hold each sentence once; pairs of one differ from draw to draw, and are of its text."""

from itertools import chain
from random import Random

import pytest

from scratch_bert.pretraining.dynamic.pairs import Segment, dynamic_pair, full_sentences, stretches

# Four documents whose sentences hold their own numbers: 100, 101, … in the second.
DOCUMENTS = [[[100 * d + 10 * s + i for i in range(3)] for s in range(9)] for d in range(4)]


def drawn(stretch, room=12, documents=DOCUMENTS, times=300):
    return [dynamic_pair(documents, stretch, room, Random(seed)) for seed in range(times)]


def test_each_sentence_is_in_one_stretch():
    wanted = []
    for document in range(300):
        lengths = [document % 5 + 1] * 20
        found = [*stretches(document, lengths, 16, Random(document))]
        assert [each.document for each in found] == [document] * len(found)
        assert [n for each in found for n in range(each.begin, each.end)] == [*range(20)]
        (length,) = {each.wanted for each in found}
        for each in found[:-1]:  # as long as wanted, and not without the last sentence
            assert sum(lengths[each.begin : each.end]) >= length
            assert sum(lengths[each.begin : each.end - 1]) < length
        wanted.append(length)
    short = [length for length in wanted if length < 16]
    assert 0.05 < len(short) / len(wanted) < 0.16
    assert 2 <= min(short) < 6


def test_the_second_part_follows_or_is_of_another_document():
    stretch = Segment(1, 2, 6, 12)
    text = [*chain(*DOCUMENTS[1][2:6])]
    pairs = drawn(stretch)
    for first, second, is_random in pairs:
        assert first == text[: len(first)]
        if is_random:
            (other,) = {i // 100 for i in second}
            assert other != 1
            assert second == [*range(second[0], second[0] + 3)] or len(second) > 3
        else:
            assert first + second == text
    share = sum(pair.is_random_next for pair in pairs) / len(pairs)
    assert 0.4 < share < 0.6
    assert {len(pair.first) for pair in pairs} == {3, 6, 9}
    assert {pair.second[0] // 100 for pair in pairs if pair.is_random_next} == {0, 2, 3}
    begun = {pair.second[0] % 100 // 10 for pair in pairs if pair.is_random_next}
    assert begun == {*range(9)}


def test_they_fit_whatever_is_drawn():
    for room in (5, 9, 11):
        for first, second, _ in drawn(Segment(1, 0, 9, 27), room):
            assert len(first) + len(second) <= room
            assert first
            assert second


@pytest.mark.parametrize("begin", [0, 8])
def test_a_single_sentence_is_followed_by_a_random_one(begin):
    pairs = drawn(Segment(0, begin, begin + 1, 12), times=50)
    assert all(pair.is_random_next and pair.first == DOCUMENTS[0][begin] for pair in pairs)


def test_where_there_is_one_document_both_parts_are_of_it():
    pairs = drawn(Segment(0, 0, 4, 12), documents=DOCUMENTS[:1], times=50)
    assert {pair.is_random_next for pair in pairs} == {True, False}


def test_full_sentences():
    stretch = Segment(1, 2, 6, 12)
    text = [*chain(*DOCUMENTS[1][2:6])]
    assert full_sentences(DOCUMENTS, stretch, 12, Random(0)) == text
    cut = [full_sentences(DOCUMENTS, stretch, 9, Random(seed)) for seed in range(50)]
    assert {len(ids) for ids in cut} == {9}
    for ids in cut:
        assert ids == text[text.index(ids[0]) :][:9]
    assert {text.index(ids[0]) for ids in cut} == {0, 1, 2, 3}
