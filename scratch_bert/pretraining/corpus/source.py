"""What is learned from: files, a dataset, or what Python brings; and how it is cut."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.pretraining.corpus.progress import BYTES
from scratch_bert.pretraining.corpus.text_files import files_of
from scratch_bert.pretraining.corpus.texts import Text, builtin_texts, file_texts


@dataclass(frozen=True)
class Corpus:
    """What is learned from, and how it is cut.

    Attributes:
        paths: files and folders; without them and a dataset it is what Python brings.
        whole_files: a file is a document.
        vocab: a vocab.txt; None means one is learned.
        vocab_size: pieces of that.
        seq_length: tokens of an input at most.
        whole_word: all pieces of a word are hidden, or none.
        seed: of all draws.
        dataset: in place of paths.
    """

    paths: Sequence[Path] = ()
    whole_files: bool = False
    vocab: Path | None = None
    vocab_size: int = 3000
    seq_length: int = 64
    whole_word: bool = False
    seed: int = 0
    dataset: Dataset | None = None

    def texts(self, skip: Callable[[str], object] | None) -> Iterator[Text]:
        """Yield the documents.

        Args:
            skip: is told of files and rows that cannot be used; None refuses them.

        Raises:
            CorpusError: it cannot be read, or a file or row cannot be used.
        """
        if self.dataset:
            return self.dataset.texts(skip)
        if self.paths:
            return file_texts(self.paths, whole_files=self.whole_files, skip=skip)
        return builtin_texts()

    def size(self) -> tuple[int | None, str]:
        """How much there is to read, where that is known; and of what."""
        if self.dataset:
            return self.dataset.size(), "rows"
        files = (file for path in self.paths for file in files_of(path))
        sizes = (file.stat().st_size for file in files if file.is_file())
        return sum(sizes) if self.paths else None, BYTES

    def check_apart(self, folder: Path) -> None:
        """Refuse to write where a corpus is read, now or when it is read again.

        Raises:
            CorpusError: the corpus and the folder lie in each other.
        """
        here = folder.resolve()
        for path in self._places():
            there = path.resolve()
            if there.is_relative_to(here) or here.is_relative_to(there):
                raise CorpusError(
                    f"{path}: what is made of it goes to {folder}; choose another folder"
                )

    def description(self) -> dict[str, Any]:
        """What is made depends on this, which JSON can hold: options, and versions of files."""
        seen = hashlib.sha256()
        for path in self._places():
            for file in files_of(path):
                if file.is_file():
                    stat = file.stat()
                    seen.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
        return json.loads(json.dumps({**asdict(self), "files": seen.hexdigest()}, default=str))

    def _places(self) -> Iterator[Path]:
        """Where all of it is on this machine."""
        yield from self.paths
        if self.vocab:
            yield self.vocab
        if self.dataset and (path := Path(self.dataset.name)).exists():
            yield path
