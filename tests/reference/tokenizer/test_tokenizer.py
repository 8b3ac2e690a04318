"""scratch_bert's tokenizer is the reference's: texts, calls, decoding, files, scalar values.

A part of what `parity tokenizer` compares in full. The names of these tests hold the versions that
they were exact with.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import reference
from parity.core.outcome import Outcome
from parity.ours.tokenizer import ScratchTokenizer
from parity.tokenizer.calls import check_calls
from parity.tokenizer.candidate import TokenizerCandidate
from parity.tokenizer.decoding import check_decoding
from parity.tokenizer.files import check_files
from parity.tokenizer.folders import MORE_CONFIGURATIONS
from parity.tokenizer.outcome import explain
from parity.tokenizer.pair import TokenizerPairs
from parity.tokenizer.strategies import hard_texts
from parity.tokenizer.suite import vocabulary
from parity.tokenizer.texts import check_given, check_scalars, check_strings, check_texts
from scratch_bert.tokenization.unicode.tables import TOKENIZERS

NAME = "parity.ours.tokenizer:ScratchTokenizer"
VERSIONS = " ".join(f"{name}-{version}" for name, version in reference.VERSIONS.items())
DECLARATION = Path(__file__).parents[4] / "shared" / "data" / "udhr.jsonl"

pytestmark = pytest.mark.parametrize("exact_with", [VERSIONS])

# Where rules change: ASCII to Latin, accents, Greek and Cyrillic, spaces, punctuation, edges of CJK
# blocks, what newer Unicode added, emoji. test_normalization.py has all of them.
RANGES = (
    *((0, 0x24F), (0x2B0, 0x48F), (0x1AB0, 0x1B00), (0x1E90, 0x206F), (0x2E30, 0x2E60)),
    *((0x3000, 0x303F), (0x33F0, 0x3410), (0xA7A0, 0xA7FF), (0xD7A0, 0xE010), (0xFE00, 0xFE70)),
    *((0xFEF0, 0xFF20), (0xFFF0, 0xFFFF), (0x10D40, 0x10D6F), (0x11930, 0x11940)),
    *((0x1E900, 0x1E94F), (0x1F600, 0x1F610), (0x2B810, 0x2B830), (0x2B910, 0x2B930)),
    *((0x2F800, 0x2F810), (0xE0000, 0xE0010), (0xE00F0, 0xE0100), (0x10FFF0, 0x10FFFF)),
)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizers")
    return TokenizerPairs(TokenizerCandidate(ScratchTokenizer(), NAME), folder, vocabulary())


def assert_parity(outcomes):
    outcomes = list(outcomes)
    assert sum(outcome.compared for outcome in outcomes) > 0
    assert not any(outcome.lacks for outcome in outcomes)
    told = [
        explain(outcome, difference, f"parity tokenizer {NAME}")
        for outcome in outcomes
        for difference in outcome.differences
    ]
    was = f"was exact with tokenizers {TOKENIZERS}, installed is {VERSIONS}"
    assert told == [], "\n".join([was, *told])


def test_strings(pairs, exact_with):
    """Slow: seven tokenizers of either side are built, and 500 texts given to each."""
    assert_parity(check_strings(pairs, number=3_500, seed=0))


def test_calls(pairs, exact_with):
    assert_parity(check_calls(pairs, number=2_000, seed=0))


def test_decoding(pairs, exact_with):
    assert_parity(check_decoding(pairs, number=1_000, seed=0))


@pytest.mark.slow
def test_scalar_values(pairs, exact_with):
    """Slow: some 4,000 characters in eleven contexts, in four configurations."""
    assert_parity(check_scalars(pairs, chosen=RANGES))


@pytest.mark.slow
def test_files(tmp_path, exact_with):
    candidate = TokenizerCandidate(ScratchTokenizer(), NAME)
    assert_parity(check_files(TokenizerPairs(candidate, tmp_path, vocabulary()[:3000]), seed=0))


@pytest.mark.slow
def test_real_text(pairs, exact_with):
    """A paragraph in each of some 500 languages, where that file is at hand."""
    if not DECLARATION.is_file():
        pytest.skip("the declaration of human rights is not at hand")
    found = []
    for line in DECLARATION.read_text(encoding="utf-8").splitlines():
        paragraphs = [v for v in json.loads(line).values() if isinstance(v, list)]
        found += paragraphs[0][:2]
    assert_parity(check_given(pairs, found))


@given(text=hard_texts() | st.text())
def test_any_text(pairs, exact_with, text):
    for configuration in MORE_CONFIGURATIONS[:2]:
        outcome = Outcome("hypothesis", configuration.name)
        check_texts(pairs.pair(configuration), [text], outcome)
        assert_parity([outcome])
