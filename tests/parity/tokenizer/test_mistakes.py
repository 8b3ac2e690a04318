"""Known mistakes are made in the readable tokenizer, which is right without one."""

import pytest

from parity import reference
from parity.ours.tokenizer import BookTokenizer, ScratchTokenizer
from parity.self_test.mutants import MutantTokenizer
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.folders import MORE_CONFIGURATIONS
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.mistakes.rules import RULES
from parity.tokenizer.pair import TokenizerPairs
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_given


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    candidate = TokenizerCandidate(ScratchTokenizer(), "scratch_bert")
    return TokenizerPairs(candidate, tmp_path_factory.mktemp("tokenizers"), vocabulary()[:4000])


@pytest.mark.sample(3)
@pytest.mark.parametrize("configuration", MORE_CONFIGURATIONS, ids=lambda each: each.name)
def test_the_book_is_the_fast_path_and_the_reference(pairs, configuration):
    pair = pairs.pair(configuration)
    book = BookTokenizer(pair.folder)
    texts = pair.pool[:2000]
    read = [book.encode(text) for text in texts]
    assert read == pair.ours(texts)["input_ids"]
    assert read == reference.ids_and_offsets(pair.theirs, texts)[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tokenizer-special-any-case", "[mask]"),
        ("tokenizer-whitespace-python", "a\x1cb"),
        ("tokenizer-clean-nothing", "a\u200b"),
        ("tokenizer-punctuation-before-nfd", "a\u1fefb"),
        ("tokenizer-accents-not-decomposed", "é"),
        ("tokenizer-lower-python-text", "ΑΣ"),
        ("tokenizer-wordpiece-200", "a" * 101),
    ],
)
def test_a_mistake_is_made_named_and_undone(pairs, name, text):
    wrong = TokenizerCandidate(MutantTokenizer(CATALOGUE[name]), name)
    uncased = MORE_CONFIGURATIONS[:1]
    (outcome,) = check_given(TokenizerPairs(wrong, pairs.folder, pairs.vocabulary, uncased), [text])
    assert name in outcome.possible
    (right,) = check_given(
        TokenizerPairs(pairs.candidate, pairs.folder, pairs.vocabulary, uncased), [text]
    )
    assert not right.wrong


def test_a_known_part_before_the_unknown_rest(pairs):
    pair = pairs.pair(MORE_CONFIGURATIONS[0])
    ids, offsets = pair.mistaken(CATALOGUE["tokenizer-wordpiece-known-part"], "the\u0750a")
    assert [pair.tokens[i] for i in ids] == ["[CLS]", "the", "[UNK]", "[SEP]"]
    assert offsets == [(0, 0), (0, 3), (3, 5), (0, 0)]


@pytest.mark.parametrize(
    ("name", "text", "origins"),
    [
        ("tokenizer-whitespace-python", " a \x1cb", [(1, 2), (4, 5)]),
        ("tokenizer-lower-python-text", "b\u0391 \u03a3", [(0, 2), (3, 4)]),
        ("tokenizer-accents-nfkd", "xﬁ y", [(0, 2), (3, 4)]),
        ("tokenizer-accents-not-decomposed", "a\u0301 \u0301b", [(0, 1), (4, 5)]),
        ("tokenizer-special-after-cleaning", "\u200ba\u200b[MA\u200bSK]", [(1, 2), (3, 10)]),
    ],
)
def test_a_mistake_has_offsets_in_the_original_text(pairs, name, text, origins):
    _, offsets = pairs.pair(MORE_CONFIGURATIONS[0]).mistaken(CATALOGUE[name], text)
    begins, ends = ({place[side] for place in offsets[1:-1]} for side in (0, 1))
    assert {begin for begin, _ in origins} <= begins
    assert {end for _, end in origins} <= ends
    assert max(ends) <= len(text)


def test_a_mistake_breaks_a_rule():
    for name, mistake in CATALOGUE.items():
        assert name == mistake.id
        assert mistake.fix == RULES[mistake.stages[0]]
        assert mistake.description
