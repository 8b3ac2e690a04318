"""From a corpus to examples, in a folder: vocabulary, documents, pairs; made once."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scratch_bert.errors import CheckpointError, CorpusError
from scratch_bert.files import replace
from scratch_bert.pretraining.corpus import divided, write_documents, write_pairs
from scratch_bert.pretraining.masking import Words
from scratch_bert.pretraining.pair_examples import PairExamples
from scratch_bert.pretraining.shards import Pairs
from scratch_bert.pretraining.texts import Text, builtin_texts, file_texts, files_of
from scratch_bert.pretraining.vocabulary import count_words, learn_vocabulary
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.settings import TokenizerSettings
from scratch_bert.tokenization.vocabulary import SPECIAL, VOCAB_TXT, read_vocabulary

TIMES = 5  # each document is cut into pairs, every time otherwise
_MADE = "made.json"


@dataclass(frozen=True)
class Corpus:
    """What is learnt from, and how it is cut.

    Attributes:
        paths: files and folders; none means what Python brings.
        whole_files: a file is a document.
        vocab: a vocab.txt; None means one is learnt.
        vocab_size: pieces of that.
        seq_length: tokens of an input at most.
        whole_word: all pieces of a word are hidden, or none.
        seed: of all draws.
    """

    paths: Sequence[Path] = ()
    whole_files: bool = False
    vocab: Path | None = None
    vocab_size: int = 4000
    seq_length: int = 128
    whole_word: bool = False
    seed: int = 0

    def texts(self, skip: Callable[[str], object] | None) -> Iterator[Text]:
        """Yield the documents; `skip` is told of files that cannot be used, None refuses them."""
        if not self.paths:
            return builtin_texts()
        return file_texts(self.paths, whole_files=self.whole_files, skip=skip)


@dataclass(frozen=True)
class Prepared:
    """What training needs.

    Attributes:
        tokenizer: of the vocabulary.
        documents: how many there are.
        pairs: that are learnt from.
        examples: those as batches.
        held_out: of documents that are not learnt from.
    """

    tokenizer: BertTokenizer
    documents: int
    pairs: Pairs
    examples: PairExamples
    held_out: PairExamples


def prepare(folder: Path, corpus: Corpus, skip: Callable[[str], object] | None = None) -> Prepared:
    """Make what is not there yet.

    Args:
        folder: where it goes; what was made there of another corpus is replaced.
        corpus: what from.
        skip: is told of a file that cannot be used; None refuses it.

    Raises:
        CorpusError: a file cannot be used, there are fewer than two documents, or the corpus and
            the folder lie in each other.
        CheckpointError: the vocabulary cannot be used.
    """
    _check_apart(folder, corpus)
    vocab = folder / VOCAB_TXT
    arrows = [folder / f"{name}.arrow" for name in ("documents", "pairs", "held_out")]
    if changes(folder, corpus) != []:
        (folder / _MADE).unlink(missing_ok=True)  # from here on until all is made
        if corpus.vocab is None:
            counts = count_words((text.text for text in corpus.texts(skip)), Normalizer())
            pieces = learn_vocabulary(counts, corpus.vocab_size)
        else:
            pieces = [*read_vocabulary(corpus.vocab)]
            if lacks := [token for token in SPECIAL if token not in pieces]:
                raise CheckpointError(f"{corpus.vocab}: lacks {', '.join(lacks)}")
        replace(vocab, lambda place: place.write_text("\n".join(pieces) + "\n", encoding="utf-8"))
        tokenizer = _tokenizer(vocab)
        write_documents(arrows[0], corpus.texts(skip and _again), tokenizer)
        cut = corpus.seq_length, TIMES, corpus.seed
        for place, documents in zip(arrows[1:], divided(arrows[0]), strict=True):
            write_pairs(place, documents, *cut)
        text = json.dumps(_description(corpus), indent=1)
        replace(folder / _MADE, lambda place: place.write_text(text, encoding="utf-8"))
    tokenizer = _tokenizer(vocab)
    words = Words.of(tokenizer.get_vocab())
    learnt, held_out = (Pairs(place) for place in arrows[1:])
    pad = tokenizer.pad_token_id
    return Prepared(
        tokenizer,
        sum(map(len, divided(arrows[0]))),
        learnt,
        PairExamples(learnt, words, pad, corpus.seed, whole_word=corpus.whole_word),
        PairExamples(held_out, words, pad, corpus.seed, whole_word=corpus.whole_word),
    )


def changes(folder: Path, corpus: Corpus) -> list[str] | None:
    """Say in what a corpus differs from the one that a folder's files were made of.

    Returns:
        Nothing where they are the same; None where the folder has no such files.
    """
    try:
        made = json.loads((folder / _MADE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    now = _description(corpus)
    differing = [name for name in now if made.get(name) != now[name]]
    return [
        "the files are others, or have changed"
        if name in ("paths", "files")
        else f"{name} was {made.get(name)!r}, and is {now[name]!r} now"
        for name in differing
    ]


def _description(corpus: Corpus) -> dict[str, Any]:
    """What the files depend on, as JSON has it."""
    text = json.dumps({**asdict(corpus), "files": _seen(corpus)}, default=str)
    return json.loads(text)


def _check_apart(folder: Path, corpus: Corpus) -> None:
    """Refuse to write where a corpus is read, now or when it is read again."""
    here = folder.resolve()
    for path in (*corpus.paths, *([corpus.vocab] if corpus.vocab else [])):
        there = path.resolve()
        if there.is_relative_to(here) or here.is_relative_to(there):
            raise CorpusError(f"{path}: what is made of it goes to {folder}; choose another folder")


def _again(_: str) -> None:
    """Skip a file in silence: it was named before, when words were counted."""


def _tokenizer(vocab: Path) -> BertTokenizer:
    return BertTokenizer(TokenizerSettings(read_vocabulary(vocab)))


def _seen(corpus: Corpus) -> list[tuple[str, int, int]]:
    """Which files there are, and which versions of them."""
    files = [file for path in corpus.paths for file in files_of(path)]
    files += [corpus.vocab] if corpus.vocab else []
    stats = [(file, file.stat()) for file in files if file.is_file()]
    return [(str(file), stat.st_size, stat.st_mtime_ns) for file, stat in stats]
