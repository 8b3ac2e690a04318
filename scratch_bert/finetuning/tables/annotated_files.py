"""Files of SQuAD and CoNLL, read as rows with the columns of HF `datasets`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.pretraining.corpus.text_files import opened


def squad_rows(path: Path) -> Iterator[Row]:
    """Yield the questions of SQuAD 1.1 or 2.0: `id`, `question`, `context`, `answers`.

    Raises:
        CorpusError: the file is not JSON, or does not have SQuAD's structure.
    """
    with opened(path) as (text, _):
        try:
            articles = json.load(text)["data"]
            found = [
                (paragraph["context"], question)
                for article in articles
                for paragraph in article["paragraphs"]
                for question in paragraph["qas"]
            ]
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{path}: not JSON: {error}") from None
        except (KeyError, TypeError) as error:
            raise CorpusError(f"{path}: is not laid out as SQuAD's files are: {error!r}") from None
    for number, (context, question) in enumerate(found, 1):
        if not isinstance(question, dict):
            yield Row(f"{path}, question {number}", {}, "is no object")
            continue
        place = f"{path}, question {question.get('id', number)}"
        yield Row(place, {**question, "context": context})


def conll_rows(path: Path) -> Iterator[Row]:
    """Yield the sentences of CoNLL: `tokens` and `tags` are a line's first and last column.

    An empty line ends a sentence; lines with -DOCSTART- are skipped.
    """
    tokens, tags, begun, broken = list[str](), list[str](), 1, None

    def row() -> Row:
        values: dict[str, Any] = {"tokens": tokens, "tags": tags}
        return Row(f"{path}, line {begun}", values, broken)

    with opened(path) as (text, _):
        for number, line in enumerate(text, 1):
            cells = line.split()
            if not cells:
                if tokens:
                    yield row()
                tokens, tags, begun, broken = [], [], number + 1, None
            elif cells[0] != "-DOCSTART-":
                tokens.append(cells[0])
                tags.append(cells[-1])
                if len(cells) == 1:
                    broken = f"line {number} has one column, expected a word and its tag"
    if tokens:
        yield row()
