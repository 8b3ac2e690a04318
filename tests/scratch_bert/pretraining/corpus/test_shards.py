"""Documents and stretches on disk are what was written; files are whole or not there."""

import numpy as np
import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.shards import (
    DOCUMENTS,
    STRETCHES,
    StoredDocuments,
    StoredStretches,
    documents_batch,
    stretches_batch,
    write_batches,
)
from scratch_bert.pretraining.dynamic.pairs import Segment

TEXT = [[[5, 6], [7]], [[8]], [[9, 10, 11], [12], [13, 14]], [[15]]]


@pytest.fixture
def place(tmp_path):
    write_batches(tmp_path / "d.arrow", DOCUMENTS, map(documents_batch, (TEXT[:3], [], TEXT[3:])))
    return tmp_path / "d.arrow"


def test_documents(place):
    documents = StoredDocuments(place)
    assert len(documents) == 4
    for stored, document in zip(documents, TEXT, strict=True):
        assert len(stored) == len(document)
        assert [*stored] == stored[:] == document
        assert stored[-1] == document[-1]
        assert stored[1:] == document[1:]
        assert stored.ids().tolist() == [i for sentence in document for i in sentence]
    assert [*documents[-1]] == TEXT[-1]
    with pytest.raises(IndexError):
        documents[4]


def test_lengths(place):
    lengths = [[*map(len, document)] for document in TEXT]
    assert [*StoredDocuments(place).lengths()] == lengths
    assert [*StoredDocuments(place, (1, lambda at: 3)).lengths()] == lengths[3:]
    assert [*StoredDocuments(place, (2, lambda at: at * 2)).lengths()] == lengths[::2]


def test_words_are_counted(place):
    assert StoredDocuments(place).counts(17) == [0] * 5 + [1] * 11 + [0]


def test_some_of_them(place):
    documents = StoredDocuments(place, (2, lambda at: at * 2))
    assert [[*document] for document in documents] == [TEXT[0], TEXT[2]]
    assert documents.counts(17)[8] == 0


def test_nothing_is_copied(place):
    """A document of a mapped file is a view of it."""
    ids = StoredDocuments(place)[2].ids()
    assert not ids.flags.owndata
    assert ids.dtype == np.int32


def test_stretches(tmp_path):
    rows = [Segment(n, n + 1, n + 3, 60) for n in range(2500)]
    batches = (stretches_batch(rows[at : at + 1000]) for at in range(0, 2500, 1000))
    write_batches(tmp_path / "s.arrow", STRETCHES, batches)
    stored = StoredStretches(tmp_path / "s.arrow")
    assert [stored[n] for n in range(len(stored))] == rows


def test_a_damaged_file_is_named(place):
    place.write_bytes(place.read_bytes()[:-20])
    with pytest.raises(CorpusError, match=r"d\.arrow: is no whole Arrow file"):
        StoredDocuments(place)


def test_another_file_is_named(place):
    with pytest.raises(CorpusError, match=r"d\.arrow: has the columns \['sentences'\], not \['doc"):
        StoredStretches(place)


def test_a_failure_leaves_no_half_file(tmp_path):
    def batches():
        yield documents_batch(TEXT)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_batches(tmp_path / "new" / "d.arrow", DOCUMENTS, batches())
    assert [*(tmp_path / "new").iterdir()] == []
