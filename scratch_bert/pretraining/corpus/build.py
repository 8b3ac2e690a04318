"""From texts to words that are counted, and to documents and stretches on disk.

Documents are worked on in chunks, by several processes; what is made does not depend on how many.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice, starmap
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pyarrow as pa

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.progress import Advance
from scratch_bert.pretraining.corpus.shards import (
    DOCUMENTS,
    STRETCHES,
    StoredDocuments,
    documents_batch,
    stretches_batch,
    write_batches,
)
from scratch_bert.pretraining.corpus.texts import Text, sentences
from scratch_bert.pretraining.corpus.vocabulary import WordCounter, without_rarest
from scratch_bert.pretraining.corpus.worker_pool import mapped
from scratch_bert.pretraining.dynamic.pairs import stretches
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.fast.path import FastPath
from scratch_bert.tokenization.normalizer import Normalizer

HELD_OUT = 20  # one document of so many is not learned from
TIMES = 5  # a document is cut into stretches
CHUNK = 1 << 20  # characters of documents that are worked on together, or one document
WORDS = 1 << 20  # different ones that are counted; a vocabulary is learned of them in 2 GB
_TOGETHER = 1000  # documents whose stretches are written at once


class Chunk(NamedTuple):
    """Some documents.

    Attributes:
        texts: theirs.
        read: how much was read for them.
    """

    texts: list[str]
    read: int


def chunks(texts: Iterable[Text]) -> Iterator[Chunk]:
    """Put documents together until there is enough to do."""
    some, length, read = list[str](), 0, 0
    for text in texts:
        some.append(text.text)
        length, read = length + len(text.text), read + text.read
        if length >= CHUNK:
            yield Chunk(some, read)
            some, length, read = [], 0, 0
    yield Chunk(some, read)


def count(texts: Iterable[Text], processes: int, advance: Advance) -> Counter[str]:
    """Count the words of all texts; where they are too many to hold, the rarest are forgotten."""
    counts: Counter[str] = Counter()
    counter = WordCounter(Normalizer())
    for chunk, found in mapped(partial(_count, counter), chunks(texts), processes):
        counts.update(found)
        if len(counts) > WORDS:
            counts = without_rarest(counts, WORDS // 2)
        advance(chunk.read)
    return counts


def _count(counter: WordCounter, chunk: Chunk) -> Counter[str]:
    return counter(chunk.texts)


def write_documents(
    place: Path, texts: Iterable[Text], tokenizer: BertTokenizer, processes: int, advance: Advance
) -> int:
    """Cut texts into sentences and pieces.

    Returns:
        How many texts are left out, since no piece is made of them.
    """
    left_out = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal left_out
        for chunk, batch in mapped(_Cutter(tokenizer), chunks(texts), processes):
            yield batch
            left_out += len(chunk.texts) - len(batch)
            advance(chunk.read)

    write_batches(place, DOCUMENTS, batches())
    return left_out


class _Cutter:
    """Cuts a chunk into sentences and pieces; only ids are wanted, and the fast path has them."""

    def __init__(self, tokenizer: BertTokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids = partial(FastPath(tokenizer.pipeline).ids, split_special_tokens=True)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._tokenizer,)

    def __call__(self, chunk: Chunk) -> pa.RecordBatch:
        documents = ([*filter(None, map(self._ids, sentences(text)))] for text in chunk.texts)
        return documents_batch([document for document in documents if document])


def divided(place: Path) -> tuple[StoredDocuments, StoredDocuments]:
    """Return the documents that are learned from, and those that are held out.

    Raises:
        CorpusError: there are fewer than two.
    """
    number = len(StoredDocuments(place))
    if number < 2:
        raise CorpusError(
            f"the corpus has {number} documents, and needs two, of which one is held out: put an "
            "empty line between documents, or give several files, each of them one"
        )
    held_out = range(HELD_OUT - 1, number, HELD_OUT) or range(number - 1, number)
    learned = number - len(held_out)
    return (
        StoredDocuments(place, (learned, lambda place: place + place // (HELD_OUT - 1))),
        StoredDocuments(place, (len(held_out), held_out.__getitem__)),
    )


def write_stretches(
    place: Path, documents: StoredDocuments, seq_length: int, seed: int, advance: Advance
) -> None:
    """Cut documents into stretches, `TIMES` times, each time elsewhere.

    Args:
        place: of the file.
        documents: what is cut.
        seq_length: tokens of a pair at most, with [CLS] and two [SEP].
        seed: of the draws.
        advance: is told of documents that are done.
    """
    rng = Random(str(seed))  # noqa: S311

    def batches() -> Iterator[pa.RecordBatch]:
        for time in range(TIMES):
            lengths = enumerate(documents.lengths())
            cut = partial(stretches, room=seq_length - 3, rng=rng, shifted=time > 0)
            while some := [*islice(lengths, _TOGETHER)]:
                yield stretches_batch([*chain.from_iterable(starmap(cut, some))])
                advance(len(some))

    write_batches(place, STRETCHES, batches())
