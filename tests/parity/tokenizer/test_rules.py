"""Mistakes in a tokenizer, in the catalogue or not, are reported with the right cause and rule."""

from functools import partial

import pytest

from parity.ours.tokenizer import BookTokenizer
from parity.suite.mistake import making
from parity.tokenizer.candidate import FEATURES, TokenizerCandidate
from parity.tokenizer.crashes import crash_text, own_line
from parity.tokenizer.folders import MORE_CONFIGURATIONS
from parity.tokenizer.mistakes.catalogue import CATALOGUE
from parity.tokenizer.mistakes.rules import RULES
from parity.tokenizer.outcome import causes
from parity.tokenizer.pair import TokenizerPairs
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_given, check_strings
from scratch_bert.tokenization import BertTokenizer
from tests.parity.strangers import broken_tokenizers as broken

UNCASED, CASED, ADDED = MORE_CONFIGURATIONS[0], MORE_CONFIGURATIONS[1], MORE_CONFIGURATIONS[-1]


class WithOffsets:
    """Ids and offsets of scratch_bert's tokenizer, with mistakes and wrong offsets.

    Args:
        change: from a token's offsets and whether it is [UNK] to others.
        mistakes: known ones, which are made.
    """

    unsupported = FEATURES.keys() - {"offsets", "added tokens"}

    def __init__(self, change=None, mistakes=()):
        self.change, self.mistakes = change, mistakes

    def build(self, folder):
        made = WithOffsets(self.change, self.mistakes)
        made.book = BookTokenizer(folder)
        made.unknown = BertTokenizer.from_pretrained(folder).unk_token_id
        return made

    def __call__(self, texts, *, return_offsets_mapping=False):
        with making(self.mistakes):
            rows = [self.book.ids_and_offsets(text) for text in texts]
        offsets = [
            [self.changed(*place, i == self.unknown) for i, place in zip(*row, strict=True)]
            for row in rows
        ]
        return {"input_ids": [ids for ids, _ in rows], "offset_mapping": offsets}

    def changed(self, begin, end, unknown):
        return self.change(begin, end, unknown) if self.change and end else (begin, end)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tokenizers")


@pytest.fixture
def pairs(folder):
    def make(maker, *configurations):
        candidate = TokenizerCandidate(maker, "mine")
        if isinstance(maker, broken.Simple):
            candidate.unsupported |= {"calls", "decode", "files", "added tokens"}
        return TokenizerPairs(candidate, folder, vocabulary()[:4000], configurations or (UNCASED,))

    return make


def rules(outcomes):
    return [found.rule for outcome in outcomes for found in outcome.differences]


OFFSETS = {
    "a character late": lambda begin, end, _: (begin + 1, end + 1),
    "backwards": lambda begin, end, _: (end, begin),
    "the last character included": lambda begin, end, _: (begin, end - 1),
    "of what is unknown": lambda begin, end, unknown: (begin, end - unknown),
    "length in place of end": lambda begin, end, _: (begin, end - begin),
    "begin of all but the first": lambda begin, end, _: (max(begin - 1, 0), end),
}


@pytest.mark.parametrize("name", OFFSETS)
def test_wrong_offsets_have_no_cause_that_gives_right_ones(pairs, name):
    both = pairs(WithOffsets(OFFSETS[name]), UNCASED, CASED, ADDED)
    outcomes = [*check_strings(both, number=450, seed=0)]
    assert any(outcome.wrong for outcome in outcomes)
    assert {*rules(outcomes)} == {RULES["offsets"]}
    assert causes(outcomes) == []


@pytest.mark.sample(6)
@pytest.mark.parametrize("name", CATALOGUE)
def test_a_known_mistake_is_named_by_ids_and_offsets(pairs, name):
    """Where all offsets are wrong besides, nothing that is known explains all."""

    def judged(change):
        both = pairs(WithOffsets(change, [CATALOGUE[name]]), UNCASED, CASED)
        return [*check_strings(both, number=1600, seed=0)]

    right, wrong = judged(None), judged(OFFSETS["backwards"])
    if not any(outcome.wrong for outcome in right):
        pytest.skip("it shows in rarer texts, which the self-test has")
    assert name in causes(right)
    assert causes(wrong) == []


def test_what_is_right_alone_has_no_cause(pairs):
    class Remembers(broken.Simple):
        last = ""

        def encode(self, text):
            text, self.last = (text + "x" if self.last == "before" else text), text
            return super().encode(text)

    outcomes = [*check_given(pairs(Remembers()), ["before", "after"])]
    assert outcomes[0].wrong == 1
    assert causes(outcomes) == []


@pytest.mark.parametrize("longest", [3, 7, 20, 50, 99, 101, 150, 1000])
def test_another_longest_word(pairs, longest):
    class Shorter(broken.Simple):
        LONGEST = longest

    texts = ["the character of a counterexample", "a" * 51, "ab" * 50, "a" * 101, "b" * 151]
    outcomes = [*check_given(pairs(Shorter()), texts)]
    assert rules(outcomes)
    assert all(rule.startswith(RULES["long"]) for rule in rules(outcomes)), rules(outcomes)


def test_a_word_is_measured_in_bytes(pairs):
    class Bytes(broken.Simple):
        def pieces(self, word):
            return ["[UNK]"] if len(word.encode()) > 100 else super().pieces(word)

    assert rules(check_given(pairs(Bytes()), ["the", "\u0434" * 60])) == [RULES["long"]]


class EachAlone(broken.Simple):
    def words(self, text):
        return [char for char in text if char != " "]


class LastIsLost(broken.Simple):
    def words(self, text):
        return super().words(text)[:-1]


class FirstIsLost(broken.Simple):
    def words(self, text):
        return super().words(text)[1:]


class SpacesJoin(broken.Simple):
    def words(self, text):
        return [word for part in super().words(text.replace(" ", "")) for word in [part] if word]


class SignsGoWithTheNext(broken.Simple):
    def words(self, text):
        words = super().words(text)
        return [
            a + b if a in broken.ASCII else b for a, b in zip(["", *words], words, strict=False)
        ]


class NoMark(broken.Simple):
    def pieces(self, word):
        return [piece.removeprefix("##") for piece in super().pieces(word)]


class ShortestFirst(broken.Simple):
    def pieces(self, word):
        return [("##" if place else "") + char for place, char in enumerate(word)]


class OnePieceOrUnknown(broken.Simple):
    def pieces(self, word):
        return super().pieces(word)[:1] if word in self.ids else ["[UNK]"]


class LastPieceIsLost(broken.Simple):
    def pieces(self, word):
        return super().pieces(word)[:-1] or super().pieces(word)


class NeverUnknown(broken.Simple):
    def pieces(self, word):
        return [word]


CUTS = ("the end, of a (long) story", "unbelievably hyphenated story-telling", "qx")


@pytest.mark.parametrize(
    ("maker", "rule"),
    [
        *((each, "words") for each in (EachAlone, LastIsLost, FirstIsLost, SpacesJoin)),
        (SignsGoWithTheNext, "words"),
        *((each, "pieces") for each in (NoMark, ShortestFirst, OnePieceOrUnknown)),
        *((each, "pieces") for each in (LastPieceIsLost, NeverUnknown)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_words_that_are_cut_wrongly_are_told_from_their_pieces(pairs, maker, rule):
    found = rules(check_given(pairs(maker()), CUTS))
    assert found
    assert all(each.startswith(RULES[rule]) for each in found), found


def test_a_token_without_an_id_is_a_wrong_piece(pairs):
    (outcome,) = check_given(pairs(NeverUnknown()), ["qxqx"])
    (found,) = outcome.differences
    assert found.rule.startswith(RULES["pieces"])
    assert found.ours.startswith("KeyError: ")
    assert "broken_tokenizers.py, line " in found.ours
    assert found.ours.endswith(": return [self.ids[token] for token in tokens])")


def fails(text):
    try:
        return {}[text]
    except KeyError:
        raise ValueError("it is damaged") from None


@pytest.mark.parametrize("does", [fails, partial(BertTokenizer.__call__, None), int])
def test_an_error_is_told_with_the_users_own_line(does):
    with pytest.raises(Exception) as raised:  # noqa: PT011
        does("a" * 300)
    told = crash_text(raised.value)
    assert told.startswith(type(raised.value).__name__)
    assert len(told) < 400
    expected = (
        "return {}[text]" if does is fails else "tokenizer.py" if does is not int else "does("
    )
    assert expected in told


def test_an_error_without_a_line():
    assert own_line(ValueError("never raised")) == ""
    assert crash_text(ValueError("never raised")) == "ValueError: never raised"
