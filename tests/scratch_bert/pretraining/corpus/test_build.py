"""Words are counted and documents are cut, the same by however many processes."""

from collections import Counter

import pytest

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus import build
from scratch_bert.pretraining.corpus.build import (
    HELD_OUT,
    TIMES,
    chunks,
    count,
    divided,
    write_documents,
    write_stretches,
)
from scratch_bert.pretraining.corpus.shards import (
    DOCUMENTS,
    StoredDocuments,
    StoredStretches,
    documents_batch,
    write_batches,
)
from scratch_bert.pretraining.corpus.texts import Text
from scratch_bert.tokenization import BertTokenizer, TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL

TEXTS = [Text("x", f"One is {n}. Two is {n}.\n\nThree!", n) for n in range(40)]
PIECES = [*SPECIAL, "[", "]", "mask", "one", "two", "three", "is", ".", "!", *map(str, range(10))]
PIECES += [f"##{n}" for n in range(10)]
TOKENIZER = BertTokenizer(TokenizerSettings({piece: i for i, piece in enumerate(PIECES)}))


def ignore(number):
    pass


def test_chunks(monkeypatch):
    monkeypatch.setattr(build, "CHUNK", 100)
    found = [*chunks(iter(TEXTS))]
    assert [text for chunk in found for text in chunk.texts] == [text.text for text in TEXTS]
    assert sum(chunk.read for chunk in found) == sum(text.read for text in TEXTS)
    for chunk in found[:-1]:
        length = sum(map(len, chunk.texts))
        assert length - len(chunk.texts[-1]) < 100 <= length


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(build, "CHUNK", 200)


def test_words_are_counted(small_chunks):
    read = []
    counts = count(iter(TEXTS), 1, read.append)
    assert counts == Counter(
        {"one": 40, "two": 40, "three": 40, "is": 80, ".": 80, "!": 40}
        | {str(n): 2 for n in range(40)}
    )
    assert len(read) > 3
    assert sum(read) == sum(range(40))


def test_rare_words_are_forgotten_where_there_are_too_many(small_chunks, monkeypatch):
    monkeypatch.setattr(build, "WORDS", 20)
    counts = count(iter(TEXTS), 1, ignore)
    frequent = {word: number for word, number in counts.items() if number > 2}
    assert frequent == {"one": 40, "two": 40, "three": 40, "is": 80, ".": 80, "!": 40}
    assert "5" not in counts
    assert {f"{n}{n}" for n in range(10)} <= {*counts}  # whose characters are there


def test_documents(small_chunks, tmp_path):
    empty = [Text("x", nothing, 1) for nothing in ("", " \n ", "\u200b\n\n\x00", "no" * 60)]
    read = []
    texts = [*TEXTS[:20], *empty, *TEXTS[20:], Text("x", "[MASK] ONE! Öne", 0)]
    left_out = write_documents(tmp_path / "d.arrow", iter(texts), TOKENIZER, 1, read.append)
    documents = StoredDocuments(tmp_path / "d.arrow")
    assert left_out == 3  # a word that is too long is an unknown one
    assert sum(read) == sum(range(40)) + 4
    words = [[" ".join(TOKENIZER.convert_ids_to_tokens(ids)) for ids in d] for d in documents]
    assert words[5] == ["one is 5 .", "two is 5 .", "three !"]
    assert words[20] == ["[UNK]"]
    assert words[40] == ["one is 3 ##9 .", "two is 3 ##9 .", "three !"]
    assert words[41] == ["[ mask ] one ! one"]


def test_no_text_is_no_documents(tmp_path):
    assert write_documents(tmp_path / "d.arrow", [], TOKENIZER, 1, ignore) == 0
    assert len(StoredDocuments(tmp_path / "d.arrow")) == 0


@pytest.mark.parametrize("number", [2, 19, 20, 21, 40, 41, 79, 80])
def test_some_are_held_out_whatever_the_number(number, tmp_path):
    batch = documents_batch([[[n]] for n in range(number)])
    write_batches(tmp_path / "d.arrow", DOCUMENTS, [batch])
    learned, held_out = ([d[0][0] for d in part] for part in divided(tmp_path / "d.arrow"))
    assert held_out == ([*range(HELD_OUT - 1, number, HELD_OUT)] or [number - 1])
    assert learned == [n for n in range(number) if n not in held_out]


@pytest.mark.parametrize("number", [0, 1])
def test_too_little(number, tmp_path):
    write_batches(tmp_path / "d.arrow", DOCUMENTS, [documents_batch([[[5]]] * number)])
    with pytest.raises(CorpusError, match=f"the corpus has {number} documents, and needs two"):
        divided(tmp_path / "d.arrow")


def test_stretches_are_the_same_whatever_is_written_at_once(tmp_path, monkeypatch):
    write_documents(tmp_path / "d.arrow", TEXTS, TOKENIZER, 1, ignore)
    documents = StoredDocuments(tmp_path / "d.arrow")
    made, done = [], []
    for together in (7, 1000):
        monkeypatch.setattr(build, "_TOGETHER", together)
        write_stretches(tmp_path / "s.arrow", documents, 12, 5, done.append)
        stored = StoredStretches(tmp_path / "s.arrow")
        made.append([stored[n] for n in range(len(stored))])
    assert made[0] == made[1]
    assert done == ([7] * 5 + [5]) * TIMES + [40] * TIMES
    assert {each.wanted for each in made[0]} > {9}
    sentences = [(each.document, n) for each in made[0] for n in range(each.begin, each.end)]
    assert sentences == [(d, n) for d in range(40) for n in range(3)] * TIMES
    once = sum(each.begin == 0 for each in made[0]) // TIMES
    firsts = {each[:3] for each in made[0] if each.begin == 0}
    assert len(firsts) > 1.5 * once  # each time elsewhere
