"""Each check of a tokenizer finds nothing in the reference, and every mistake made on purpose."""

import random

import pytest

from parity.core.errors import CandidateError
from parity.tokenizer.adversarial_texts import CONTEXTS, TextSource, scalars
from parity.tokenizer.calls import check_calls
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.decoding import check_decoding
from parity.tokenizer.files import check_files
from parity.tokenizer.folders import MORE_CONFIGURATIONS
from parity.tokenizer.outcome import explain
from parity.tokenizer.pair import TokenizerPairs
from parity.tokenizer.random_calls import Call
from parity.tokenizer.shrink import shrink
from parity.tokenizer.shrink_calls import shrink_call
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_given, check_scalars, check_strings
from tests.parity.strangers import broken_tokenizers as broken
from tests.parity.strangers.reference_candidate import Reference

UNCASED, CASED, ADDED = MORE_CONFIGURATIONS[0], MORE_CONFIGURATIONS[1], MORE_CONFIGURATIONS[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files that all candidates are built from; written when they are first asked for."""
    return tmp_path_factory.mktemp("tokenizers")


@pytest.fixture
def pairs(folder):
    def make(maker, *configurations):
        candidate = TokenizerCandidate(maker(), maker.__name__)
        if not issubclass(maker, Reference):
            candidate.unsupported |= {"calls", "decode", "files", "added tokens"}
        return TokenizerPairs(candidate, folder, vocabulary()[:4000], configurations or (UNCASED,))

    return make


def differences(outcomes):
    return [(outcome, difference) for outcome in outcomes for difference in outcome.differences]


@pytest.mark.slow
def test_the_reference_is_the_reference(pairs):
    both = pairs(Reference, CASED, ADDED)
    outcomes = [
        *check_strings(both, number=2000, seed=1),
        *check_calls(both, number=1200, seed=1),
        *check_decoding(both, number=300, seed=1),
        *check_scalars(both, chosen=[(0x80, 0x2FF), (0x1E00, 0x1EFF), (0x2B810, 0x2B830)]),
    ]
    assert differences(outcomes) == []
    assert all(outcome.compared for outcome in outcomes)
    assert {outcome.check for outcome in outcomes} == {"strings", "calls", "decode", "scalars"}


def test_a_simple_tokenizer_is_right_about_ids(pairs):
    """Those with one mistake each are made of it."""
    assert differences(check_strings(pairs(broken.Simple), number=3000, seed=1)) == []


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("maker", "rule", "mistake", "text"),
    [
        (broken.FinalSigma, "lower case", "for a whole text", "Σ"),
        (broken.RunningPythonsAccents, "accents (NFD", "Python's Unicode data", ""),
        (broken.AccentsKept, "accents (NFD", "accents were kept", ""),
        (broken.Split, "whitespace", "str.split() or str.isspace() came before", ""),
        (broken.NoChinese, "CJK padding", "not padded", ""),
        (broken.TypingErrorMended, "CJK padding", "2B820", ""),
        (broken.AsciiPunctuation, "punctuation", "only ASCII", ""),
        (broken.PunctuationBeforeAccents, "punctuation", "before NFD", ""),
        (broken.TwoHundred, "wordpiece: a word over 100", "200", "a" * 101),
        (broken.NothingRemoved, "clean", "no character was removed", ""),
        (broken.SpecialsAreText, "special tokens", "ordinary text", ""),
        (broken.SpecialsInAnyCase, "special tokens", "did not matter", ""),
        (broken.SpecialsAfterCleaning, "special tokens", "was cleaned before", ""),
        (broken.UnknownRest, "wordpiece: longest piece", "known part", ""),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_about_text_is_found_and_named(pairs, maker, rule, mistake, text):
    found = differences(check_strings(pairs(maker), number=2000, seed=0))
    told = [difference for _, difference in found if difference.rule.startswith(rule)]
    assert told, [difference.rule for _, difference in found]
    assert any(mistake in difference.rule for difference in told)
    assert all(len(difference.text) <= max(8, len(text)) for difference in told)
    assert any(text in difference.text for difference in told)
    assert told[0] is found[0][1], "another rule was named first"


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("maker", "check", "rule"),
    [
        (broken.OffsetsOffByOne, check_strings, "offsets"),
        (broken.OffsetsOffByOne, check_calls, "offsets"),
        (broken.PaddingOfTypeOne, check_calls, "padding"),
        (broken.SecondOfThePairIsCut, check_calls, "truncation"),
        (broken.LeftMeansRight, check_calls, "padding: on padding_side"),
        (broken.OverflowIsLost, check_calls, "overflow"),
        (broken.WordsAreNumberedFromOne, check_calls, "word_ids"),
        (broken.NegativeRoomIsIgnored, check_calls, "truncation"),
        (broken.FirstMarkIsTaken, check_decoding, "decode: the first token"),
        (broken.SpecialsAreDecoded, check_decoding, "decode: skip_special_tokens"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_about_calls_is_found_and_named(pairs, maker, check, rule):
    found = differences(check(pairs(maker), number=800, seed=0))
    assert any(difference.rule.startswith(rule) for _, difference in found), found


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("maker", "rule"),
    [
        (broken.SavesWithoutAddedTokens, "save_pretrained"),
        (broken.FirstOfEqualsCounts, "vocab.txt"),
    ],
)
def test_a_mistake_about_files_is_found_and_named(folder, tmp_path, maker, rule):
    both = TokenizerPairs(
        TokenizerCandidate(maker(), "x"), tmp_path, vocabulary()[:2000], (UNCASED, ADDED)
    )
    found = differences(check_files(both, seed=0))
    assert any(difference.rule.startswith(rule) for _, difference in found), found


def test_scalar_values_find_one_wrong_character(pairs):
    class OneCharacter(broken.Simple):
        def lower(self, text):
            return super().lower(text.replace("\u0222", "o"))

    outcome, *_ = check_scalars(pairs(OneCharacter), chosen=[(0x200, 0x24F)])
    assert outcome.wrong == 1
    assert outcome.compared == 0x50
    assert outcome.differences[0].text == "\u0222"
    assert outcome.differences[0].rule.startswith("lower case")


def test_an_error_is_a_difference(pairs):
    class Fails(broken.Simple):
        def encode(self, text):
            if "\u0301" in text:
                raise KeyError(text)
            return super().encode(text)

    ((outcome, difference),) = differences(check_strings(pairs(Fails), number=2000, seed=0))
    assert difference.text == "\u0301"
    assert difference.rule == "a text has ids; none is an error"
    assert difference.ours.startswith("KeyError: '\u0301' (test_checks.py, line ")
    assert difference.ours.endswith(", in encode: raise KeyError(text))")
    assert 0 < outcome.wrong < outcome.compared


def test_a_text_that_depends_on_its_neighbors_is_a_difference(pairs):
    class Remembers(broken.Simple):
        last = ""

        def encode(self, text):
            text, self.last = (text + "x" if self.last == "before" else text), text
            return super().encode(text)

    (outcome,) = check_given(pairs(Remembers), ["before", "after"])
    assert outcome.wrong == 1
    assert outcome.differences[0].rule.startswith("a text alone is right")


def test_what_is_kept_and_is_white_space_separates_words(pairs):
    (outcome,) = check_given(pairs(broken.NothingRemoved), ["x\u200by", "a\x0ba"])
    assert "tokenizer-clean-two" in outcome.possible


def test_a_message_says_everything(pairs):
    ((outcome, difference),) = differences(check_given(pairs(broken.NothingRemoved), ["x\u200by"]))
    assert explain(outcome, difference, "parity tokenizer mine.py:Mine").splitlines() == [
        "texts, uncased: input_ids differs",
        "  rule    clean: Cc, Cf, Co (Unicode 8.0), U+0000 and U+FFFD are removed without a trace"
        " (ours is as if no character was removed)",
        r"  call    tokenizer.encode('\u200b')",
        r"  text    '\u200b'  U+200B ZERO WIDTH SPACE",
        r"  ours    ([2, 4000, 3], ['[CLS]', '\u200b', '[SEP]'])",
        "  theirs  ([2, 3], ['[CLS]', '[SEP]'])",
        r"  again   parity tokenizer mine.py:Mine --text '\u200b'",
    ]


def test_what_is_not_supported_is_not_wrong(pairs):
    simple = pairs(broken.Simple)
    for check in (check_calls, check_decoding):
        (outcome,) = check(simple, number=10, seed=0)
        assert (outcome.status, outcome.compared) == ("UNSUPPORTED", 0)
    (outcome,) = check_files(simple, seed=0)
    assert (outcome.status, outcome.compared) == ("UNSUPPORTED", 0)


def test_random_texts_are_the_seeds():
    source = TextSource(["word", "##s"], ["<added>"])
    one, again, other = (source.texts(random.Random(seed), 500) for seed in (1, 1, 2))
    assert one == again != other
    everything = "".join(source.texts(random.Random(3), 5000))
    for expected in ("[MASK]", "<added>", "word", "\u0301", "\u200b", "東", "Σ", "a" * 99):
        assert expected.lower() in everything.lower()


def test_every_scalar_value_has_its_contexts():
    assert len(list(scalars())) == 0x110000 - 0x800
    assert CONTEXTS.count("{0}") >= 6


@pytest.mark.parametrize(
    ("text", "fails", "least"),
    [
        ("Some text, with a \u200b inside", lambda text: "\u200b" in text, "\u200b"),
        ("x" * 300, lambda text: len(text) > 100, "a" * 101),
        ("ÀÉÎ", lambda text: any(c.lower() != c for c in text), "A"),
        ("anything", lambda text: True, ""),
    ],
)
def test_shrinking(text, fails, least):
    assert shrink(text, fails) == least


def test_shrinking_a_call():
    arguments = (["some words", "x y"], ["one", "two"])
    call = Call(arguments, {"padding": True, "stride": 1}, "left")

    def fails(call):
        return call.options.get("padding") is True and "y" in str(call.arguments)

    assert shrink_call(call, fails) == Call(("y",), {"padding": True})
    rows = Call(([[1, 2], [3, 4]],), method="batch_decode")
    assert shrink_call(rows, lambda call: "4]]" in str(call)).arguments == ([[4]],)


def test_a_candidate_cannot_lack_what_nobody_knows():
    class Mine(Reference):
        unsupported = ("offset",)

    with pytest.raises(CandidateError, match=r"unsupported names .*, expected some of offsets, "):
        TokenizerCandidate(Mine(), "Mine")
