"""Documents that are rows of a HuggingFace dataset, read by its own library, `datasets`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.corpus.texts import Text

_TOGETHER = 100  # rows that are read at once


@dataclass(frozen=True)
class Dataset:
    """Which rows.

    Attributes:
        name: a hub name, or a folder of data files or of `save_to_disk`.
        config: which of its configurations; None where it has one only.
        split: such as "train", or "train[:10%]" where it is not streamed.
        column: the text's.
        streaming: it is read from where it is, each time; else it is put into the library's cache
            once, and mapped into memory from there.
    """

    name: str
    config: str | None = None
    split: str = "train"
    column: str = "text"
    streaming: bool = False

    def size(self) -> int | None:
        """How many rows there are, where that is known before they are read."""
        return None if self.streaming else len(self.rows)

    def texts(self, skip: Callable[[str], object] | None) -> Iterator[Text]:
        """Yield the rows' texts.

        Args:
            skip: is told of a row that is no text; None refuses it.

        Raises:
            CorpusError: the dataset cannot be read, or has no such column; or a row is no text.
        """
        rows, number = self.rows, 0
        with self.named():
            for some in rows.iter(batch_size=_TOGETHER):
                if self.column not in some:
                    has = ", ".join(some)
                    raise CorpusError(f"{self.name}: has no column {self.column}, but {has}")
                for text in some[self.column]:
                    number += 1
                    if isinstance(text, str):
                        yield Text(self.name, text, 1)
                        continue
                    kind = "nothing" if text is None else f"a {type(text).__name__}, no text"
                    why = f"{self.name}, row {number}: its {self.column} is {kind}"
                    if skip is None:
                        raise CorpusError(why)
                    skip(why)

    @cached_property
    def rows(self) -> Any:
        """The library's own object.

        Raises:
            CorpusError: it cannot be read, or `datasets` is not installed.
        """
        try:
            from datasets import DatasetDict, load_dataset, load_from_disk
        except ModuleNotFoundError as error:
            if error.name != "datasets":
                raise
            why = "datasets is not installed: pip install 'scratch-bert[pretraining]'"
            raise CorpusError(f"{self.name}: {why}") from None
        with self.named():
            saved = ("dataset_dict.json", "state.json")
            if not any((Path(self.name) / file).is_file() for file in saved):
                return load_dataset(
                    self.name, self.config, split=self.split, streaming=self.streaming
                )
            found = load_from_disk(self.name)
            if not isinstance(found, DatasetDict):
                return found
            if self.split not in found:
                raise ValueError(f"has no split {self.split}, but {', '.join(found)}")
            return found[self.split]

    @contextmanager
    def named(self) -> Iterator[None]:
        """Say what was read where something went wrong."""
        from datasets.exceptions import DatasetsError

        try:
            yield
        except CorpusError:
            raise
        except (OSError, ValueError, DatasetsError) as error:
            why = str(error.__cause__ or error).splitlines()[0]
            raise CorpusError(f"{self.name}: cannot be read: {why}") from None
