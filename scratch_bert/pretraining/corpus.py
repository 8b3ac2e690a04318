"""From texts to pairs of token ids, each step in a file of its own."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from scratch_bert.errors import CorpusError
from scratch_bert.pretraining.pairs import Pair, sentence_pairs
from scratch_bert.pretraining.shards import DOCUMENTS, PAIRS, Documents, Pairs, write_rows
from scratch_bert.pretraining.texts import Text, sentences
from scratch_bert.tokenization import BertTokenizer

HELD_OUT = 20  # one document of so many is not learnt from


def write_documents(place: Path, texts: Iterable[Text], tokenizer: BertTokenizer) -> int:
    """Cut texts into sentences and pieces; what no piece is made of is left out.

    Returns:
        How many documents there are.
    """

    def rows() -> Iterator[tuple[list[list[int]]]]:
        for text in texts:
            found = tokenizer(
                sentences(text.text), add_special_tokens=False, split_special_tokens=True
            )["input_ids"]
            if kept := [ids for ids in found if ids]:
                yield (kept,)

    write_rows(place, DOCUMENTS, rows())
    return len(Documents(place))


def divided(place: Path) -> tuple[Documents, Documents]:
    """Return the documents that are learnt from, and those that are held out.

    Raises:
        CorpusError: there are fewer than two.
    """
    number = len(Documents(place))
    if number < 2:
        raise CorpusError(
            f"the corpus has {number} documents, and needs two, of which one is held out: put an "
            "empty line between documents, or give several files, each of them one"
        )
    held_out = range(HELD_OUT - 1, number, HELD_OUT) or range(number - 1, number)
    learnt = [each for each in range(number) if each not in held_out]
    return Documents(place, learnt), Documents(place, held_out)


def write_pairs(place: Path, documents: Documents, seq_length: int, times: int, seed: int) -> Pairs:
    """Make sentence pairs (paper: section 3.1, task 2).

    Args:
        place: of the file.
        documents: are cut, and random stretches come from them.
        seq_length: tokens of a pair at most, with [CLS] and two [SEP].
        times: how often each document is cut, every time otherwise.
        seed: a document's draws depend on this, its number and the time alone.
    """

    def rows() -> Iterator[Pair]:
        for time in range(times):
            for number in range(len(documents)):
                rng = Random(f"{seed} {time} {number}")  # noqa: S311
                yield from sentence_pairs(documents, number, seq_length - 3, 0.1, rng)

    write_rows(place, PAIRS, rows())
    return Pairs(place)
