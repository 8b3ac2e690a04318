"""From a corpus to examples, in a folder: vocabulary, documents, stretches; made once."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from scratch_bert.errors import CheckpointError
from scratch_bert.files import write_text
from scratch_bert.pretraining.corpus.build import (
    TIMES,
    count,
    divided,
    write_documents,
    write_stretches,
)
from scratch_bert.pretraining.corpus.progress import Begin, stages
from scratch_bert.pretraining.corpus.shards import StoredDocuments, StoredStretches
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.pretraining.corpus.vocabulary import learn_vocabulary
from scratch_bert.pretraining.dynamic.examples import DynamicExamples
from scratch_bert.pretraining.static.masking import Words
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.files.settings import TokenizerSettings
from scratch_bert.tokenization.files.vocabulary import SPECIAL, VOCAB_TXT, read_vocabulary

_DOCUMENTS, _LEARNED, _HELD_OUT = "documents", "stretches", "held_out"
_MADE = "made.json"


@dataclass(frozen=True)
class Prepared:
    """What training needs.

    Attributes:
        tokenizer: of the vocabulary.
        left_out: texts that no piece is made of.
        learned: documents that are learned from.
        examples: of those, as batches.
        held_out: of documents that are not learned from.
        long: longer ones of those that are learned from, where they were asked for.
        documents: how many there are in all.
    """

    tokenizer: BertTokenizer
    left_out: int
    learned: StoredDocuments
    examples: DynamicExamples
    held_out: DynamicExamples
    long: DynamicExamples | None
    documents: int


def prepare(
    folder: Path,
    corpus: Corpus,
    skip: Callable[[str], object] | None = None,
    *,
    next_sentence: bool = True,
    long_length: int | None = None,
    workers: int = 1,
    console: Console | None = None,
) -> Prepared:
    """Make what is not there yet.

    Args:
        folder: where it goes; what was made there of another corpus is replaced.
        corpus: what from.
        skip: is told of a file or row that cannot be used; None refuses it.
        next_sentence: whether examples are pairs.
        long_length: tokens of longer examples, if there are to be any.
        workers: processes; what is made does not depend on how many.
        console: where progress is shown.

    Raises:
        CorpusError: a file or row cannot be used, there are fewer than two documents, or the corpus
            and the folder lie in each other.
        CheckpointError: the vocabulary cannot be used.
    """
    corpus.check_apart(folder)
    with stages(console or Console(quiet=True)) as begin:
        if changes(folder, corpus) != []:
            _make(folder, corpus, skip, workers, begin)
        tokenizer = _tokenizer(folder)
        words = Words.of(tokenizer.get_vocab())
        learned, held_out = divided(_arrow(folder, _DOCUMENTS))

        def examples(name: str, documents: StoredDocuments, length: int) -> DynamicExamples:
            place = _arrow(folder, f"{name}-{length}")
            if not place.exists():
                advance = begin(
                    f"stretches of {length} tokens", TIMES * len(documents), "documents"
                )
                write_stretches(place, documents, length, corpus.seed, advance)
            return DynamicExamples(
                documents,
                StoredStretches(place),
                length,
                words,
                tokenizer.pad_token_id,
                corpus.seed,
                whole_word=corpus.whole_word,
                next_sentence=next_sentence,
            )

        return Prepared(
            tokenizer,
            json.loads((folder / _MADE).read_text(encoding="utf-8"))["left_out"],
            learned,
            examples(_LEARNED, learned, corpus.seq_length),
            examples(_HELD_OUT, held_out, corpus.seq_length),
            examples(_LEARNED, learned, long_length) if long_length else None,
            len(learned) + len(held_out),
        )


def _make(
    folder: Path, corpus: Corpus, skip: Callable[[str], object] | None, workers: int, begin: Begin
) -> None:
    """Make vocabulary and documents; what is left of another corpus, or of a kill, goes."""
    description = corpus.description()  # as it is before it is read
    (folder / _MADE).unlink(missing_ok=True)  # from here on until all is made
    for name in (_DOCUMENTS, f"{_LEARNED}-*", f"{_HELD_OUT}-*"):
        for old in (*folder.glob(f"{name}.arrow"), *folder.glob(f".{name}.arrow.*")):
            old.unlink()
    if corpus.vocab is None:
        advance = begin("counting words", *corpus.size())
        counts = count(corpus.texts(skip), workers, advance)
        advance = begin("learning the vocabulary", corpus.vocab_size, "pieces")
        pieces = learn_vocabulary(counts, corpus.vocab_size, advance)
    else:
        pieces = [*read_vocabulary(corpus.vocab)]
        if lacks := [token for token in SPECIAL if token not in pieces]:
            raise CheckpointError(f"{corpus.vocab}: lacks {', '.join(lacks)}")
    write_text(folder / VOCAB_TXT, "\n".join(pieces) + "\n")
    if corpus.vocab is None and skip:
        skip = _again
    advance = begin("cutting into pieces", *corpus.size())
    texts, tokenizer = corpus.texts(skip), _tokenizer(folder)
    left_out = write_documents(_arrow(folder, _DOCUMENTS), texts, tokenizer, workers, advance)
    divided(_arrow(folder, _DOCUMENTS))
    write_text(folder / _MADE, json.dumps({**description, "left_out": left_out}, indent=1))


def changes(folder: Path, corpus: Corpus) -> list[str] | None:
    """Say in what a corpus differs from the one that a folder's files were made of.

    Returns:
        Nothing where they are the same; None where the folder has no such files.
    """
    try:
        made = json.loads((folder / _MADE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    now = corpus.description()
    differing = [name for name in now if made.get(name) != now[name]]
    return [
        "the files are others, or have changed"
        if name in ("paths", "files")
        else f"{name} was {made.get(name)!r}, and is {now[name]!r} now"
        for name in differing
    ]


def _again(_: str) -> None:
    """Skip a file or row in silence: it was named before, when words were counted."""


def _arrow(folder: Path, name: str) -> Path:
    return folder / f"{name}.arrow"


def _tokenizer(folder: Path) -> BertTokenizer:
    return BertTokenizer(TokenizerSettings(read_vocabulary(folder / VOCAB_TXT)))
