"""The tables: well-formed, as large as the reference's, legible in any editor."""

import re
import subprocess
import sys
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest

from scratch_bert.tokenization.unicode import tables

SOURCE = Path(tables.__file__).read_text(encoding="utf-8")
SETS = ["REMOVED", "SPACES", "NONSPACING", "ACCENTED", "PUNCTUATION", "WORD", "STRIPPABLE"]


def codes(table):
    """The code points of a table, by other code than the one that is tested elsewhere."""
    for first, count in re.findall(r"(?:^|\s)([0-9A-F]+)(?:\+([0-9A-F]+))?", table):
        start = int(first, 16)
        yield from range(start, start + int(count or "1", 16))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("REMOVED", 137_681),
        ("SPACES", 22),
        ("NONSPACING", 1_567),
        ("ACCENTED", 1_998),
        ("PUNCTUATION", 726),
        ("WORD", 144_667),
        ("STRIPPABLE", 25),
    ],
)
def test_sizes(name, size):
    assert len(list(codes(getattr(tables, name)))) == size


@pytest.mark.parametrize("name", SETS)
def test_ranges_ascend_and_never_meet(name):
    found = list(codes(getattr(tables, name)))
    assert found == sorted(set(found))
    gaps = sum(after != before + 1 for before, after in pairwise(found))
    assert gaps + 1 == len(getattr(tables, name).split())


def test_each_accented_character_has_a_base():
    assert len(tables.BASES) == len(list(codes(tables.ACCENTED)))


def test_no_character_has_two_orders():
    found = list(codes(tables.ORDERS))
    assert len(found) == len(set(found)) == 817
    assert tables.ORDERS.count("|") + 1 == 54


def test_the_source_is_small_and_shows_in_any_editor():
    lines = SOURCE.splitlines()
    assert len(lines) <= 250
    assert max(map(len, lines)) <= 100
    for char in set(SOURCE):
        assert not unicodedata.combining(char), f"U+{ord(char):04X} combines"
        assert unicodedata.bidirectional(char) not in ("R", "AL", "AN"), f"U+{ord(char):04X}"


def test_the_running_pythons_tables_are_not_asked():
    program = (
        "import sys; sys.modules['unicodedata'] = None\n"
        "from scratch_bert.tokenization.normalizer import Normalizer\n"
        "from scratch_bert.tokenization.splitter import words\n"
        "print([word.text for word in words(Normalizer().normalize('Caf\\u00e9\\u2260\\u6771'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
        cwd=Path(__file__).parents[4],
    )
    assert done.stdout.strip() == "['cafe', '=', '東']", done.stderr
