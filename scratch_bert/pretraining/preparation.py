"""From a corpus to examples, in a folder: vocabulary, documents, pairs; made once."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scratch_bert.files import replace
from scratch_bert.pretraining.corpus import divided, write_documents, write_pairs
from scratch_bert.pretraining.masking import Words
from scratch_bert.pretraining.pair_examples import PairExamples
from scratch_bert.pretraining.shards import Pairs
from scratch_bert.pretraining.texts import Text, builtin_texts, file_texts
from scratch_bert.pretraining.vocabulary import count_words, learn_vocabulary
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.settings import TokenizerSettings
from scratch_bert.tokenization.vocabulary import VOCAB_TXT, read_vocabulary

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
        folder: where it goes; what another corpus left there is replaced.
        corpus: what from.
        skip: is told of a file that cannot be used; None refuses it.

    Raises:
        CorpusError: a file cannot be used, or there is no text.
        CheckpointError: the vocabulary cannot be used.
    """
    vocab = folder / VOCAB_TXT
    arrows = [folder / f"{name}.arrow" for name in ("documents", "pairs", "held_out")]
    if not is_made(folder, corpus):
        shutil.rmtree(folder, ignore_errors=True)
        if corpus.vocab is None:
            counts = count_words((text.text for text in corpus.texts(skip)), Normalizer())
            pieces = learn_vocabulary(counts, corpus.vocab_size)
        else:
            pieces = [*read_vocabulary(corpus.vocab)]
        replace(vocab, lambda place: place.write_text("\n".join(pieces) + "\n", encoding="utf-8"))
        tokenizer = _tokenizer(vocab)
        write_documents(arrows[0], corpus.texts(skip and _again), tokenizer)
        cut = corpus.seq_length, TIMES, corpus.seed
        for place, documents in zip(arrows[1:], divided(arrows[0]), strict=True):
            write_pairs(place, documents, *cut)
        text = _description(corpus)
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


def is_made(folder: Path, corpus: Corpus) -> bool:
    """Whether a folder holds what is made of a corpus, and its files have not changed."""
    made = folder / _MADE
    return made.is_file() and made.read_text(encoding="utf-8") == _description(corpus)


def _description(corpus: Corpus) -> str:
    return json.dumps({**asdict(corpus), "files": _seen(corpus)}, default=str, indent=1)


def _again(_: str) -> None:
    """Skip a file in silence: it was named before, when words were counted."""


def _tokenizer(vocab: Path) -> BertTokenizer:
    return BertTokenizer(TokenizerSettings(read_vocabulary(vocab)))


def _seen(corpus: Corpus) -> list[tuple[str, int, int]]:
    """Which files there are, and which versions of them."""
    files = [file for path in corpus.paths for file in (sorted(path.rglob("*")) or [path])]
    files += [corpus.vocab] if corpus.vocab else []
    stats = [(file, file.stat()) for file in files if file.is_file()]
    return [(str(file), stat.st_size, stat.st_mtime_ns) for file, stat in stats]
