"""Where documents come from, and what makes a corpus another one."""

import gzip
import os
from dataclasses import replace

import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.pretraining.corpus.texts import builtin_texts


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("One.\n\nTwo.\n")
    (tmp_path / "in" / "b.gz").write_bytes(gzip.compress(b"Three." * 99))
    return Corpus([tmp_path / "in"])


def test_texts(corpus):
    assert [text.text.strip()[:6] for text in corpus.texts(None)] == ["One.", "Two.", "Three."]
    whole = replace(corpus, whole_files=True)
    assert [text.text[:6] for text in whole.texts(None)] == ["One.\n\n", "Three."]
    assert [*Corpus().texts(None)] == [*builtin_texts()]


def test_sizes(corpus):
    read = sum(text.read for text in corpus.texts(None))
    assert corpus.size() == (read, "bytes")
    assert Corpus().size() == (None, "bytes")


def test_what_makes_it_another(corpus, tmp_path):
    before = corpus.description()
    assert before == corpus.description()
    assert before != replace(corpus, seed=1).description()
    assert before != replace(corpus, dataset=Dataset("x")).description()
    file = tmp_path / "in" / "a.txt"
    stat = file.stat()
    os.utime(file, ns=(0, 0))
    assert before != corpus.description()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert before == corpus.description()
    (tmp_path / "in" / "c.txt").touch()
    assert before != corpus.description()


def test_what_is_made_lies_apart(corpus, tmp_path):
    corpus.check_apart(tmp_path / "made")
    mine = Corpus(dataset=Dataset(str(tmp_path / "in")))
    for each in (corpus, mine, Corpus(vocab=tmp_path / "in" / "vocab.txt")):
        for folder in (tmp_path / "in", tmp_path):
            with pytest.raises(CorpusError, match="choose another folder"):
                each.check_apart(folder)
    Corpus(dataset=Dataset("a/hub")).check_apart(tmp_path)
