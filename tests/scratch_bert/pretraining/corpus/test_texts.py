"""Where text comes from: every file is used or named."""

import gzip

import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.texts import builtin_texts, file_texts, sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three? 4 is.", ["One.", "Two!", "Three?", "4 is."]),
        ("Use e.g. This or i.e. That.", ["Use e.g. This or i.e. That."]),
        ("J. R. R. Tolkien wrote. So.", ["J. R. R. Tolkien wrote.", "So."]),
        ('He said "No." Then (it ended.) Now', ['He said "No."', "Then (it ended.)", "Now"]),
        ("a\nb\n\nc.\n \n\n\nd", ["a b", "c.", "d"]),
        ("version 3.11 is", ["version 3.11 is"]),
        (" \n ", []),
    ],
)
def test_sentences(text, found):
    assert sentences(text) == found


def test_no_word_is_lost():
    for text in builtin_texts():
        assert " ".join(sentences(text.text)).split() == text.text.split()


def test_what_python_brings_is_prose():
    texts = [*builtin_texts()]
    assert len(texts) > 50
    blocks = [block for text in texts for block in text.text.split("\n\n")]
    assert all(block[0].strip() and len(block.split()) >= 8 for block in blocks)
    assert not any("::=" in text.text and "|" in text.text for text in texts)
    assert texts == [*builtin_texts()]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.txt").write_text("Third.\n")
    (tmp_path / "a.txt").write_text("First.\nStill.\n\n \nSecond.")
    (tmp_path / "in" / "c.txt.gz").write_bytes(gzip.compress(b"Packed."))
    return tmp_path


def test_files_and_folders(folder):
    found = [(text.source, text.text.strip()) for text in file_texts([folder], whole_files=False)]
    a, b, c = (str(folder / name) for name in ("a.txt", "in/b.txt", "in/c.txt.gz"))
    assert found == [(a, "First.\nStill."), (a, "Second."), (b, "Third."), (c, "Packed.")]
    whole = [text.text for text in file_texts([folder / "a.txt"], whole_files=True)]
    assert whole == ["First.\nStill.\n\n \nSecond."]


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"a\nb\xff", "x.txt", "x.txt, line 2: not UTF-8"),
        (b" \n", "x.txt", "x.txt: has no text in it"),
        (b"a\0b", "x.txt", "x.txt, line 1: is no text, there is a NUL in it"),
        (b"no gzip", "x.gz", "x.gz: cannot be read: Not a gzipped file"),
        (
            gzip.compress(b"cut short " * 99, mtime=0)[:-9],
            "x.gz",
            "x.gz: cannot be read: Compressed file ended",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_or_left_out_by_name(content, name, why, folder):
    (folder / name).write_bytes(content)
    with pytest.raises(CorpusError) as told:
        [*file_texts([folder], whole_files=True)]
    assert why in str(told.value)
    named = []
    texts = [*file_texts([folder], whole_files=True, skip=named.append)]
    assert len(texts) == 3
    assert len(named) == 1
    assert why in named[0]


def test_an_absent_file(tmp_path):
    with pytest.raises(CorpusError, match=r"nowhere: cannot be read: No such file"):
        [*file_texts([tmp_path / "nowhere"], whole_files=True)]
